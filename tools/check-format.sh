#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Checks the layout of the lines of C that a change touches, committed since BASE or not committed
# yet. Other lines are not checked.
# Usage: tools/check-format.sh [BASE]    the commit where this branch left `main' or `origin/main'
#        tools/check-format.sh --fix [BASE]
#
# Only one version is asked, since each lays out a little differently.
set -uo pipefail

cd "$(dirname "$0")/.."
version=19
fix=--diff
[[ ${1:-} == --fix ]] && fix=--force && shift
skip() {
	echo "$1"
	exit 77
}
command -v "git-clang-format-$version" >/dev/null || skip "clang-format-$version is not installed"
git rev-parse --verify HEAD >/dev/null 2>&1 || skip "no git history here"

# base: the newest commit that this branch shares with another one's `main`
base() {
	local branch
	for branch in origin/main main; do
		git merge-base HEAD "$branch" 2>/dev/null && return
	done
	echo HEAD
}

out=$("git-clang-format-$version" --binary "clang-format-$version" --extensions c,h "$fix" \
	"${1:-$(base)}" 2>&1)
status=$?
((status == 0)) && exit 0
[[ $fix == --force ]] && echo "$out" && exit 0
echo "$out"
echo "check-format: \`tools/check-format.sh --fix' applies this"
exit 1
