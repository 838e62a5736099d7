# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# PASS, FAIL and SKIP lines for tests/deploy. To be sourced by bash, from the top of the tree.

BUILD=${BUILD:-build}
PATH=$PATH:/usr/sbin:/sbin:${PARALLAX_CACHE:-/var/cache/parallax-cluster}/bin
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# passes NAME COMMAND...
passes() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "PASS $name"
	else
		echo "FAIL $name"
		printf '%s\n' "$output"
		failed=1
	fi
}

# refuses NAME EXPECTED_TEXT COMMAND...: it must fail, and say why
refuses() {
	local name=$1 text=$2 output
	shift 2
	if output=$("$@" 2>&1); then
		echo "FAIL $name: accepted, expected: $text"
		failed=1
	elif [[ $output != *"$text"* ]]; then
		printf 'FAIL %s: expected: %s\n%s\n' "$name" "$text" "$output"
		failed=1
	else
		echo "PASS $name"
	fi
}

# needs COMMAND NAME...: false after a SKIP line for each test NAME when COMMAND is not here
needs() {
	local command=$1 name
	shift
	command -v "$command" >/dev/null && return
	for name in "$@"; do echo "SKIP $name: $command is not installed"; done
	return 1
}
