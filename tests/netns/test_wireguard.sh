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
l3_agents
start wire wan tcpdump -nn -i cluster1 -l udp port 6081
l3_checks
stop wire INT
check "nothing of it crossed the wide area in the clear" grep -q '^0 packets captured' \
	"$TEST_DIR/log/wire"
