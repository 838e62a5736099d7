#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Follows docs/install-systemd.md and docs/gateway.md word by word, on two machines: each has namespaces
# of its own for network, mounts and processes, and a stand-in for systemctl that starts the unit.
. "$(dirname "$0")/lib.sh"

# The machine NAME, as process 1 of it: what the guide writes goes to $TEST_DIR/NAME.
# shellcheck disable=SC2016 # expanded by the inner shell
MACHINE='
	set -e
	dir=$1
	mount --make-rprivate /
	for at in /etc /usr/local /srv; do
		mkdir -p "$dir$at" "$dir/work$at"
		mount -t overlay overlay -o "lowerdir=$at,upperdir=$dir$at,workdir=$dir/work$at" "$at"
	done
	mkdir -p /run/netns
	mount -t tmpfs tmpfs /run/netns
	mount -t bpf bpf /sys/fs/bpf
	mount -t sysfs sysfs /sys 2>/dev/null && mount -t bpf bpf /sys/fs/bpf
	touch "$dir/ready"
	while :; do sleep 1000 & wait $!; done'

# machine_add NAME
machine_add() {
	local parent
	mkdir "$TEST_DIR/$1"
	start "machine-$1" "$1" unshare --mount --pid --fork --kill-child --mount-proc \
		bash -c "$MACHINE" machine "$TEST_DIR/$1"
	parent=$(pid_of "machine-$1")
	wait_for 10 test -e "$TEST_DIR/$1/ready" || skip "no overlay file system here"
	PID[$1]=$(cut -d' ' -f1 "/proc/$parent/task/$parent/children")
}
declare -A PID

# on NAME SCRIPT: as root on that machine
on() {
	nsenter --target "${PID[$1]}" --net --mount --pid --wd="$PWD" -- env PATH="$TEST_DIR/bin:/usr/local/sbin:$PATH" \
		BUILD="${BUILD#"$PWD"/}" bash -euo pipefail "$2"
}

# blocks PAGE: writes $TEST_DIR/block-N of its `sh' blocks, prints their number
blocks() {
	awk -v prefix="$TEST_DIR/block-" '/^```sh$/ { n++; on = 1; next } /^```/ { on = 0 }
		on { print > (prefix n) } END { print n + 0 }' "$1"
}

# follow PAGE FIRST LAST
follow() {
	local page=$1 n machines machine
	n=$(blocks "$page")
	for ((n = $2; n <= $3; n++)); do
		machines=$(sed -n '1s/^# on //p' "$TEST_DIR/block-$n")
		[[ -n $machines ]] || fail "$page: block $n does not say where"
		for machine in ${machines/both/node1 gw2}; do
			on "$machine" "$TEST_DIR/block-$n" >"$TEST_DIR/log/$machine-${page##*/}-$n" 2>&1 </dev/null ||
				fail "$page: block $n on $machine"
		done
		echo "ok: $page: block $n on $machines"
	done
}

mkdir -p "$TEST_DIR/bin"
cp "$HERE/systemctl.py" "$TEST_DIR/bin/systemctl"
wan_add
cluster_add cluster1 192.23.110.1/24
cluster_add cluster2 192.23.120.1/24
node_add node1 cluster1 192.23.110.10/24 192.23.110.1
node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
machine_add node1
machine_add gw2

last=$(blocks docs/install-systemd.md)
follow docs/install-systemd.md 1 $((last - 1))
follow docs/gateway.md 1 "$(blocks docs/gateway.md)"
follow docs/install-systemd.md "$last" "$last"
nothing_leaked
