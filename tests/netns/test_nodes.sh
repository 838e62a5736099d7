#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Several nodes in each cluster; the backend is on another node than the client, or the gateway.
. "$(dirname "$0")/lib.sh"

two_clusters
node_add worker1 cluster1 192.23.110.11/24 192.23.110.1
node_add worker2 cluster2 192.23.120.33/24 192.23.120.1
pod_add worker1 v1b 10.10.0.91
pod_add worker1 sleep1b 10.10.0.92
pod_add worker2 v2b 10.10.0.91
start_server v1b v1b
start_server v2b v2b
snat_route cluster1 $SNAT1 node1
snat_route cluster2 $SNAT2 gw2
two_agents
{
	transports network2=geneve
} | agent_config worker1 network1 cluster1
check "agent on worker1 serves" agent_start worker1
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.91:5000/cluster1 \
	10.10.0.90:5000/n2-k8s-config 10.10.0.91:5000/n2-k8s-config

check "sleep on node1 reaches all four pods" wait_for 8 versions_are "v1 v1b v2 v2b" sleep
check "a client on worker1 does" wait_for 8 versions_are "v1 v1b v2 v2b" sleep1b
check "a client in network2 does" wait_for 8 versions_are "v1 v1b v2 v2b" sleep2

# The backend behind the gateway alone, on the other node than the gateway.
eds "$HELLO" 10.10.0.91:5000/n2-k8s-config
check "only the pod on worker2" wait_for 5 versions_are v2b sleep
check "only the pod on worker2, from worker1" wait_for 5 versions_are v2b sleep1b
check "bulk to it" in_ns sleep1b "$T/bulk" send $VIP 5000 200000000
check "bulk from it" in_ns sleep1b "$T/bulk" receive $VIP 5000 200000000

eds "$HELLO" 10.10.0.91:5000/cluster1
check "only the pod on worker1" wait_for 5 versions_are v1b sleep
check "bulk to it" in_ns sleep "$T/bulk" send $VIP 5000 200000000
check "bulk from it" in_ns sleep "$T/bulk" receive $VIP 5000 200000000
nothing_leaked
nothing_invalid
