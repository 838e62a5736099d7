#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fails on an include that points upward, sideways where that is not allowed, or in a circle.
# Usage: tools/check-layers.sh [ROOT]
#
# A file includes files of its own room and of rooms with a lower rank. Rooms of rank 5 and more
# touch the world outside (the kernel, sockets, files); those below are pure, and may not include the
# skeleton. The BPF side sees include/ and bpf/ only, tests see everything.
#
# No circle among headers; none among modules (a .c with its .h) either, but for files of one
# directory that share a word of their names: tree_build.c is a part of yaml_tree.
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

mapfile -t dirs < <(ls -d include user bpf vmlinux 2>/dev/null)
((${#dirs[@]} > 0)) || { echo "check-layers: no sources here" && exit 1; }

# "FILE INCLUDED" for each include by bare name.
includes() {
	grep -rHo --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*"' \
		"${dirs[@]}" | sort | sed 's/:[^"]*"/ /; s/"$//' || true
}

files() {
	find "${dirs[@]}" -name '*.[ch]' | sort | sed 's/^/FILE /'
}

{
	files
	includes
} | awk '
	BEGIN {
		split("base 0 text 1 model 1 config 2 decode 2 table 2 view 3 plan 3 snapshot 3" \
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
	function stem(path) { sub(/\.[ch]$/, "", path); return path }
	function bad(text) { print "check-layers: " text; failed = 1 }

	$1 == "FILE" {
		path = $2; name = path; sub(/.*\//, "", name)
		exists[path] = 1
		if (name ~ /\.h$/) {
			# BPF headers may repeat a name of the user side: neither ever sees the other.
			side = (path ~ /^(bpf|vmlinux)\//) ? "bpf" : "user"
			if ((side, name) in where) bad(path " and " where[side, name] " have the same name")
			where[side, name] = path
		}
		next
	}
	{
		from = $1; name = $2
		bpf = from ~ /^bpf\//
		side = bpf ? "bpf" : "user"
		if (name == "parallax.skel.h" && !bpf) {
			if (rank(from) < 5) bad(from " includes the skeleton, but only effects may")
			next
		}
		to = (side, name) in where ? where[side, name] : where["user", name]
		if (name ~ /\//) { bad(from " includes \"" name "\" by a path; use the bare name"); next }
		if (to == "") { bad(from " includes \"" name "\", which is not in the tree"); next }
		edges[from] = edges[from] " " to
		if (bpf) {
			if (to !~ /^(bpf|include|vmlinux)\//) bad(from " includes " to ", which is not the BPF side")
			next
		}
		if (from ~ /^include\// && to !~ /^include\//) bad(from " includes " to)
		if (rank(to) > rank(from)) bad(from " (rank " rank(from) ") includes " to " (rank " rank(to) ")")
		else if (rank(to) == rank(from) && dir(from) != dir(to) && to !~ /^include\//)
			bad(from " includes " to ": rooms of one rank do not know one another")
	}

	function relatives(a, b,   i, j, n, m, x, y) {
		if (dir(a) != dir(b)) return 0
		sub(/.*\//, "", a); sub(/.*\//, "", b)
		n = split(a, x, "_"); m = split(b, y, "_")
		for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) if (x[i] == y[j]) return 1
		return 0
	}
	# Depth-first: what is met again while it is still open closes a circle.
	function visit(m,   n, list, i) {
		state[m] = 1
		path_of[++depth] = m
		n = split(uses[m], list, " ")
		for (i = 1; i <= n; i++) {
			if (list[i] == m) continue
			if (state[list[i]] == 1) circle(list[i])
			else if (!state[list[i]]) visit(list[i])
		}
		depth--
		state[m] = 2
	}
	function circle(m,   i, text) {
		for (i = depth; i > 0 && path_of[i] != m; i--);
		for (; i <= depth; i++) text = text path_of[i] " -> "
		bad("circle: " text m)
	}
	END {
		for (from in edges) {
			n = split(edges[from], list, " ")
			for (i = 1; i <= n; i++) {
				if (from ~ /\.h$/) uses[from] = uses[from] " " list[i]
				if (!relatives(stem(from), stem(list[i])))
					uses[stem(from)] = uses[stem(from)] " " stem(list[i])
			}
		}
		n = 0
		for (m in uses) order[++n] = m
		for (i = 1; i <= n; i++) if (!state[order[i]]) visit(order[i])
		exit failed
	}
'
