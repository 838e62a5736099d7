#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenario with a real istiod: delta and state of the world, in the clear and over TLS; one file
# of networks for istiod and all nodes, edited live.
. "$(dirname "$0")/lib_istiod.sh"

istiod_clusters
start_server v1 v1
start_server v2 v2

istiod_start

# scenario plain|tls delta|sotw
scenario() {
	local upstream node SERVER CAPTURE=all ADS
	echo "-- $1, $2"
	SERVER=$ISTIOD:$(port_of "$1") ADS=$(ads_keys "$1" "$2")
	mesh_networks "$TOPO_DIR/networks.yaml" "" 0.0.0.0:15443
	workloads v1 v2
	ads_node1
	ads_gw2
	check "agent on node1" agent_start node1
	check "agent on gw2" agent_start gw2
	check "istiod answers" wait_for 20 source_says node1 "eds synced"
	check "with the placeholder sleep reaches v1" wait_for 10 versions_are v1 sleep
	check "and a client in network2 v2" wait_for 10 versions_are v2 sleep2
	nothing_leaked

	mesh_networks "$TOPO_DIR/networks.yaml" "" 192.23.120.32:15443
	check "after the live edit sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
	mesh_networks "$TOPO_DIR/networks.yaml" 192.23.110.10:15443 192.23.120.32:15443
	check "the mirror: a client in network2 does too" wait_for 10 versions_are "v1 v2" sleep2
	check "sleep still does" versions_are "v1 v2" sleep
	ctl node1 flows --format envoy | grep -F " $VIP:5000 10.10.0.89:" >"$TEST_DIR/envoy"
	for upstream in 192.23.120.32:15443 10.10.0.90:5000; do
		grep -qF "\"$upstream\" $HELLO " "$TEST_DIR/envoy" ||
			fail "no access-log line by way of $upstream"
	done
	echo "ok: the access log names the gateway and the pod"

	workloads v1
	check "cluster2's workload gone, sleep reaches v1" wait_for 10 versions_are v1 sleep
	workloads v1 v2
	check "and both when it is back" wait_for 10 versions_are "v1 v2" sleep
	echo "networks: {network2: {gateways: 192.23.120.32}}" | put "$TOPO_DIR/networks.yaml"
	check "a broken file is logged" wait_for 10 log_says node1 "networks.yaml:1"
	equal "and changes nothing" "v1 v2" "$(versions sleep)"
	mesh_networks "$TOPO_DIR/networks.yaml"
	check "the last gateway gone, sleep reaches v1" wait_for 10 versions_are v1 sleep
	sleep 0.5
	equal "and stays so" v1 "$(versions sleep)"
	mesh_networks "$TOPO_DIR/networks.yaml" 192.23.110.10:15443 192.23.120.32:15443
	check "both again" wait_for 10 versions_are "v1 v2" sleep
	nothing_leaked

	istiod_cut
	check "status reports istiod away" wait_for 5 source_says node1 "control plane away for"
	equal "sleep reaches both without it" "v1 v2" "$(versions sleep)"
	istiod_heal
	check "istiod is found again" wait_for 40 source_says node1 "eds synced"
	workloads v1
	check "and followed" wait_for 10 versions_are v1 sleep
	nothing_leaked
	nothing_invalid
	for node in node1 gw2; do
		stop agent-$node
		check "$node is clean afterwards" quietly ctl $node uninstall
	done
}

scenario plain delta
scenario plain sotw
scenario tls delta
scenario tls sotw
