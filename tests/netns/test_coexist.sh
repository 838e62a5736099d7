#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Foreign tc programs and qdiscs stay and keep running, and none is required; clsact as a fallback.
. "$(dirname "$0")/lib.sh"

two_clusters

# A foreign filter at the priority that other projects use, on a qdisc of its own.
pins=$(pin_dir foreign)
echo "$pins" >>"$TOPO_DIR/pins"
clang=$(tools/find-tool.sh clang) || skip "clang is not installed"
"$clang" -O2 -g -target bpf -I"/usr/include/$(uname -m)-linux-gnu" \
	-c "$HERE/foreign/foreign.bpf.c" -o "$TEST_DIR/foreign.o" || fail "foreign program"
mkdir "$pins"
bpftool prog load "$TEST_DIR/foreign.o" "$pins/prog" pinmaps "$pins" || fail "foreign program"
in_ns node1 tc qdisc add dev veth-sleep clsact || skip "no clsact in this kernel"
in_ns node1 tc filter add dev veth-sleep ingress pref 1 handle 1 \
	bpf da object-pinned "$pins/prog" || fail "foreign filter"
foreign_packets() {
	bpftool -j map dump pinned "$pins/seen" | python3 -c \
		'import json, sys
value = json.load(sys.stdin)[0]["value"]
print(int.from_bytes(bytes(int(byte, 16) for byte in value), "little"))'
}

declare -A expected=([auto]="8 tcx" [clsact]="3 px_from_pod 3 px_to_pod 1 px_to_uplink 1 px_uplink")
has_tcx || expected[auto]=${expected[clsact]}
for ATTACH in auto clsact; do
	networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
	eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
	{
		transports network2=geneve
	} | agent_config node1 network1 cluster1
	gateway_role $SNAT2 192.23.110.0/24 | agent_config gw2 network2 n2-k8s-config
	check "$ATTACH: agent on node1 serves" agent_start node1
	check "$ATTACH: agent on gw2 serves" agent_start gw2
	equal "$ATTACH: programs attached on gw2" "${expected[$ATTACH]}" \
		"$(attached_programs gw2 | sed 's/.* name \([a-z_]*\) .*/\1/; s/.* tcx.*/tcx/' |
			sort | uniq -c | xargs)"
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
