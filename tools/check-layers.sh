#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Checks the order of the rooms, the folders of user/: by includes, and by calls in built objects.
# Usage: tools/check-layers.sh [ROOT [BUILD]]    without BUILD, the directory of objects: includes only
#
# A file includes and calls its own room and rooms of lower rank. Rooms of rank 5 and more touch the
# world outside (the kernel, sockets, files); those below are pure and may not include the skeleton,
# so that nothing pure depends on the kernel, a source or the agent. The BPF side sees include/ and
# bpf/ only, tests see everything.
#
# There is no circle of includes among headers, and no knot of calls among modules: a module is a .c
# with its .h, and a knot is a set of modules each of which can reach all others by calls.
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"
build=${2:-}

mapfile -t dirs < <(ls -d include user bpf vmlinux 2>/dev/null)
((${#dirs[@]} > 0)) || { echo "check-layers: no sources here" && exit 1; }

files() {
	find "${dirs[@]}" -name '*.[ch]' | sort | sed 's/^/FILE /'
}

# "INCLUDE FILE NAME" for each include by bare name.
includes() {
	grep -rHo --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*"' \
		"${dirs[@]}" | sort | sed 's/:[^"]*"/ /; s/"$//; s/^/INCLUDE /' || true
}

# "SYMBOL MODULE TYPE NAME" for each global symbol of the objects, type U: used, not defined there.
# Objects whose source is gone are left over from an earlier build.
symbols() {
	local source objects=()
	[[ -n $build ]] || return 0
	for source in user/*/*.c; do
		if [[ -e $build/${source%.c}.o ]]; then
			objects+=("$build/${source%.c}.o")
		else
			echo "UNBUILT $source"
		fi
	done
	nm --print-file-name --extern-only "${objects[@]}" |
		sed "s|^$build/\(.*\)\.o:[0-9a-f ]*|SYMBOL \1 |"
}

{
	files
	includes
	symbols
} | awk '
	BEGIN {
		split("base 0 text 1 model 1 path 1 keys 2 config 2 cni 2 decode 2 table 2 view 3 plan 3 snapshot 3 layout 3" \
		      " desired 4 session 4 grpc 5 kernel 5 report 5 http 5 source 6 check 6" \
		      " agent 7 ctl 7", word, " ")
		for (i = 1; i in word; i += 2) ranks[word[i]] = word[i + 1]
	}
	function rank(path,   part) {
		if (path ~ /^include\//) return 0
		split(path, part, "/")
		if (part[2] in ranks) return ranks[part[2]]
		bad(path " is in no known room")
		return ranks[part[2]] = 0
	}
	function dir(path) { sub(/\/[^\/]*$/, "", path); return path }
	function bad(text) { print "check-layers: " text; failed = 1 }

	# ordered FROM VERB TO: a file or module may use another only if that one is lower, or near.
	function ordered(from, verb, to) {
		if (rank(to) > rank(from))
			bad(from " (rank " rank(from) ") " verb " " to " (rank " rank(to) ")")
		else if (rank(to) == rank(from) && dir(from) != dir(to) && to !~ /^include\//)
			bad(from " " verb " " to ": rooms of one rank do not know one another")
	}

	$1 == "FILE" {
		path = $2; name = path; sub(/.*\//, "", name)
		if (name ~ /\.h$/) {
			# BPF headers may repeat a name of the user side: neither ever sees the other.
			side = (path ~ /^(bpf|vmlinux)\//) ? "bpf" : "user"
			if ((side, name) in where) bad(path " and " where[side, name] " have the same name")
			where[side, name] = path
		}
	}
	$1 == "INCLUDE" {
		from = $2; name = $3
		bpf = from ~ /^bpf\//
		side = bpf ? "bpf" : "user"
		if (name ~ /^parallax6?[.]skel[.]h$/ && !bpf) {
			if (rank(from) < 5) bad(from " includes the skeleton, but only effects may")
			next
		}
		to = (side, name) in where ? where[side, name] : where["user", name]
		if (name ~ /\//) { bad(from " includes \"" name "\" by a path; use the bare name"); next }
		if (to == "") { bad(from " includes \"" name "\", which is not in the tree"); next }
		if (from ~ /\.h$/) uses[from] = uses[from] " " to
		if (bpf) {
			if (to !~ /^(bpf|include|vmlinux)\//) bad(from " includes " to ", which is not the BPF side")
			next
		}
		if (from ~ /^include\// && to !~ /^include\//) bad(from " includes " to)
		ordered(from, "includes", to)
	}
	$1 == "UNBUILT" { bad($2 " was not built, so its calls cannot be checked") }
	$1 == "SYMBOL" && $3 == "U" { needs[$2, $4] }
	$1 == "SYMBOL" && $3 != "U" && $4 != "main" { owner[$4] = $2 }

	# Depth-first: a node met again while its own visit is still open closes a circle.
	function visit(m,   n, list, i) {
		state[m] = 1
		path_of[++depth] = m
		n = split(uses[m], list, " ")
		for (i = 1; i <= n; i++) {
			if (state[list[i]] == 1) circle(list[i])
			else if (!state[list[i]]) visit(list[i])
		}
		depth--
		state[m] = 2
	}
	# Prints a circle of headers by name; a knot of calls with one call for each step.
	function circle(m,   i, text, to) {
		for (i = depth; i > 0 && path_of[i] != m; i--);
		for (; i <= depth; i++) {
			to = i < depth ? path_of[i + 1] : m
			text = text path_of[i] " -> " ((path_of[i], to) in call ? call[path_of[i], to] "() in " : "")
		}
		bad((m ~ /\.h$/ ? "circle: " : "knot of calls: ") text m)
	}
	END {
		for (pair in needs) {
			split(pair, part, SUBSEP)
			from = part[1]; to = owner[part[2]]
			if (to == "" || to == from) continue
			if (!((from, to) in call)) uses[from] = uses[from] " " to
			if (!((from, to) in call) || part[2] < call[from, to]) call[from, to] = part[2]
		}
		for (pair in call) {
			split(pair, part, SUBSEP)
			ordered(part[1], "calls " call[pair] "() of", part[2])
		}
		n = 0
		for (m in uses) order[++n] = m
		for (i = 1; i <= n; i++) if (!state[order[i]]) visit(order[i])
		exit failed
	}
'
