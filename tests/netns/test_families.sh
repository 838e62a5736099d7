#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One service of every family that pods have, by files and by a control plane.
# Families: 6 46 4o6 6o4 46o6
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host

# reaches POD FAMILY: `v1 v2\', the versions that answer in that family
reaches() {
	in_ns "$1" "$T/hello" -s -n 40 "$(inner 10.20.194.146 "$2")" 5000 >"$TEST_DIR/answers" || return 1
	sort "$TEST_DIR/answers" | awk "{ print \$1 }" | uniq | paste -sd" "
}

reaches_both() { [[ $(reaches "$1" "$2") == "v1 v2" ]]; }

each_family() { # TEXT
	local family
	for family in $(inner_families); do
		check "$1: sleep reaches both in IPv$family" wait_for 20 reaches_both sleep "$family"
		check "$1: so does a client in network2" wait_for 20 reaches_both sleep2 "$family"
		check "$1: IPv$family is in step" wait_for 5 quietly ctl node1 diff
	done
	nothing_leaked
}

two_agents
each_family files
for family in $(inner_families); do
	at=$(at "$(inner 10.20.194.146 "$family")" 5000)
	ctl node1 explain "$at" >"$TEST_DIR/explain" || fail "explain $at"
	check "explain $at" seen -F "$(outer_at 192.23.120.32:15443)" <"$TEST_DIR/explain"
	check "services lists $at" seen -F "$at" < <(ctl node1 services)
done
stop agent-node1
stop agent-gw2
ctl node1 uninstall >/dev/null && ctl gw2 uninstall >/dev/null || fail "uninstall"

networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "{\"network1\": [\"$(outer_at 192.23.110.10:15443)\"], \"network2\": [\"$(outer_at 192.23.120.32:15443)\"]}" \
	10.10.0.90:5000/network1/cluster1 10.10.0.90:5000/network2/n2-k8s-config
ads_start
ADS="mode: delta" ads_node1
ADS="mode: sotw" ads_gw2
agent_start node1 || fail "agent on node1"
agent_start gw2 || fail "agent on gw2"
each_family "control plane"
nothing_invalid
