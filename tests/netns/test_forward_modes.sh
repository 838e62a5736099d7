#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Gateways of both modes side by side in one network and for one service: two of mode forward, to a pod on a node
# with Parallax, and one of mode nat, which reaches a pod on a node without it as well. Connections of mode forward
# outlive their gateway, by another of that mode alone; those of mode nat end with theirs.
# Families: 6
# More families: 4o6
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
node_add gw4 cluster2 192.23.120.34/24 192.23.120.1
node_add bare2 cluster2 192.23.120.35/24 192.23.120.1
pod_add bare2 v2b 10.10.0.91
start_server v2b v2b
declare -A at=([gw2]=192.23.120.32 [gw3]=192.23.120.33 [gw4]=192.23.120.34)

# mesh GATEWAY...: those of network2, in meshNetworks
mesh() {
	local gateway list=
	for gateway; do list+=",${at[$gateway]}:15443"; done
	networks network1=cluster1 "network2=n2-k8s-config@${list#,}"
}

# Gateways of mode forward know the endpoints on nodes with Parallax alone.
mesh gw3
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
cp "$TOPO_DIR/eds.yaml" "$TOPO_DIR/eds-doors.yaml"
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config 10.10.0.91:5000/n2-k8s-config
# As gateways and pods' nodes know each other: in the family of pods.
inner_gateway() { outer "${at[$1]}" "${FAMILY:0:1}"; }
allow="[\"$(outer 192.23.110.0/24)\", {source: \"$(outer 192.23.120.0/24 "${FAMILY:0:1}")\", network: network2}]"
listen="listen: {interface: eth0, port: 6081}, allow: $allow"
transports network2=geneve | agent_config node1 network1 cluster1
for node in gw2 gw3; do
	{
		transports network1=geneve
		echo "gateway: {mode: forward, $listen}"
		echo "door: {peers: [\"$(inner_gateway gw2)\", \"$(inner_gateway gw3)\", \"$(inner_gateway gw4)\"]}"
	} | agent_config $node network2 n2-k8s-config
	sed -i 's|/eds.yaml|/eds-doors.yaml|' "$TOPO_DIR/$node/config.yaml"
done
{
	transports network1=geneve
	echo "gateway: {$listen}"
} | agent_config gw4 network2 n2-k8s-config
for node in node1 gw2 gw3 gw4; do check "agent on $node" agent_start $node; done

# comes_from VERSIONS GATEWAYS: these answer, and so many gateways answer node1's probes
comes_from() { [[ $(ctl node1 gateways | grep -c " up ") == "$2" ]] && versions_are "$1" sleep; }

# ------------------------------------------------------------------ connections of each mode

UNTIL=$TEST_DIR/until
holds() { seen "^open $2" <"$TOPO_DIR/log/$1"; }
check "by a gateway of mode forward: the pod on a node with Parallax" wait_for 10 comes_from v2 1
start forward sleep "$T/hold" -n 20 -i 200 -t 30000 -u "$UNTIL" "$VIP_AT"
check "20 connections" wait_for 10 holds forward 20
mesh gw4
check "by one of mode nat: both pods" wait_for 10 comes_from "v2 v2b" 1
start nat sleep "$T/hold" -n 3 -i 200 -t 1500 -u "$UNTIL" "$VIP_AT"
check "3 connections" wait_for 10 holds nat 3

# by GATEWAY: 20 or more of the established connections that are in use
by() {
	(($(ctl node1 flows | grep " established " | grep -cF " $(outer_at "${at[$1]}:15443") ") >= 20))
}
check "the others stay with their gateway, which left meshNetworks" by gw3

# ------------------------------------------------------------------ gateways die

mesh gw2 gw3 gw4
check "by all three" wait_for 10 comes_from "v2 v2b" 3
in_ns lan-cluster2 ip link set gw3 down
check "gw3 is dead: its connections go on by the other one of its mode" wait_for 10 by gw2
check "all answer" wait_for 10 comes_from "v2 v2b" 2
ended() { seen "round .*: " <"$TOPO_DIR/log/nat"; }
refute "connections of mode nat ended" ended
in_ns lan-cluster2 ip link set gw3 up
check "by all three again" wait_for 20 comes_from "v2 v2b" 3

in_ns lan-cluster2 ip link set gw4 down
check "gw4 is dead: what it alone reached is not there" wait_for 10 comes_from v2 2
check "its connections end, as it kept them" wait_for 10 ended
in_ns lan-cluster2 ip link set gw4 up
check "it is back" wait_for 20 comes_from "v2 v2b" 3
touch "$UNTIL"
check "20 connections of mode forward reached the same pod to the end" finish forward
nothing_leaked
