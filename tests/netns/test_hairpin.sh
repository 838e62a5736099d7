#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The chosen pod is the caller itself.
. "$(dirname "$0")/lib.sh"

two_clusters
start_server sleep self
start udp-self sleep "$T/udp" serve "$(inner 10.10.0.89)" 5000 self
for DELIVERY in stack redirect; do
	networks network1=cluster1
	eds "$HELLO" 10.10.0.89:5000/cluster1
	agent_config node1 network1 cluster1 </dev/null
	[[ $DELIVERY == stack ]] && check "agent on node1 serves" agent_start node1
	sleep 0.5
	check "$DELIVERY: the pod reaches itself" wait_for 5 versions_are self sleep
	equal "$DELIVERY: forty times" self:40 "$(answers sleep)"
	check "$DELIVERY: held open" in_ns sleep "$T/hold" -n 20 $VIP_AT
	check "$DELIVERY: bulk out" in_ns sleep "$T/bulk" send $VIP 5000 100000000
	check "$DELIVERY: bulk in" in_ns sleep "$T/bulk" receive $VIP 5000 100000000
	check "$DELIVERY: UDP" in_ns sleep "$T/udp" -n 5 call $VIP 5000
	eds "$HELLO" 10.10.0.89:5000/cluster1 10.10.0.90:5000/cluster1
	check "$DELIVERY: itself and another" wait_for 5 versions_are "self v1" sleep
	equal "$DELIVERY: another pod reaches both" "self v1" "$(versions v1)"
done
nothing_invalid
