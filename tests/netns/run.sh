#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the end-to-end tests, as root: TEST_JOBS at a time, by default three for each processor.
# Usage: tests/netns/run.sh [NAME...]    e.g. `run.sh scenario udp'; TEST_TIMEOUT seconds for each
#
# NAME@6 runs a test over IPv6, NAME@46 with both families, NAME@4o6 with IPv4 in tunnels over IPv6: see
# tools/lib/topology.sh. Of the tests that say `# Families: 6 4o6 ...' those rows run as well, and with
# TEST_ROWS=all those of `# More families: ...', which show little that others do not.
#
# A test that needs longer than others declares it in a line `# Time limit: N s', one that measures
# something in a line `# Runs alone': it comes first. Those with a line `# Long' come next, else the others
# would have ended when they still run. Each makes namespaces and pins of its own, named by its process.
set -uo pipefail

cd "$(dirname "$0")" || exit 1
here=$PWD
. ../../tools/lib/topology.sh
usual_limit=480
work=$(mktemp -d /tmp/parallax-netns-XXXXXX)
jobs=${TEST_JOBS:-$((3 * $(nproc)))}
passed=0 failed=0 skipped=0
declare -A running=() # pid -> name
trap 'rm -rf "$work"' EXIT
trap 'end_all; exit 1' HUP INT TERM

end_all() {
	((${#running[@]})) && kill "${!running[@]}" 2>/dev/null
	wait
}

# limit_of SCRIPT: seconds that it may take
limit_of() {
	local own
	own=$(sed -n 's/^# Time limit: \([0-9]*\) s$/\1/p' "$1")
	echo "${TEST_TIMEOUT:-$((${own:-$usual_limit} * ${PATIENCE:-1}))}"
}

# says NAME LINE: in its script
says() { grep -x -- "$2" "$(script_of "$1")" >/dev/null; }

script_of() { echo "$here/test_${1%@*}.sh"; }

# families NAME: the parameters of a row
families() {
	local row=${1#*@}
	[[ $1 == *@* ]] || return
	echo "FAMILY=${row%o*}"
	[[ $row == *o* ]] && echo "OUTER=${row#*o}"
}

# rows PLACE: the tests that come at that place, and their further rows
rows() {
	local script name row more=()
	[[ ${TEST_ROWS:-} == all ]] && more=(-e 's/^# More families: //p')
	for script in test_*.sh; do
		name=${script#test_} name=${name%.sh}
		[[ $(place_of "$name") == "$1" ]] || continue
		echo "$name"
		for row in $(sed -n -e 's/^# Families: //p' "${more[@]}" "$script"); do echo "$name@$row"; done
	done
}

# place_of NAME: alone, long or short
place_of() {
	if says "$1" "# Runs alone"; then
		echo alone
	elif says "$1" "# Long"; then
		echo long
	else
		echo short
	fi
}

run_test() {
	local name=$1 status limit began=$SECONDS script
	script=$(script_of "$1")
	limit=$(limit_of "$script")
	mapfile -t parameters < <(families "$name")
	env TEST_DIR="$work/$name" "${parameters[@]}" timeout --kill-after=15 "$limit" bash "$script" >"$work/$name.log" 2>&1 </dev/null &
	trap 'kill $!' TERM # which it passes on to the test
	wait $!
	status=$?
	trap - TERM
	topo_end "$work/$name" 2>/dev/null # if the test was killed
	times >"$work/$name.times"
	echo "$status $((SECONDS - began)) $limit $(processor_time "$work/$name.times")" >"$work/$name.end"
}

# processor_time FILE: the children's seconds in the output of `times`
processor_time() { awk -F'[ms ]' 'NR == 2 { printf "%.0f", 60 * ($1 + $4) + $2 + $5 }' "$1"; }

# start_test NAME: waits until no more than others may run beside it
start_test() {
	local most=$((jobs - 1))
	if [[ ! -f $(script_of "$1") ]]; then
		echo "FAIL $1: there is no $(script_of "$1")"
		failed=$((failed + 1))
		return
	fi
	says "$1" "# Runs alone" && most=0
	finish "$most"
	run_test "$1" &
	running[$!]=$1
	((most)) || finish 0
}

# finish COUNT: reports tests as they end, until COUNT still run
finish() {
	local pid name end
	while ((${#running[@]} > $1)); do
		wait -n -p pid "${!running[@]}"
		name=${running[$pid]}
		unset "running[$pid]"
		read -ra end <"$work/$name.end"
		report "$name" "${end[@]}"
	done
}

# report NAME STATUS SECONDS LIMIT PROCESSOR_SECONDS
report() {
	case $2 in
	0)
		echo "PASS $1 ($3 s, $5 s of processor)"
		passed=$((passed + 1))
		;;
	77)
		echo "SKIP $1: $(tail -n 1 "$work/$1.log")"
		skipped=$((skipped + 1))
		;;
	*)
		echo "FAIL $1 ($3 s$( (($2 == 124 || $2 == 137)) && echo ", stopped after $4 s"))"
		sed 's/^/    | /' "$work/$1.log"
		failed=$((failed + 1))
		;;
	esac
}

((EUID == 0)) || { echo "SKIP netns: needs root"; exit 0; }
../../tools/mount-bpffs.sh || exit 1
(($#)) || set -- $(rows alone) $(rows long) $(rows short)
for name in "$@"; do
	start_test "$name"
done
finish 0
echo "end to end: $passed passed, $failed failed, $skipped skipped, $SECONDS s"
((failed == 0))
