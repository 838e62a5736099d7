#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the tests on Debian's kernels, in virtual machines over this machine's root.
# Usage: tools/vm/vm.sh [--list | --help]
#
#   VM_KERNELS  series of kernels, or a major version for its newest (6.1 6.12 6.18 7)
#   VM_TESTS    `all', or some of load, packet, packet6, cost, demo and the names of tests/netns; by default load,
#               packet, packet6, cost and demo on every kernel, more on the oldest and the newest
#   VM_MIRROR   Debian's mirror, where apt's sources name none
#   VM_UBUNTU_MIRROR  Ubuntu's, for its kernels too (5.15, 6.8)
#   VM_CACHE    the kernels, about 100 MB each (/var/cache/parallax-vm)
#
#   PATIENCE    multiplies limits of time (6 without KVM, where a guest is about 20 times slower than this
#               machine; more on a loaded one)
#
# Each test gives a line: PASS, FAIL or SKIP, kernel, test, seconds.
# shellcheck disable=SC2034 # the sourced files use these
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
CACHE=${VM_CACHE:-/var/cache/parallax-vm}
VM_MEMORY=${VM_MEMORY:-2G}
VM_LIMIT=${VM_LIMIT:-14400} # seconds for a virtual machine
BASIC="load packet packet6 cost demo"
THOROUGH="scenario wireguard xdp uninstall"
. tools/vm/kernels.sh
. tools/vm/boot.sh

passed=0 failed=0 skipped=0

all_tests() {
	echo load packet packet6 cost demo
	printf '%s\n' tests/netns/test_*.sh | sed 's|.*/test_||; s|\.sh$||'
}

# tests_for POSITION COUNT: the tests for the first, … the last kernel
tests_for() {
	case ${VM_TESTS:-} in
	all) all_tests ;;
	'') echo "$BASIC" && (($1 == 1 || $1 == $2)) && echo "$THOROUGH" ;;
	*) echo "$VM_TESTS" ;;
	esac | tr '\n' ' '
}

# job RELEASE TESTS: what the guest is to do, for /bin/sh
job() {
	local patience=${PATIENCE:-6}
	has_kvm && patience=${PATIENCE:-1}
	cat <<-JOB
		MODULES='$CACHE/$1/lib/modules'
		JOB='$PWD/tools/vm/guest.sh'
		TREE='$PWD'
		TESTS='$2'
		LIMIT=$((patience * 600))
		export BUILD='$BUILD' PATIENCE=$patience
	JOB
}

# show RELEASE STATUS TEST SECONDS TEXT: a line of the guest
show() {
	local release=${1%-cloud-amd64}
	case $2 in
	PASS) passed=$((passed + 1)) ;;
	FAIL) failed=$((failed + 1)) ;;
	SKIP) skipped=$((skipped + 1)) ;;
	BEGIN)
		[[ ! -t 1 ]] || printf '     %-18s %s …\r' "$release" "$3"
		return
		;;
	*) return ;;
	esac
	printf '%s %-18s %-12s %5d s  %s\n' "$2" "$release" "$3" "$4" "${*:5}"
}

no_end() {
	failed=$((failed + 1))
	echo "FAIL ${1%-cloud-amd64}: the virtual machine ended before its tests; its console:"
	tail -n 20 "$WORK/virtiofsd.log" "$WORK/qemu.log" "$WORK/console.log" 2>/dev/null | tr -d '\r' | sed 's/^/    | /'
}

# run_kernel SERIES TESTS
run_kernel() {
	local release line ended=
	release=$(kernel_get "$1") || {
		echo "SKIP $1: no such kernel in $SUITES, or it cannot be fetched"
		skipped=$((skipped + 1))
		return
	}
	echo "     ${release%-cloud-amd64}: $2"
	job "$release" "$2" >"$WORK/job"
	boot "$release" "$WORK/job" || { boot_end && no_end "$release" && return; }
	while IFS= read -r line; do
		line=${line%$'\r'}
		[[ $line == DONE ]] && ended=yes
		[[ $line == "| "* || $line == "vm: "* ]] && echo "     $line" && continue
		# shellcheck disable=SC2086 # words of the line
		show "$release" $line
	done <"$WORK/report"
	boot_end
	[[ -n $ended ]] || no_end "$release"
}

run_all() {
	local kernels n=0 kernel
	read -ra kernels <<<"${VM_KERNELS:-6.1 6.12 6.18 7}"
	has_kvm || echo "no KVM here: qemu emulates the processor"
	for kernel in "${kernels[@]}"; do
		n=$((n + 1))
		run_kernel "$kernel" "$(tests_for $n ${#kernels[@]})"
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed > 0))
}

finish() {
	local status=$?
	boot_end
	rm -rf --one-file-system "$WORK"
	exit "$status"
}

case ${1:-} in
'') ;;
--list) all_tests && exit ;;
--help) sed -n '3,/^# shellcheck/{/shellcheck/d; s/^# \{0,1\}//p}' "$0" && exit ;;
*) echo "usage: tools/vm/vm.sh [--list | --help]" >&2 && exit 2 ;;
esac
((EUID == 0)) || { echo "vm: shares this machine's root with a guest: run it as root" >&2; exit 1; }
[[ -x $BUILD/tests/bpf_tests ]] || { echo "vm: $BUILD/tests/bpf_tests is not there: \`make vm' builds it" >&2; exit 1; }
mkdir -p "$CACHE"
exec 8>"$CACHE/lock"
flock -n 8 || { echo "vm: waiting for another run" >&2; flock 8; }
WORK=$(mktemp -d /tmp/parallax-vm-XXXXXX)
trap finish EXIT
trap 'exit 130' HUP INT TERM
run_all
