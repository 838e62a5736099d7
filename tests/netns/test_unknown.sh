#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Unknown endpoints do not count as removed: restarts while files, names or views cannot be read.
# Long
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

# restarted TEXT SECONDS COMMAND...: after SIGKILL, the command and a restart, both versions answer,
# and still do SECONDS later
restarted() {
	local text=$1 later=$2
	shift 2
	stop agent-node1 KILL
	"$@" || fail "$text: $*"
	agent_start node1 || fail "$text: agent on node1"
	equal "$text" "v1 v2" "$(versions sleep 20)"
	sleep "$later"
	equal "$text, and later" "v1 v2" "$(versions sleep 20)"
}
refused() { [[ -z $(versions sleep 1) ]]; }

# ---- files
two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
stop agent-gw2 # it would read the same files; its data plane stays
restarted "no file yet" 0.5 mv "$TOPO_DIR/eds.yaml" "$TEST_DIR/good.yaml"
restarted "a file that cannot be read" 0.5 ln -s eds.yaml "$TOPO_DIR/eds.yaml"
rm "$TOPO_DIR/eds.yaml"
restarted "a resource refused at first" 0.5 eds "$HELLO" '10.10.0.90:5000/cluster1*0'
eds "$HELLO" 10.10.0.90:5000/cluster1
check "once read it counts" wait_for 5 versions_are v1 sleep
rm "$TOPO_DIR/eds.yaml"
check "and a file that goes away, too" wait_for 5 refused
put "$TOPO_DIR/eds.yaml" <"$TEST_DIR/good.yaml"
check "both answer again" wait_for 5 versions_are "v1 v2" sleep

# ---- a gateway whose name does not resolve
nothing_leaked
restarted "a gateway whose name has no address yet" 0.5 networks \
	network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@gateway.invalid:15443
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
stop agent-node1
ctl node1 uninstall >/dev/null || fail "uninstall"
ctl gw2 uninstall >/dev/null || fail "uninstall"

# ---- a control plane
V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/n2-k8s-config
GATEWAYS='{"network1": ["192.23.110.10:15443"], "network2": ["192.23.120.32:15443"]}'
ads_host
QUICK=$(printf 'mode: delta\n    timeouts: {initialFetch: 1s}')
services="services: [{host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}]"
{
	transports network2=geneve
	echo "$services"
} | ADS=$QUICK ads_config node1 network1 cluster1
before=$(wan_count pods)
check "agent on node1, before the control plane" agent_start node1
equal "takes no virtual IP" "[]" "$(bpftool -j map dump pinned "$(pin_dir node1)/vips")"
mesh "$GATEWAYS" $V1 $V2
ads_start
check "agent on gw2" eval "ADS='mode: sotw' ads_gw2; agent_start gw2"
check "the virtual IP is named" wait_for 20 named
check "both answer" wait_for 20 versions_are "v1 v2" sleep

restarted "an assignment refused at first" 3 mesh "$GATEWAYS" bad:5000/network1/cluster1 $V2
check "status reports it" source_says node1 refused
mesh "$GATEWAYS" $V1 $V2
stop agent-node1
transports network2=geneve | CAPTURE=all ADS=$QUICK ads_config node1 network1 cluster1
check "agent with captured virtual IPs" agent_start node1
check "the virtual IP is named" wait_for 20 named
check "both answer" wait_for 20 versions_are "v1 v2" sleep
restarted "an assignment refused at first, of a captured virtual IP" 3 \
	mesh "$GATEWAYS" bad:5000/network1/cluster1 $V2
mesh "$GATEWAYS" $V1
check "a good one counts" wait_for 10 versions_are v1 sleep
# gw2 may have known it first, and refused a call: that row is avoided for 5 seconds, whoever has it next.
sleep 6
mesh "$GATEWAYS" $V1 $V2
check "both answer" wait_for 20 versions_are "v1 v2" sleep
nonsense() { echo nonsense | put "$ADS_DIR/$1.pb"; }
restarted "names that are nonsense" 3 nonsense nds.delta.network1
rm "$ADS_DIR/nds.delta.network1.pb"

# ---- a view that does not come
stop agent-node1
transports network2=geneve | ADS=$(printf '%s\n    view: perNetwork' "$QUICK") \
	ads_config node1 network1 cluster1
check "agent with a view of each network" agent_start node1
check "the virtual IP is named" wait_for 20 named
check "both answer" wait_for 20 versions_are "v1 v2" sleep
restarted "a view that does not come" 3 nonsense eds.delta.network2
rm "$ADS_DIR/eds.delta.network2.pb"
mesh "$GATEWAYS" $V1
check "once it comes it counts" wait_for 20 versions_are v1 sleep
equal "packets for a pod or virtual IP in the wide area since" "$before" "$(wan_count pods)"
nothing_invalid
