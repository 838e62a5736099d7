#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# WireGuard devices as uplinks: the tunnel between the gateways is encrypted by the kernel.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_l3.sh

# wg_device NODE
wg_device() {
	in_ns "$1" ip link add l3 type wireguard || skip "this kernel has no WireGuard"
	wg genkey >"$TEST_DIR/$1.key"
	in_ns "$1" wg set l3 listen-port 51820 private-key "$TEST_DIR/$1.key"
}

# wg_peer NODE PEER ALLOWED_IPS
wg_peer() {
	in_ns "$1" wg set l3 peer "$(wg pubkey <"$TEST_DIR/$2.key")" allowed-ips "$3" \
		endpoint "${TOPO_NODE_ADDR[$2]}:51820" || fail "wg set"
}

command -v wg >/dev/null || skip "wg is not installed"
l3_clusters
for node in node1 gw2 worker2; do
	wg_device $node
done
wg_peer node1 gw2 172.30.0.2/32
wg_peer gw2 node1 172.30.0.1/32
wg_peer gw2 worker2 172.30.0.3/32,10.10.0.91/32
wg_peer worker2 gw2 172.30.0.2/32,$SNAT2/32
l3_routes
ENCRYPTED=1 l3_agents

# The route to the gateway leaves WireGuard, and comes back.
l3_stray() {
	local until=$TEST_DIR/until
	check "v1 and v2 answer by WireGuard" wait_for 5 versions_are "v1 v2" sleep
	start hold sleep "$T/hold" -n 20 -u "$until" "$VIP_AT"
	check "20 connections" wait_for 5 opened
	in_ns node1 ip route add 172.30.0.2/32 via 192.23.110.1
	check "v1 alone while the route leads by another device" wait_for 5 versions_are v1 sleep
	check "whatever would leave by it is dropped" wait_for 5 held_back
	in_ns node1 ip route del 172.30.0.2/32
	check "v2 answers again" wait_for 5 versions_are "v1 v2" sleep
	touch "$until"
	check "the connections went on" finish hold
}
opened() { grep '^open' "$TOPO_DIR/log/hold" >/dev/null; }
held_back() { (($(drops node1 not_encrypted) > 0)); }

start wire wan tcpdump -nn -i cluster1 -l udp port 6081
l3_stray
l3_checks
stop wire INT
check "nothing of it crossed the wide area in the clear" grep -q '^0 packets captured' \
	"$TEST_DIR/log/wire"
