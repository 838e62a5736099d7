#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# XDP in front of TC on the uplinks: the same answers and bytes, decapsulated by XDP.
# Families: 6
. "$(dirname "$0")/lib.sh"

two_clusters
start udp-v2 v2 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v2
XDP=always
two_agents
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
check "v2 answers" wait_for 5 versions_are v2 sleep
check "50 connections at once" in_ns sleep "$T/hold" -n 50 $VIP_AT
check "bulk out" in_ns sleep "$T/bulk" send $VIP 5000 50000000
check "bulk in" in_ns sleep "$T/bulk" receive $VIP 5000 50000000
check "UDP" in_ns sleep "$T/udp" -n 10 -l 1400 call $VIP 5000
for node in node1 gw2; do
	packets=$(counted $node xdp forwards xdp_decap)
	((packets > 1000)) || fail "XDP of $node decapsulated only $packets packets"
	echo "ok: XDP of $node decapsulated $packets packets"
done
nothing_leaked
nothing_invalid
