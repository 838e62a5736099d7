#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# 10,000 services: the command line and the agent's pages show every one of them, alive or dead.
. "$(dirname "$0")/lib.sh"

MANY=10000
two_clusters
SERVICES="
- {host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}
$(for i in {1..10}; do
	echo "- {host: many.sample.svc.cluster.local, addresses: [10.20.195.$i], ports: [$(printf '{port: %d}, ' {1..1000})]}"
done)"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" "10.10.0.90:5000/cluster1"
transports network2=geneve | agent_config node1 network1 cluster1
sed -i 's/services: 256/services: 16384/' "$TOPO_DIR/node1/config.yaml"
echo 'admin: {}' >>"$TOPO_DIR/node1/config.yaml"
check "agent on node1" agent_start node1
page() { in_ns node1 curl -s "http://127.0.0.1:15100$1"; }

ours() { grep -c "^10\.20\.195\..*many\.sample"; }
all_published() { [[ $(ctl node1 diff | grep -c '^10\.20\.19') -eq $((MANY + 1)) ]]; }
check "diff compares all services" wait_for 10 all_published
check "and they are in step" quietly ctl node1 diff
equal "services" $MANY "$(ctl node1 services | ours)"
equal "/clusters" $MANY "$(page /clusters | grep -c 'many.sample.*vip::10.20.195.')"
page /config_dump >"$TOPO_DIR/dump.json"
equal "/config_dump, the agent's part" $((MANY + 1)) \
	"$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["agent"]["services"]))' <"$TOPO_DIR/dump.json")"
equal "/config_dump, the kernel's part" $((MANY + 1)) \
	"$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["kernel"]["services"]["services"]))' <"$TOPO_DIR/dump.json")"

# A change of one service is published alone, and diff sees it.
eds "$HELLO" "10.10.0.91:5000/cluster1"
changed() { grep -q 10.10.0.91:5000 <(ctl node1 endpoints "$VIP:5000"); }
check "one service changes" wait_for 5 changed
check "all are in step again" wait_for 5 quietly ctl node1 diff

kill -9 "$(pid_of agent-node1)"
equal "services of a dead agent" $MANY "$(ctl node1 services | ours)"
equal "diff of a dead agent" $((MANY + 1)) "$(ctl node1 diff | grep -c '^10\.20\.19')"
