#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Other people's tc programs and qdiscs stay, run, and need not be there; clsact as a fallback.
. "$(dirname "$0")/lib.sh"

two_clusters

# Somebody else's filter at the priority that others use, on a qdisc that is theirs.
in_ns node1 tc qdisc add dev veth-sleep clsact || skip "no clsact in this kernel"
in_ns node1 tc filter add dev veth-sleep ingress pref 1 handle 1 matchall \
	action gact continue || fail "foreign filter"
foreign_packets() {
	in_ns node1 tc -s filter show dev veth-sleep ingress pref 1 |
		sed -n 's/.*Sent [0-9]* bytes \([0-9]*\) pkt.*/\1/p' | head -n 1
}

for ATTACH in auto clsact; do
	networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
	eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
	{
		transports network2=geneve
	} | agent_config node1 network1 cluster1
	gateway_role $SNAT2 192.23.110.0/24 | agent_config gw2 network2 n2-k8s-config
	check "$ATTACH: agent on node1 serves" agent_start node1
	check "$ATTACH: agent on gw2 serves" agent_start gw2
	check "$ATTACH: both answer" wait_for 5 versions_are "v1 v2" sleep
	check "$ATTACH: bulk" in_ns sleep "$T/bulk" send $VIP 5000 100000000
	seen=$(foreign_packets)
	in_ns sleep "$T/hello" -n 5 10.10.0.90 5000 >/dev/null || fail "direct traffic"
	[[ $(foreign_packets) -gt $seen ]] || fail "$ATTACH: the foreign filter sees no other traffic"
	echo "ok: $ATTACH: other traffic still meets the foreign filter"
	for node in node1 gw2; do
		stop agent-$node
		check "$ATTACH: uninstall on $node" ctl $node uninstall
	done
	equal "$ATTACH: left on gw2" "" "$(left_behind gw2)"
	equal "$ATTACH: qdiscs on node1" veth-sleep \
		"$(in_ns node1 tc qdisc show | sed -n 's/.*clsact.*dev \([^ ]*\).*/\1/p' | paste -sd' ')"
	seen=$(foreign_packets)
	in_ns sleep "$T/hello" 10.10.0.90 5000 >/dev/null || fail "direct traffic"
	[[ $(foreign_packets) -gt $seen ]] || fail "$ATTACH: the foreign filter is gone"
	echo "ok: $ATTACH: the foreign filter and its qdisc are still there"
done
nothing_invalid
