#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Services without endpoints: the client's node or the gateway refuses connections at once.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
status_of_call() { hello sleep -t 2000 "$@" >/dev/null; echo $?; }
refused() { [[ $(status_of_call) == 1 ]]; }

eds "$HELLO"
check "no endpoint at all: connection refused" wait_for 5 refused
rm "$TOPO_DIR/eds.yaml"
sleep 0.5
check "the file gone: still refused, not routed" refused
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
networks network1=cluster1 network2=n2-k8s-config
check "an endpoint whose network has no gateway: refused" wait_for 5 refused
equal "packets for a pod or virtual IP in the wide area" 0 "$(wan_count pods)"

# The gateway has no endpoint of its own: its RST comes back through the tunnel.
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
check "v2 answers" wait_for 5 versions_are v2 sleep
cp "$TOPO_DIR/eds.yaml" "$TOPO_DIR/eds-node1.yaml"
sed -i "s|$TOPO_DIR/eds.yaml|$TOPO_DIR/eds-node1.yaml|" "$TOPO_DIR/node1/config.yaml"
sleep 1
check "v2 answers, node1 reading a file of its own" wait_for 5 versions_are v2 sleep
eds "$HELLO" 10.10.0.90:5000/cluster1
check "the gateway refuses inside the tunnel" wait_for 5 refused
nothing_leaked
nothing_invalid
