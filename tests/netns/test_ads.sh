#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenario with a control plane: delta and state of the world, in the clear.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host

V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/n2-k8s-config
GATEWAYS='{"network1": ["192.23.110.10:15443"], "network2": ["192.23.120.32:15443"]}'

node1_config() {
	{
		transports network2=geneve
		gateway_role $SNAT1 192.23.120.0/24
	} | ads_config node1 network1 cluster1
}

gw2_config() {
	{
		transports network1=geneve
		gateway_role $SNAT2 192.23.110.0/24
	} | ads_config gw2 network2 n2-k8s-config
}

# Agents are there before the control plane.
networks network1=cluster1 network2=n2-k8s-config@0.0.0.0:443
ADS="mode: delta" node1_config
ADS="mode: sotw" gw2_config
check "agent on node1 starts without a control plane" agent_start node1
check "agent on gw2 starts without a control plane" agent_start gw2

mesh '{"network2": ["0.0.0.0:443"]}' $V1 $V2
ads_start
check "the control plane is found" wait_for 20 source_says node1 "eds synced"
equal "names asked for" 1 "$(requests "r.get('subscribe') == ['$HELLO'] and r['mode'] == 'delta'")"

# The live edit, on both sides.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
check "sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
check "a client in network2 does" wait_for 10 versions_are "v1 v2" sleep2
nothing_leaked

# Gone and back: what was said last serves, and changes arrive afterwards.
stop ads
check "status tells it is away" wait_for 10 source_says node1 "away"
check "sleep reaches both without it" versions_are "v1 v2" sleep
ads_start
check "found again" wait_for 30 source_says node1 "eds synced"
mesh "$GATEWAYS" $V1
check "a change arrives" wait_for 10 versions_are v1 sleep
check "also by state of the world" wait_for 40 versions_are v1 sleep2
nothing_leaked
nothing_invalid
