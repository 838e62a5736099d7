#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The BPF file system becomes read-only, or goes, under a running agent: pods that are born meanwhile are
# attached all the same, and pinned once it is back.
. "$(dirname "$0")/lib.sh"

BPFFS=$TEST_DIR/bpf
pin_dir() { echo "$BPFFS/$1"; }
status_says() { ctl node1 status | seen -- "$1"; }
log_says() { grep -q -- "$1" "$TEST_DIR/log/agent-node1"; }
unmount() { umount -l "$BPFFS" 2>/dev/null; }
trap 'unmount; test_end' EXIT

# pinned POD COUNT: so many of its interface's hooks have pins
pinned() {
	local index
	index=$(in_ns node1 ip -o link show "veth-$1" | cut -d: -f1)
	[[ $(find "$(pin_dir node1)" -name "*_${index}_*_pod" | wc -l) == "$2" ]]
}

# The agents look at their pins now, not at the next tick.
look() { kill -HUP "$(pid_of agent-node1)" "$(pid_of agent-gw2)"; }

mkdir "$BPFFS"
mount -t bpf bpf "$BPFFS"
two_clusters
for ATTACH in auto clsact; do
	two_agents
	check "$ATTACH: both answer" wait_for 5 versions_are "v1 v2" sleep
	mount -o remount,ro "$BPFFS"
	pod_add node1 "ro$ATTACH" 10.10.0.91
	check "$ATTACH: read-only: a pod that is born reaches both" wait_for 5 versions_are "v1 v2" "ro$ATTACH"
	check "$ATTACH: it has no pins" pinned "ro$ATTACH" 0
	check "$ATTACH: which is a problem" wait_for 5 log_says \
		"interface veth-ro$ATTACH: hooks cannot be pinned (Read-only file system)"
	mount -o remount,rw "$BPFFS"
	look
	check "$ATTACH: writable: they are pinned" wait_for 5 pinned "ro$ATTACH" 2
	unmount
	look
	pod_add node1 "off$ATTACH" 10.10.0.92
	check "$ATTACH: unmounted: a pod that is born reaches both" wait_for 5 versions_are "v1 v2" "off$ATTACH"
	check "$ATTACH: so does an older one" versions_are "v1 v2" sleep
	check "$ATTACH: that is a problem" wait_for 5 log_says "no BPF file system is mounted there"
	mount -t bpf bpf "$BPFFS"
	look
	check "$ATTACH: mounted again: they are pinned" wait_for 5 pinned "off$ATTACH" 2
	for node in node1 gw2; do
		stop agent-$node
	done
	check "$ATTACH: without an agent it serves on" versions_are "v1 v2" "off$ATTACH"
	for node in node1 gw2; do
		check "$ATTACH: uninstall on $node" ctl $node uninstall
	done
	equal "$ATTACH: left on node1" "" "$(left_behind node1)"
	for pod in ro off; do
		in_ns node1 ip link del "veth-$pod$ATTACH"
		unset "TOPO_POD_ADDR[$pod$ATTACH]"
	done
done
nothing_invalid
