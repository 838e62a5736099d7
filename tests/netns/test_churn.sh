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
nothing_leaked
