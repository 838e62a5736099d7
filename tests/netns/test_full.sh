#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The status map has no room for every service: the agent's own status is there all the same, and says how
# many are not.
. "$(dirname "$0")/lib.sh"

two_clusters
SERVICES="
- {host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}
- {host: many.sample.svc.cluster.local, addresses: [10.20.195.1], ports: [$(printf '{port: %d}, ' {1..450})]}
- {host: few.sample.svc.cluster.local, addresses: [10.20.195.2], ports: [$(printf '{port: %d}, ' {1..40})]}"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
transports network2=geneve | agent_config node1 network1 cluster1
sed -i 's/services: 256/services: 500/' "$TOPO_DIR/node1/config.yaml"
# Each of the many excludes a hundred endpoints, whose list takes some 14 parts of the map; the few fill the
# rest of it.
eds "$HELLO" "10.10.0.90:5000/cluster1"
for port in {1..450}; do
	eds_resource "outbound|$port||many.sample.svc.cluster.local" x
	printf '    - {endpoint: {address: {socket_address: {address: 10.99.100.%d, port_value: 50000}}},
       metadata: {filter_metadata: {istio: {workload: "w;sample;many;v;cluster9"}}}}\n' {100..199}
done >"$TOPO_DIR/many.yaml"
cat "$TOPO_DIR/eds.yaml" "$TOPO_DIR/many.yaml" | put "$TOPO_DIR/eds.yaml.new"
mv "$TOPO_DIR/eds.yaml.new" "$TOPO_DIR/eds.yaml"

check "agent on node1" agent_start node1
omitted() { ctl node1 diff -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["omitted"])'; }
compared() { ctl node1 diff | grep -c '^10\.20\.19'; }
some_omitted() { [[ $(omitted) -gt 0 ]]; }
check "the agent's status is there, and counts services without" wait_for 5 some_omitted
# The agent tries again at each tick, so both numbers are of one call.
all_told() { [[ $(ctl node1 diff -o json | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["omitted"] + len(d["services"]))') == 491 ]]; }
check "all are shown or counted" wait_for 5 all_told
refute "they are not said to be in step" quietly ctl node1 diff

eds "$HELLO" "10.10.0.90:5000/cluster1"
none_omitted() { [[ $(omitted) -eq 0 && $(compared) -eq 491 ]]; }
check "with room again, all are there" wait_for 15 none_omitted
