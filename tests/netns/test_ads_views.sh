#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Subscriptions and accepted resources: a view per network, listed services, multi-network ones.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host
V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/ # the same address; neither a cluster nor a range distinguishes them
GATEWAYS='{"network2": ["192.23.120.32:15443"]}'
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
ads_start

# A gateway node asks for its own network alone; the client has a stream for each.
{
	gateway_role $SNAT2 192.23.110.0/24
} | ADS="view: perNetwork" ads_config gw2 network2 n2-k8s-config
transports network2=geneve | ADS="view: perNetwork" ads_config node1 network1 cluster1
check "agent on gw2" agent_start gw2
check "agent on node1" agent_start node1
check "the virtual IP is named" wait_for 10 named
check "by views of each network sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
check "a stream for each network" source_says node1 "view of network2"
refute "the gateway asks for no other" source_says gw2 "view of network1"
equal "shares" "50.0% 50.0%" "$(ctl node1 endpoints | awk '/10.20.194.146/ { print $10 }' | paste -sd' ')"

# Without a usable gateway the stream ends, and its endpoints are gone.
networks network1=cluster1 network2=n2-k8s-config@0.0.0.0:15443
check "the placeholder ends network2's view" wait_for 10 versions_are v1 sleep
refute "and its stream" source_says node1 "view of network2"
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
check "with the address it is back" wait_for 10 versions_are "v1 v2" sleep
nothing_leaked
stop agent-node1
ctl node1 uninstall >/dev/null || fail "uninstall"

# By default a service is taken when it has a remote endpoint, and not given back.
V2=10.10.0.90:5000/network2/n2-k8s-config
mesh "$GATEWAYS" $V1
transports network2=geneve | ads_config node1 network1 cluster1
check "agent on node1" agent_start node1
check "it hears of the service" wait_for 10 source_says node1 "eds synced"
taken() { [[ $(ctl node1 services | grep -c "$VIP:5000") == "$1" ]]; }
check "a service of one network is not captured" taken 0
mesh "$GATEWAYS" $V1 $V2
check "a service of several networks is captured" wait_for 10 taken 1
mesh "$GATEWAYS" $V1
check "changed" wait_for 10 versions_are v1 sleep
check "and stays captured" taken 1
stop agent-node1
ctl node1 uninstall >/dev/null || fail "uninstall"

# Listed services are asked for alone.
: | put "$ADS_DIR/requests"
mesh "$GATEWAYS" $V1 $V2
{
	transports network2=geneve
	echo "services: [{host: $HOST, addresses: [$VIP], ports: [{port: 5000, protocol: TCP}]}]"
} | CAPTURE=listed ads_config node1 network1 cluster1
check "agent on node1" agent_start node1
check "listed: sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
equal "no clusters are asked for" 0 "$(requests "str(r.get('type')).endswith('Cluster') and \
	(r.get('node') or {}).get('id', '').find('node1') >= 0")"
nothing_leaked
nothing_invalid
