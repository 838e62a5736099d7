#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs test programs, several at a time, and sums them up in one closing line.
# Usage: tools/run-tests.sh PROGRAM...
#
# A program prints cmocka's report or lines `PASS name`, `FAIL name`, `SKIP name: reason`. One that
# fails shows its whole output; so does one that ends badly, or reports no test at all. The end-to-end
# tests, which take longest, begin first; results are shown in the order of the arguments.
set -uo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
limit=${SUITE_TIMEOUT:-3600} # seconds for a script; a program gets a tenth of it
jobs=$(($(nproc) + 1))
logs=$build/tests/log
mkdir -p "$logs"
# shellcheck source=tools/lib/python.sh
BUILD=$(realpath "$build") . tools/lib/python.sh
passed=0 failed=0 skipped=0 bad=()

name_of() { if [[ $1 == tests/*.sh ]]; then echo "${1#tests/}"; else basename "$1"; fi; }
log_of() {
	local name
	name=$(name_of "$1")
	echo "$logs/${name//\//-}.log"
}

# A script under tests/ takes its time.
allowed() { if [[ $1 == tests/* ]]; then echo "$limit"; else echo $((limit / 10)); fi; }

# ------------------------------------------------------------------ running, in a process of its own

# run SUITE: the output to its log, then the exit status beside it
run() {
	local log status=127
	log=$(log_of "$1")
	if [[ -x $1 ]]; then
		timeout --kill-after=10 "$(allowed "$1")" "$1" >"$log" 2>&1 </dev/null &
		trap 'kill $!' TERM # which it passes on to the suite
		wait $!
		status=$?
		trap - TERM
	else
		echo "FAIL $(name_of "$1"): $1 was not built" >"$log"
	fi
	echo $status >"$log.status"
}

run_all() {
	local suite longest=() others=()
	for suite; do
		if [[ $suite == tests/netns/* ]]; then longest+=("$suite"); else others+=("$suite"); fi
	done
	trap 'kill $(jobs -p) 2>/dev/null; wait; exit 1' TERM
	for suite in "${longest[@]}" "${others[@]}"; do
		while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
		run "$suite" &
	done
	wait
}

# ------------------------------------------------------------------ reporting

# cmocka repeats its failures in a summary after the line "... test(s) run.": counted once.
count() {
	awk '
		/^\[==========\].*[Rr]unning/ { cmocka = 1 }
		/^\[==========\].* run\./     { cmocka = 0 }
		cmocka && /^\[       OK \]/   { passed++ }
		cmocka && /^\[  FAILED  \]/   { failed++ }
		cmocka && /^\[  SKIPPED \]/   { skipped++ }
		!cmocka && /^PASS /           { passed++ }
		!cmocka && /^FAIL /           { failed++ }
		!cmocka && /^SKIP /           { skipped++ }
		END { print passed + 0, failed + 0, skipped + 0 }
	' "$1"
}

# follow SUITE: to its end, its results as they come: all of a script's, of others what was skipped
follow() {
	local log shown=SKIP watcher
	log=$(log_of "$1")
	[[ $1 == tests/* ]] && shown="PASS|FAIL|SKIP"
	while kill -0 $$ && [[ ! -s $log.status ]]; do sleep 0.1; done 2>/dev/null &
	watcher=$!
	tail -n +1 -s 0.2 -f --pid=$watcher "$log" 2>/dev/null | grep --line-buffered -E "^($shown) " |
		sed -u 's/^/    /'
	wait $watcher
}

report() {
	local suite=$1 name log status p f s why=
	name=$(name_of "$suite") log=$(log_of "$suite")
	follow "$suite" &
	wait $!
	status=$(<"$log.status")
	read -r p f s < <(count "$log")
	((status == 124 || status == 137)) && why="stopped after $(allowed "$suite") s"
	((status != 0 && status != 124 && status != 137 && f == 0)) && why="exit status $status"
	((status == 0 && p + f + s == 0)) && why="reported no test"
	[[ -n $why ]] && f=$((f + 1))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))

	if ((f > 0)); then
		bad+=("$name: $f failed${why:+ ($why)}, $log")
		echo "---- $name: $f failed${why:+ ($why)}; its output:"
		cat "$log"
		echo "----"
	else
		echo "  ok      $name: $p passed$( ((s)) && echo ", $s skipped")"
		grep -E "^\[  SKIPPED \]" "$log" | grep -v "test(s)" | sort -u
	fi
}

for suite in "$@"; do
	rm -f "$(log_of "$suite").status"
	: >"$(log_of "$suite")"
done
run_all "$@" &
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 1' HUP INT TERM
for suite in "$@"; do
	report "$suite"
done

# Repeat the failures at the end, for readers of the last lines only.
for line in "${bad[@]}"; do
	echo "---- $line"
	log=${line##*, }
	grep -aE "FAIL|ERROR|LINE|SEED" "$log" | sort -u | tail -n 12
	tail -n 3 "$log"
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
