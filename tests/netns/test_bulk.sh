#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Bulk with segmentation offload, both directions, over every path, every byte verified.
# Families: 6 4o6
. "$(dirname "$0")/lib.sh"

BYTES=60000000
two_clusters
node_add worker1 cluster1 192.23.110.11/24 192.23.110.1
pod_add worker1 v1b 10.10.0.91
start_server v1b v1b
two_agents

on() { in_ns "$1" ethtool -k "$2" 2>/dev/null | seen '^tcp-segmentation-offload: on'; }
check "TSO is on in the pod" on sleep eth0
check "TSO is on at the node" on node1 eth0

bulk_both_ways() { # TEXT ONLY_VERSION
	check "$1: only $2 answers" wait_for 5 versions_are "$2" sleep
	for way in send receive; do
		in_ns sleep "$T/bulk" $way $VIP 5000 $BYTES >"$TEST_DIR/bulk" ||
			fail "$1, $way: $(tail -n 2 "$TEST_DIR/bulk")"
		echo "ok: $1, $way: $(awk '/^OK/ { printf "%.1f Gb/s", $2 * 8 / $3 / 1e6 }' "$TEST_DIR/bulk")"
	done
}

all_paths() { # DELIVERY
	eds "$HELLO" 10.10.0.90:5000/cluster1
	bulk_both_ways "same node, $1" v1
	eds "$HELLO" 10.10.0.91:5000/cluster1
	bulk_both_ways "other node, $1" v1b
	eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
	bulk_both_ways "other network, $1" v2
}
all_paths stack
put "$TOPO_DIR/node1/config.yaml" < <(sed 's/^delivery: .*/delivery: redirect/' \
	"$TOPO_DIR/node1/config.yaml")
all_paths redirect
# Superpackets stay whole inside the tunnel: on the uplinks segmentation is the device's affair.
for direction in "in and src $(outer 192.23.110.10)" "out and dst $(outer 192.23.110.10)"; do
	start wire gw2 tcpdump -nn -i eth0 -c 5 -Q "${direction%% *}" \
		"udp and greater 20000 ${direction#* }"
	wait_for 5 grep -q 'listening on' "$TEST_DIR/log/wire" || fail "tcpdump"
	[[ $direction == in* ]] && way=send || way=receive
	check "$way for the capture" quietly in_ns sleep "$T/bulk" $way $VIP 5000 50000000
	stop wire INT
	grep -q '^5 packets captured' "$TEST_DIR/log/wire" || fail "no packets above 20000 bytes: $way"
	echo "ok: 64 kB superpackets inside the tunnel, $way"
	mv "$TEST_DIR/log/wire" "$TEST_DIR/log/wire-$way"
done
nothing_leaked
nothing_invalid
equal "packets that did not fit the tunnel" 0 "$(drops node1 too_big)"
