#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Two client clusters use the same pod addresses and enter the same gateway.
. "$(dirname "$0")/lib.sh"

two_clusters
cluster_add cluster3 192.23.130.1/24
node_add node3 cluster3 192.23.130.10/24 192.23.130.1
pod_add node3 sleep3 10.10.0.89
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443 network3=cluster3
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
transports network2=geneve | agent_config node1 network1 cluster1
transports network2=geneve | agent_config node3 network3 cluster3
gateway_role $SNAT2 192.23.110.0/24 192.23.130.0/24 | agent_config gw2 network2 n2-k8s-config
for node in gw2 node1 node3; do
	check "agent on $node serves" agent_start $node
done

# The same address and the same source port at the same time: two different connections.
for pod in sleep sleep3; do
	start "held-$pod" $pod "$T/hold" -p 40000 -u "$TEST_DIR/enough" $VIP:5000
done
is_open() { grep -q '^open 1' "$TEST_DIR/log/held-$1"; }
both_open() { is_open sleep && is_open sleep3; }
check "10.10.0.89:40000 connected from both clusters" wait_for 5 both_open
sleep 1
touch "$TEST_DIR/enough"
for pod in sleep sleep3; do
	finish "held-$pod" || fail "$pod lost its connection: $(cat "$TEST_DIR/log/held-$pod")"
done
peers=$(awk '$2 == "v2" { print $3 }' "$TEST_DIR"/log/held-* | sort -u | wc -l)
equal "the pod saw so many different peers" 2 "$peers"

# Verified bulk from both at once, from each its own stream.
for pod in sleep sleep3; do
	start "bulk-$pod" $pod "$T/bulk" send $VIP 5000 200000000
done
for pod in sleep sleep3; do
	finish "bulk-$pod" || fail "bulk of $pod: $(tail -n 3 "$TEST_DIR/log/bulk-$pod")"
	echo "ok: bulk of $pod"
done
equal "sleep reaches" v2:100 "$(answers sleep 100)"
equal "sleep3 reaches" v2:100 "$(answers sleep3 100)"
nothing_leaked
nothing_invalid
