#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A link of 1,400 bytes in the middle, whose router sends no ICMP: probes find it, in both directions.
# Families: 6
. "$(dirname "$0")/lib.sh"

two_clusters
start udp-v2 v2 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v2
# narrow [OPTION...]: of the routes over the links of the wide area
narrow() {
	local way
	for way in 192.23.110.0/24=cluster1 192.23.120.0/24=cluster2; do
		in_ns wan ip route delete "$(outer "${way%=*}")" dev "${way#*=}"
		in_ns wan ip route add "$(outer "${way%=*}")" dev "${way#*=}" "$@"
	done
}
in_ns wan nft -f - <<-'RULES'
	table inet silent {
		chain output { type filter hook output priority 0; policy accept;
			icmp type destination-unreachable drop
			icmpv6 type packet-too-big drop
		}
	}
RULES
narrow mtu lock 1400
two_agents
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config

# path_is NODE MTU BY: so `gateways` shows that of its gateway
path_is() { ctl "$1" gateways | seen " $2  *$3 "; }
bulk() { in_ns sleep "$T/bulk" "$1" $VIP 5000 3000000 >/dev/null; }
large() { in_ns sleep "$T/udp" -d -t 300 -n 1 -m 2 -l "$1" call $VIP 5000; }
SECONDS=0
check "it is found" wait_for 60 path_is node1 1400 probed
echo "after some $SECONDS s"
check "by the other node, too" wait_for 60 path_is gw2 1400 probed
check "TCP sends" bulk send
check "and receives" bulk receive
for size in 1340 1472 9000; do
	check "a datagram of $size bytes, and its answer" large $size
done
status_says() { ctl node1 status | seen -E "$1"; }
check "status says so" wait_for 10 status_says "MTU 1400 to $(outer 192.23.120.32): found by probes [0-9]+ s ago"

# ------------------------------------------------------------------ it becomes wider

narrow
stop agent-node1
check "an agent that starts tries larger ones at once" agent_start node1
check "the uplink's MTU is in use again" wait_for 60 path_is node1 1500 -
check "TCP sends" bulk send

# ------------------------------------------------------------------ and narrower, under traffic

# shellcheck disable=SC2016 # expanded by the inner shell
start sender sleep bash -c 'while :; do "$0" -t 2000 -n 1 -m 1 -l 1000 call "$1" 5000; sleep 0.5; done' "$T/udp" $VIP
narrow mtu lock 1400
check "what passed does not any more: it is found by itself" wait_for 90 path_is node1 1400 probed
stop sender
check "datagrams of 1,472 bytes" large 1472
nothing_leaked
