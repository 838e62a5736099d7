#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Interfaces go and come faster than the agent hears of it: an uplink that is made again, a pod with the
# number of another, and more messages than its socket holds.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
stop_hearing() { kill -STOP "$(pid_of agent-node1)"; }
hear() { kill -CONT "$(pid_of agent-node1)"; }
log_has() { grep -q -- "$1" "$TEST_DIR/log/agent-node1"; }
index_of() { in_ns node1 ip -o link show "$1" | cut -d: -f1; }
programs_on() { attached_programs node1 | grep -c "^$1 tcx"; }
has_programs() { [[ $(programs_on "$1") == "$2" ]]; }

# make_uplink [INDEX]: eth0 of node1, once more
make_uplink() {
	ip link add eth0 netns "$TOPO_PREFIX-node1" ${1:+index "$1"} type veth peer name node1 \
		netns "$TOPO_PREFIX-lan-cluster1"
	in_ns lan-cluster1 ip link set node1 master switch up
	in_ns node1 ip address add 192.23.110.10/24 dev eth0
	in_ns node1 ip link set eth0 up
	in_ns node1 ip route add default via 192.23.110.1
}

old=$(index_of eth0)
in_ns node1 ip link del eth0
check "the uplink is gone: v1 alone can answer" wait_for 5 hello v1
make_uplink "$old"
equal "made again, with its number" "$old" "$(index_of eth0)"
check "both answer again" wait_for 10 versions_are "v1 v2" sleep
in_ns node1 ip link del eth0
make_uplink $((old + 1000))
check "made again, with another number: both answer" wait_for 10 versions_are "v1 v2" sleep

# While the agent hears nothing, a pod goes and another gets its number and name.
established() { ctl node1 flows | grep -c '10\.10\.0\.89:.*established'; }
established_are() { [[ $(established) == "$1" ]]; }
start held sleep "$T/hold" -n 20 -u "$TEST_DIR/never" $VIP:5000
check "20 connections of the pod" wait_for 10 established_are 20
old=$(index_of veth-sleep)
stop_hearing
in_ns node1 ip link del veth-sleep
ip link add veth-sleep netns "$TOPO_PREFIX-node1" index "$old" type veth peer name eth0 \
	netns "$TOPO_PREFIX-sleep"
in_ns sleep ip link set eth0 up
in_ns node1 ip link set veth-sleep up
in_ns sleep ip address add 10.10.0.89/32 dev eth0
in_ns sleep ip route add 169.254.1.1 dev eth0 scope link
in_ns sleep ip route add default via 169.254.1.1
sysctls node1 conf/veth-sleep/proxy_arp=1 neigh/veth-sleep/proxy_delay=0
in_ns node1 ip route add 10.10.0.89/32 dev veth-sleep scope link
equal "it has the number of the old one" "$old" "$(index_of veth-sleep)"
equal "and no program" 0 "$(programs_on veth-sleep)"
hear
check "the new pod is attached" wait_for 5 has_programs veth-sleep 2
check "and reaches both" wait_for 5 versions_are "v1 v2" sleep
check "the connections of the old one are not its own" wait_for 5 established_are 0

# 300 pods come and 250 go, which is more than the socket holds.
stop_hearing
for ((i = 0; i < 300; i++)); do echo "link add veth-m$i type veth peer name m$i"; done |
	in_ns node1 ip -batch -
for ((i = 0; i < 250; i++)); do echo "link del veth-m$i"; done | in_ns node1 ip -batch -
hear
check "messages are lost" wait_for 10 log_has "messages about interfaces were lost"
check "the last pod is attached" wait_for 10 has_programs veth-m299 2
attached() { ctl node1 status -o json | python3 -c 'import json, sys
print(sum(i["role"] == "pod" for i in json.load(sys.stdin)["interfaces"]))'; }
rest() { [[ $(attached) == 52 ]]; }
check "all that are left are" wait_for 10 rest
check "both answer" wait_for 5 versions_are "v1 v2" sleep
