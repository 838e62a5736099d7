#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One service beyond limits stays as it is, and is named; all others go on, however many there are.
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
pod_add node1 v3 10.10.0.91
start_server v3 v3
BIG="outbound|5000||big.sample.svc.cluster.local"
SERVICES="
- {host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}
- {host: big.sample.svc.cluster.local, addresses: [10.20.194.147], ports: [{port: 5000}]}"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
# both POD COUNT: assigns POD to the first service and COUNT endpoints to the second
both() {
	local i big=()
	for ((i = 0; i < $2; i++)); do
		big+=("10.10.$((1 + i / 200)).$((1 + i % 200)):5000/cluster1")
	done
	eds "$HELLO" "$1:5000/cluster1" "$BIG" "${big[@]}"
}
configure() {
	{
		transports network2=geneve
		echo "admin: {}"
	} | agent_config node1 network1 cluster1
	sed -i 's/services: 256, backends: 4096/services: 1024, backends: 256/
		s/flows: 65536/flows: 2048, flowsPerPod: 2048/' "$TOPO_DIR/node1/config.yaml"
}
rows() { ctl node1 endpoints | grep -c '^10.20.194.147:5000'; }

both 10.10.0.90 10
configure
check "agent on node1" agent_start node1
equal "before" v1 "$(versions sleep)"
equal "rows of the other" 10 "$(rows)"

both 10.10.0.91 1000
check "a pod moves while another service is too large" wait_for 5 versions_are v3 sleep
equal "which stays as it was" 10 "$(rows)"
named() { ctl node1 status | seen "limits.backends.*$BIG"; }
check "and is named" named
both 10.10.0.90 20
check "once it fits it is served" wait_for 5 eval '[[ $(rows) -ge 20 ]]'
equal "and the pod is back" v1 "$(versions sleep)"
refute "and it is named no more" named

check "diff: in step" wait_for 5 quietly ctl node1 diff
FEW=$SERVICES
SERVICES+="
- {host: many.sample.svc.cluster.local, addresses: [10.20.195.1], ports: [$(printf '{port: %d}, ' {1..450})]}"
configure
all_compared() { [[ $(ctl node1 diff | grep -c '^10\.20\.19') -eq 452 ]]; }
check "diff compares all services" wait_for 5 all_compared
check "and finds no difference" quietly ctl node1 diff
both 10.10.0.91 20
check "a pod moves among them" wait_for 5 versions_are v3 sleep
check "and all are compared again" wait_for 5 all_compared
SERVICES=$FEW configure
check "without them: in step" wait_for 5 quietly ctl node1 diff

# At a restart, too: new maps have no room for it, and the rest serves.
stop agent-node1
ctl node1 uninstall >/dev/null || fail "uninstall"
both 10.10.0.90 1000
check "agent on node1 with new maps" agent_start node1
equal "the rest serves" v1 "$(versions sleep)"
check "and it is named" named

# Flows are counted every 10 seconds.
problems() { in_ns node1 curl -s http://127.0.0.1:15100/problems; }
map_full() { problems | seen '"MapFull"'; }
refute "flows are not full" map_full
start hold sleep "$T/hold" -n 1900 -u "$TEST_DIR/over" $VIP:5000
check "nearly all flows in use: a problem that is named" wait_for 25 map_full
touch "$TEST_DIR/over"
check "each of the connections was served" finish hold
check "and is over when they are" wait_for 25 eval '! map_full'
