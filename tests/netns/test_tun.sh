#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# TUN devices as uplinks, as VPNs in userspace make them: frames without an Ethernet header.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_l3.sh

l3_clusters
for node in node1 gw2 worker2; do
	in_ns $node ip tuntap add mode tun name l3 || skip "this kernel has no TUN"
done
start vpn wan "$HERE/tun_switch.py" l3 \
	"$(netns_path node1)=172.30.0.1/32" \
	"$(netns_path gw2)=172.30.0.2/32,$SNAT2/32" \
	"$(netns_path worker2)=172.30.0.3/32,10.10.0.91/32"
l3_routes
l3_agents
l3_checks
