#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Pods and addresses that come and go while the agent runs.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep

pod_add node1 late 10.10.0.95
check "a pod that came later is a client" wait_for 5 versions_are "v1 v2" late
start_server late late
pod_add gw2 late2 10.10.0.95
start_server late2 late2
eds "$HELLO" 10.10.0.95:5000/cluster1 10.10.0.95:5000/n2-k8s-config
check "and a backend, in both clusters" wait_for 5 versions_are "late late2" sleep

# The pod dies and another gets its address.
in_ns gw2 ip link delete veth-late2
stop server-late2-5000
pod_add gw2 heir2 10.10.0.95
start_server heir2 heir2
check "its successor under the same address" wait_for 8 versions_are "heir2 late" sleep

# A pod goes with its connections open.
pod_add node1 holder 10.10.0.96
flows_of() { ctl node1 flows -o json | python3 -c 'import json, sys
print(sum(f["client"].startswith(sys.argv[1] + ":") for f in json.load(sys.stdin)["flows"]))' "$1"; }
no_flows_of() { [[ $(flows_of "$1") == 0 ]]; }
touch "$TEST_DIR/rest"
start hold holder "$T/hold" -n 60 -u "$TEST_DIR/never" -w "$TEST_DIR/rest" $VIP:5000
holds() { grep -q resting "$TOPO_DIR/log/hold"; }
check "a pod with idle connections" wait_for 10 holds
equal "its flows" 60 "$(flows_of 10.10.0.96)"
in_ns node1 ip link delete veth-holder
check "its interface is gone: its flows are within seconds" wait_for 5 no_flows_of 10.10.0.96
stop hold
nothing_leaked
