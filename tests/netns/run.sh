#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the end-to-end tests one after the other, as root.
# Usage: tests/netns/run.sh [NAME...]    e.g. `run.sh scenario udp'; TEST_TIMEOUT seconds for each
#
# A test that needs longer than others declares it in a line `# Time limit: N s'.
# Each test makes namespaces and pins of its own, named by its process, so runs may overlap.
set -uo pipefail

cd "$(dirname "$0")" || exit 1
here=$PWD
. ../../tools/lib/topology.sh
usual_limit=240
work=$(mktemp -d /tmp/parallax-netns-XXXXXX)
passed=0 failed=0 skipped=0
trap 'rm -rf "$work"' EXIT
trap 'topo_end "$work/run" 2>/dev/null; exit 1' HUP INT TERM

# limit_of SCRIPT: seconds that it may take
limit_of() {
	local own
	own=$(sed -n 's/^# Time limit: \([0-9]*\) s$/\1/p' "$1")
	echo "${TEST_TIMEOUT:-$((${own:-$usual_limit} * ${PATIENCE:-1}))}"
}

run_test() {
	local name=$1 script=$here/test_$1.sh status limit began=$SECONDS
	if [[ ! -f $script ]]; then
		echo "FAIL $name: there is no $script"
		failed=$((failed + 1))
		return
	fi
	limit=$(limit_of "$script")
	TEST_DIR=$work/run timeout --kill-after=15 "$limit" bash "$script" >"$work/log" 2>&1 </dev/null
	status=$?
	topo_end "$work/run" 2>/dev/null # if the test was killed
	report "$name" "$status" $((SECONDS - began)) "$limit"
}

# report NAME STATUS SECONDS LIMIT
report() {
	case $2 in
	0)
		echo "PASS $1 ($3 s)"
		passed=$((passed + 1))
		;;
	77)
		echo "SKIP $1: $(tail -n 1 "$work/log")"
		skipped=$((skipped + 1))
		;;
	*)
		echo "FAIL $1 ($3 s$( (($2 == 124 || $2 == 137)) && echo ", stopped after $4 s"))"
		sed 's/^/    | /' "$work/log"
		failed=$((failed + 1))
		;;
	esac
}

((EUID == 0)) || { echo "SKIP netns: needs root"; exit 0; }
../../tools/mount-bpffs.sh || exit 1
(($#)) || set -- $(printf '%s\n' test_*.sh | sed 's/^test_//; s/\.sh$//')
for name in "$@"; do
	run_test "$name"
done
echo "end to end: $passed passed, $failed failed, $skipped skipped, $SECONDS s"
((failed == 0))
