#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Endpoints and gateways that lead back to where packets come from: each packet ends, and few are made.
. "$(dirname "$0")/lib.sh"

OTHER_VIP=10.20.194.150
SERVICES="
- {host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}
- {host: other.sample.svc.cluster.local, addresses: [$OTHER_VIP], ports: [{port: 5000}]}"
OTHER="outbound|5000||other.sample.svc.cluster.local"
two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep

# sent NODE: packets that its uplink has sent
sent() { in_ns "$1" cat /sys/class/net/eth0/statistics/tx_packets; }
endpoints_are() { [[ $(ctl node1 endpoints | grep -c " $1 ") -ge 1 ]]; }
# ends TEXT: ten connections get no answer, and node1 and gw2 send no more than some packets for each
ends() {
	local before i end
	before=$(($(sent node1) + $(sent gw2)))
	for ((i = 0; i < 10; i++)); do
		hello sleep -t 300 >/dev/null
		end=$?
		[[ $end == 1 || $end == 2 ]] || fail "$1: a connection ended with $end"
	done
	local made=$(($(sent node1) + $(sent gw2) - before))
	((made < 400)) || fail "$1: $made packets were made of ten connections"
	echo "ok: $1"
}

eds "$HELLO" $VIP:5000/cluster1
check "an endpoint that is its own virtual IP" wait_for 5 endpoints_are $VIP:5000
ends "an endpoint that is its own virtual IP"
eds "$HELLO" $OTHER_VIP:5000/cluster1 "$OTHER" $VIP:5000/cluster1
check "endpoints that are each other's virtual IPs" wait_for 5 endpoints_are $OTHER_VIP:5000
ends "endpoints that are each other's virtual IPs"
for at in 192.23.110.10:6081 192.23.120.32:15443; do
	eds "$HELLO" $at/cluster1
	check "an endpoint that is a gateway, $at" wait_for 5 endpoints_are $at
	ends "an endpoint that is a gateway, $at"
done

# Each network's gateway is the other's: what leaves for network2 would come back.
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
networks network1=cluster1@192.23.120.32:15443 network2=n2-k8s-config@192.23.110.10:15443
swapped() { ctl node1 endpoints | seen "192.23.110.10:15443" || ctl node1 services | seen refusing; }
check "two gateways that name each other" wait_for 5 swapped
ends "two gateways that name each other"

# gw2 believes that the pods are in network1, node1 that they are in network2.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
cp "$TOPO_DIR/eds.yaml" "$TOPO_DIR/eds-gw2.yaml"
sed -i "s|$TOPO_DIR/eds.yaml|$TOPO_DIR/eds-gw2.yaml|" "$TOPO_DIR/gw2/config.yaml"
sed -i 's/n2-k8s-config/cluster1/' "$TOPO_DIR/eds-gw2.yaml"
gw2_sends_back() { ctl gw2 endpoints | seen "192.23.110.10:15443"; }
check "gateways that send to each other" wait_for 12 gw2_sends_back
ends "gateways that send to each other"
nothing_leaked
