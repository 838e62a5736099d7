#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# UDP datagrams larger than a packet, and packets larger than the tunnel: to pods of the node, of another one
# and through the gateway, there and back; in fragments that overtake each other, too.
# Families: 6 6o4
. "$(dirname "$0")/lib.sh"

two_clusters
node_add worker1 cluster1 192.23.110.11/24 192.23.110.1
pod_add worker1 v1b 10.10.0.91
start udp-v1b v1b "$T/udp" -d serve "$(inner 10.10.0.91)" 5000 v1b
start udp-v1 v1 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v1
start udp-v2 v2 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v2
two_agents

udp() { in_ns sleep "$T/udp" "$@" call $VIP 5000; }
versions_of() { udp "$@" | cut -d' ' -f1 | sort | paste -sd' '; }
overtaking() { in_ns sleep "$HERE/send_fragments.py" $VIP 5000 0 2 1; }
only() {
	eds "$HELLO" "$1"
	wait_for 5 only_is "$2" || fail "only $2"
}
only_is() { [[ $(versions_of -n 10) == "$1" ]]; }

for target in 10.10.0.90:5000/cluster1=v1 10.10.0.91:5000/cluster1=v1b 10.10.0.90:5000/n2-k8s-config=v2; do
	only "${target%=*}" "${target#*=}"
	for length in 1400 1433 1452 1453 1472 1473 4000 9000 16000; do
		check "${target#*=}: datagrams of $length bytes" udp -d -n 5 -m 3 -l $length
	done
	check "${target#*=}: and those that the client's own kernel cuts" udp -n 5 -l 4000
	check "${target#*=}: whose last fragments overtake each other" overtaking
done
equal "fragments without their first" 0 "$(drops node1 fragment)"
equal "at the gateway" 0 "$(drops gw2 fragment)"
nothing_leaked
nothing_invalid
