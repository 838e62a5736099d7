#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Long
# The benchmarks as a user runs them, but small: they run to the end, one at a time, and clean up
# when stopped or killed. No figure is checked.
. "$(dirname "$0")/lib.sh"

export TMPDIR=$TEST_DIR OUT=$TEST_DIR/out SERVICES=20
LOG=$TEST_DIR/log/bench

# The log ends with those of the agents; the reason stands before them.
bench() {
	tools/bench/bench.sh --quick "$@" >"$LOG" 2>&1 && return
	grep -B 12 -m 1 FAILED "$LOG" >&2
	return 1
}

said() { grep -qF -- "$1" "$LOG" || { cat "$LOG" && false; }; }

# bench_start TEXT: its largest part in the background, until it has printed TEXT
bench_start() {
	tools/bench/bench.sh --quick --only scale >"$LOG" 2>&1 &
	bench_pid=$!
	noted $bench_pid bench
	wait_for 60 said "$1" || fail "it does not come to '$1': $(cat "$LOG")"
	world=$(compgen -G "$TMPDIR/parallax-bench-*")
	prefix=$(<"$world/prefix")
}

# the remains of the benchmark that was started last; prints nothing when clean
remains() {
	compgen -G "$world"
	ip netns list | grep "^$prefix-"
	compgen -G "/sys/fs/bpf/$prefix-*"
	pgrep -af "$world/"
}

check "one part, to its end" bench --only round-trips
check "it prints its progress" said "part 1 of 1: round-trips"
check "a table, with haproxy or without it" said haproxy
for file in results.json chart.svg; do
	check "$file is written" test -s "$OUT/$file"
done
check "and the figures are in it" grep -q '"Parallax, stack"' "$OUT/results.json"
refute "a part that there is not" bench --only nonsense
check "the error lists the parts" said "the parts are packets, bulk"

# ended_by SIGNAL
ended_by() {
	local began
	began=$(start_time $bench_pid)
	kill "-$1" $bench_pid
	wait_for 5 gone $bench_pid "$began" || fail "goes on after $1"
	equal "left after $1" "" "$(remains)"
}

bench_start "nine nodes"
second=$(tools/bench/bench.sh --quick 2>&1) && fail "two at once"
equal "the second" "FAILED: another benchmark is running, in $world" "$second"
ended_by HUP
bench_start "seven agents"
ended_by TERM
bench_start "scale: 100 services"
kill -KILL $bench_pid
[[ -n $(remains) ]] || fail "a killed benchmark left nothing to clean up"
refute "the next one" bench --only nonsense
check "removes it" said "taking down what a killed benchmark left in $world"
equal "left after KILL" "" "$(remains)"

mkdir "$TEST_DIR/small"
refute "a full disk" unshare -m sh -c 'mount -t tmpfs -o size=8m none "$0" &&
	TMPDIR=$0 tools/bench/bench.sh --quick >"$1"' "$TEST_DIR/small" "$LOG"
check "is reported before anything is made" said "MB free, 200 are needed"
