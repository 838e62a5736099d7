#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One service of every family that pods have: node1 knows it by files, gw2 by a control plane.
# Families: 6 46 4o6 6o4 46o6
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host

# reaches_both POD FAMILY: both versions answer in that family
reaches_both() {
	in_ns "$1" "$T/hello" -s -n 40 "$(inner 10.20.194.146 "$2")" 5000 >"$TEST_DIR/answers" &&
		[[ $(sort "$TEST_DIR/answers" | cut -d' ' -f1 | paste -sd' ') == "v1 v2" ]]
}

networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
{
	transports network2=geneve
	gateway_role $SNAT1 192.23.120.0/24
} | agent_config node1 network1 cluster1
mesh "{\"network1\": [\"$(outer_at 192.23.110.10:15443)\"], \"network2\": [\"$(outer_at 192.23.120.32:15443)\"]}" \
	10.10.0.90:5000/network1/cluster1 10.10.0.90:5000/network2/n2-k8s-config
ads_start
ads_gw2
agent_start node1 || fail "agent on node1"
agent_start gw2 || fail "agent on gw2"

for family in $(inner_families); do
	check "files: sleep reaches both in IPv$family" wait_for 20 reaches_both sleep "$family"
	check "control plane: a client in network2 does" wait_for 20 reaches_both sleep2 "$family"
	for node in node1 gw2; do
		check "IPv$family of $node is in step" wait_for 5 quietly ctl $node diff
	done
done
nothing_leaked
for family in $(inner_families); do
	at=$(at "$(inner 10.20.194.146 "$family")" 5000)
	ctl node1 explain "$at" >"$TEST_DIR/explain" || fail "explain $at"
	check "explain $at" seen -F "$(outer_at 192.23.120.32:15443)" <"$TEST_DIR/explain"
	check "services lists $at" seen -F "$at" < <(ctl node1 services)
done
nothing_invalid
