#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A gateway of mode forward between tunnels of two families: from the client's node by the one, to the pod by
# the other. Bulk passes both ways, in whole superpackets and in segments that fit both tunnels.
# Families: 4o6
export FAMILY=${FAMILY:-6} OUTER=${OUTER:-4}
. "$(dirname "$0")/lib.sh"

two_clusters
node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
networks network1=cluster1 network2=n2-k8s-config@192.23.120.33:15443
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
transports network2=geneve | agent_config node1 network1 cluster1
{
	transports network1=geneve
	echo "door: {peers: [\"$(outer 192.23.120.33 "${FAMILY:0:1}")\"]}"
} | agent_config gw2 network2 n2-k8s-config
{
	transports network1=geneve
	echo "gateway: {mode: forward, listen: {interface: eth0, port: 6081}, allow: [\"$(outer 192.23.110.0/24)\"]}"
} | agent_config gw3 network2 n2-k8s-config
for node in node1 gw2 gw3; do check "agent on $node" agent_start $node; done
check "v2 answers" wait_for 5 versions_are v2 sleep
for way in send receive; do
	check "bulk, $way" in_ns sleep "$T/bulk" $way $VIP 5000 20000000
done
equal "packets that the pod's node took in a tunnel" yes "$( (($(counted gw2 to_pod forwards door_in) > 100)) && echo yes)"
nothing_leaked
nothing_invalid
