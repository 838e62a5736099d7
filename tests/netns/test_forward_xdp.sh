#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Families: 6
# A gateway of mode forward sends from XDP, both requests and replies; TC has only what looks next hops up.
. "$(dirname "$0")/lib.sh"

two_clusters
node_add worker2 cluster2 192.23.120.35/24 192.23.120.1
pod_add worker2 v2b 10.10.0.91
start_server v2b v2b
start udp-v2b v2b "$T/udp" serve "$(inner 10.10.0.91)" 5000 v2b
# A veth takes what XDP sends from its other end where it has a program itself, and without the checksums that
# senders left to the devices: these are made before.
clang=$(tools/find-tool.sh clang) || skip "clang is not installed"
"$clang" -O2 -g -target bpf -I"/usr/include/$(uname -m)-linux-gnu" \
	-c "$HERE/foreign/pass.bpf.c" -o "$TEST_DIR/pass.o" || fail "foreign program"
in_ns lan-cluster2 ip link set gw2 xdpdrv obj "$TEST_DIR/pass.o" sec xdp || fail "foreign program"
for pod in sleep v2b; do in_ns $pod ethtool -K eth0 tx off >"$TEST_DIR/log/ethtool"; done

networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.91:5000/n2-k8s-config
door="door: {peers: [\"$(outer 192.23.120.32)\"]}"
transports network2=geneve | agent_config node1 network1 cluster1
{ transports network1=geneve && echo "$door"; } | agent_config worker2 network2 n2-k8s-config
{
	transports network1=geneve && echo "$door"
	echo "gateway: {mode: forward, listen: {interface: eth0, port: 6081}, allow: [\"$(outer 192.23.0.0/16)\"]}"
} | XDP=send agent_config gw2 network2 n2-k8s-config
for node in node1 worker2 gw2; do
	check "agent on $node serves" agent_start $node
done
check "the pod answers" wait_for 5 versions_are v2b sleep

check "50 connections at once" in_ns sleep "$T/hold" -n 50 "$VIP_AT"
check "bulk to the pod" in_ns sleep "$T/bulk" send "$VIP" 5000 10000000
check "bulk from the pod" in_ns sleep "$T/bulk" receive "$VIP" 5000 10000000
check "UDP" in_ns sleep "$T/udp" -n 10 -l 1300 call "$VIP" 5000
for reason in gateway_in gateway_out; do
	xdp=$(counted gw2 xdp forwards $reason) tc=$(counted gw2 uplink forwards $reason)
	((xdp > 5000 && tc < xdp / 10)) || fail "$reason: $xdp packets by XDP, $tc by TC"
	echo "ok: $reason: $xdp packets by XDP, $tc by TC"
done
probes_by_xdp() { (($(counted gw2 xdp forwards probe_answered) > 10)); }
check "probes are answered from XDP, too" wait_for 5 probes_by_xdp
nothing_leaked
nothing_invalid
