#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# First process on the virtual machine's root: runs the tests that /run/job names and reports each by a
# line on the second serial port: STATUS TEST SECONDS TEXT. The first serial port is the console.
set -uo pipefail

. /run/job
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8
exec >/dev/null 2>&1 </dev/null 9>/dev/ttyS1

mount_all() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mkdir -p /dev/pts /dev/shm
	ln -s /proc/self/fd /dev/fd
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /dev/shm
	mount -t bpf bpf /sys/fs/bpf
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t tracefs tracefs /sys/kernel/tracing
	exec >/dev/console 2>&1 </dev/null 9>/dev/ttyS1
}

tell() { echo "$*" >&9; }

# summary LOG: the line in which a suite counts its tests
summary() {
	grep -aE '^([0-9]+ passed, |end to end: |.*All as the scenario says)' "$1" | tail -n 1 |
		sed 's/\x1b\[[0-9;]*m//g; s/^end to end: //; s/,\{0,1\} \(in \)\{0,1\}[0-9.]* s\.\{0,1\}$//'
}

# run TEST COMMAND...: a failure shows its output, the rest stays here
run() {
	local name=$1 log=/run/log-$1 began=$SECONDS status word=PASS
	shift
	tell "BEGIN $name"
	timeout --kill-after=10 "$LIMIT" "$@" >"$log" 2>&1
	status=$?
	((status == 0)) || word=FAIL
	grep -q '^SKIP' "$log" && ! grep -q '^PASS' "$log" && word=SKIP
	tell "$word $name $((SECONDS - began)) $(summary "$log")"
	((status == 124)) && tell "| stopped after $LIMIT s"
	((status == 0)) || grep -av '^PASS' "$log" | tail -n 80 | sed 's/^ *|* */| /' >&9
}

run_test() {
	case $1 in
	load) run load "$BUILD/tests/cost_tests" -l ;;
	packet) run packet "$BUILD/tests/bpf_tests" ;;
	packet6) run packet6 "$BUILD/tests/bpf_tests6" ;;
	cost) run cost "$BUILD/tests/cost_tests" ;;
	demo) run demo tools/demo.sh ;;
	*) run "$1" tests/netns/run.sh "$1" ;;
	esac
}

mount_all
ip link set lo up
hostname parallax-vm
cd "$TREE" || exit 1
tell "LINUX $(uname -r)"
for test in $TESTS; do
	run_test "$test"
done
tell DONE
sync
echo o >/proc/sysrq-trigger
sleep 60
