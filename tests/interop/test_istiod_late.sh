#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Agents that start a minute before istiod: connections older than them, and of their
# predecessors, live on.
. "$(dirname "$0")/lib_istiod.sh"

istiod_clusters
start_server v1 v1
start_server v2 v2
in_ns node1 nft -f - <<-RULES
	table ip proxy {
		chain services {
			type nat hook prerouting priority -100;
			ip daddr $VIP tcp dport 5000 counter dnat to 10.10.0.90:5000
		}
	}
RULES
opened() { grep -q '^open 30' "$TEST_DIR/log/$1"; }
start old sleep "$T/hold" -n 30 -u "$TEST_DIR/enough" $VIP:5000
check "30 connections through the node's own DNAT" wait_for 5 opened old

mesh_networks "$TOPO_DIR/networks.yaml" 192.23.110.10:15443 192.23.120.32:15443
SERVER=$ISTIOD:15012 ADS=$(ads_keys tls delta) ads_node1
SERVER=$ISTIOD:15012 ADS=$(ads_keys tls sotw) ads_gw2

# late SECONDS: agents, and istiod that much later
late() {
	check "agent on node1 without istiod" agent_start node1
	check "agent on gw2 without istiod" agent_start gw2
	sleep "$1"
	check "the virtual IP answers meanwhile" quietly hello sleep -n 10
	istiod_start v1 v2
	check "istiod is found after $1 s" wait_for 45 source_says node1 "eds synced"
	check "by the other too" wait_for 45 source_says gw2 "eds synced"
	check "sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
}

late 60
start new sleep "$T/hold" -n 30 -u "$TEST_DIR/enough" $VIP:5000
check "30 connections through Parallax" wait_for 5 opened new
for node in node1 gw2; do
	stop agent-$node KILL
done
stop istiod
late 60
sleep 3
touch "$TEST_DIR/enough"
finish old || fail "an older connection was lost: $(tail -n 5 "$TEST_DIR/log/old")"
finish new || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/new")"
echo "ok: old $(tail -n 1 "$TEST_DIR/log/old"), new $(tail -n 1 "$TEST_DIR/log/new")"
nothing_leaked
nothing_invalid
