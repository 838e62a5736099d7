#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs test programs one after the other and sums them up in one closing line.
# Usage: tools/run-tests.sh PROGRAM...
#
# A program prints cmocka's report or lines `PASS name`, `FAIL name`, `SKIP name: reason`. One that
# fails shows its whole output; so does one that ends badly, or reports no test at all.
set -uo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
limit=${SUITE_TIMEOUT:-3600} # seconds for a script; a program gets a tenth of it
logs=$build/tests/log
mkdir -p "$logs"
passed=0 failed=0 skipped=0 bad=()

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

run_suite() {
	local program=$1 name log status p f s why= shown=SKIP allowed=$((limit / 10))
	name=$(basename "$program")
	[[ $program == */* ]] && [[ $program == *.sh ]] && name=${program#tests/}
	log=$logs/${name//\//-}.log

	[[ -x $program ]] || { echo "FAIL $name: $program was not built" >"$log"; }
	if [[ -x $program ]]; then
		# Scripts under tests/ take their time: their results are shown as they come.
		[[ $program == tests/* ]] && shown="PASS|FAIL|SKIP" allowed=$limit
		timeout --kill-after=10 "$allowed" "$program" 2>&1 </dev/null | tee "$log" |
			grep --line-buffered -E "^($shown) " |
			sed -u 's/^/    /'
		status=${PIPESTATUS[0]}
	else
		status=127
	fi

	read -r p f s < <(count "$log")
	((status == 124 || status == 137)) && why="stopped after $allowed s"
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
	run_suite "$suite"
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
