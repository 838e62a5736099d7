#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fails when a page names, in backticks, a file that is not there (`user/base/addr.c`), a function
# that this file does not define (`bpf/flow.h:flow_create()`), or another name that it does not
# contain (`bpf/maps.h:flows`), or a quoted text (`tests/bpf/cases_close.c: close: FIN of both sides closes`). A
# declaration or a call is no definition.
# Usage: tools/check-docs.sh [-r ROOT] PAGE...
set -euo pipefail

root=$(dirname "$0")/..
[[ ${1:-} == -r ]] && { root=$2; shift 2; }
(($# > 0)) || { echo "usage: check-docs.sh [-r ROOT] PAGE..." >&2; exit 2; }

# A definition starts in the first column and reaches `{` before any `;`; or it is a macro.
defines() {
	awk -v name="$2" '
		function hit(line) { return line ~ "(^|[^A-Za-z0-9_])(" name "|NAME\\(" name "\\))\\(" }
		/^#[ \t]*define[ \t]/ { if ($0 ~ "define[ \t]+" name "\\(") found = 1; next }
		/^[A-Za-z_]/ { open = hit($0) }
		open && /;[ \t]*(\/[*\/].*)?$/ && !/{/ { open = 0 }
		open && /{/ { found = 1; exit }
		END { exit !found }
	' "$1"
}

check() {
	local name=$1 file=${1%%:*} word=${1#*:}
	[[ -e $root/$file ]] || { echo "$page: \`$name\`: there is no $file"; return 1; }
	[[ $name == *:* ]] || return 0
	if [[ $word == " "* ]]; then
		grep -qF -- "\"${word# }\"" "$root/$file" && return 0
		echo "$page: \`$name\`: $file does not contain \"${word# }\""
	elif [[ $word == *"()" ]]; then
		defines "$root/$file" "${word%()}" && return 0
		echo "$page: \`$name\`: $file does not define ${word%()}()"
	else
		grep -qw -- "$word" "$root/$file" && return 0
		echo "$page: \`$name\`: $file does not contain $word"
	fi
	return 1
}

failed=0 names=0
for page in "$@"; do
	while read -r name; do
		names=$((names + 1))
		check "$name" || failed=1
	done < <(grep -o '`[^`]*`' "$page" | tr -d '`' | sort -u |
		grep -E '^(bpf|include|user|tests|tools|deploy|docs|vmlinux)/[A-Za-z0-9_./-]+(:[A-Za-z0-9_]+(\(\))?|: .+)?$')
done
((names > 0)) || { echo "$*: names no file at all"; failed=1; }
exit $failed
