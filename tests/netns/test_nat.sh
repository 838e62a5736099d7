#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A NAT router between the client's node and the wide area, which forgets its mapping mid-flow.
# Families: 6
. "$(dirname "$0")/lib.sh"

wan_add
cluster_add cluster1 192.23.110.1/24
cluster_add cluster2 192.23.120.1/24
node_add gw2 cluster2 192.23.120.32/24 192.23.120.1

# node1 has a private address, behind the router.
netns_add router
lan_join cluster1 router outside
address_add router "$(outer 192.23.110.77/24)" outside
in_ns router ip route add default via "$(outer 192.23.110.1)"
netns_add node1
link_add node1 eth0 router inside
address_add router "$(outer 192.168.50.1/24)" inside
sysctls router ip_forward=1 ipv6/conf/all/forwarding=1
node_setup node1 cluster1 192.168.50.2/24 192.168.50.1

IP=$(ip_table "$OUTER")
map_to() { # PORTS: outer source ports the router uses from now on
	in_ns router nft -f - <<-RULES
		table $IP nat
		delete table $IP nat
		table $IP nat {
			chain out {
				type nat hook postrouting priority 100;
				oifname "outside" meta l4proto { tcp, udp } masquerade to :$1
			}
		}
	RULES
}
map_to 20000-20999

pod_add node1 sleep 10.10.0.89
pod_add gw2 v2 10.10.0.90
start_server v2 v2
start udp-v2 v2 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v2
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
transports network2=geneve | agent_config node1 network1 cluster1
gateway_role $SNAT2 192.23.110.77/32 | agent_config gw2 network2 n2-k8s-config
check "agent on node1 serves" agent_start node1
check "agent on gw2 serves" agent_start gw2

equal "through the NAT" v2:40 "$(answers sleep)"
check "bulk out" in_ns sleep "$T/bulk" send $VIP 5000 100000000
check "bulk in" in_ns sleep "$T/bulk" receive $VIP 5000 100000000
check "UDP" in_ns sleep "$T/udp" -n 10 call $VIP 5000

# Connections stay open while the mapping moves to other ports. They rest meanwhile: an answer that is under
# way when its mapping goes is lost, and so are its repetitions, since the client has nothing to send.
start held sleep "$T/hold" -n 20 -u "$TEST_DIR/enough" -w "$TEST_DIR/rest" $VIP_AT
held_says() { grep -q "^$1" "$TEST_DIR/log/held"; }
check "20 connections open" wait_for 5 held_says "open 20"
touch "$TEST_DIR/rest"
check "and rest" wait_for 5 held_says resting
map_to 30000-30999
check "the router forgets its mappings" in_ns router "$HERE/forget_connections.py" "$OUTER"
rm "$TEST_DIR/rest"
tunnel() { in_ns gw2 timeout $((2 * ${PATIENCE:-1})) tcpdump -nn -i eth0 -c 20 'udp dst port 6081' 2>/dev/null; }
from_new_port() { seen -F "$(outer 192.23.110.77).30" < <(tunnel); }
check "packets come from new outer ports" wait_for 10 from_new_port
touch "$TEST_DIR/enough"
finish held || fail "a connection was lost: $(cat "$TEST_DIR/log/held")"
echo "ok: $(tail -n 1 "$TEST_DIR/log/held") over a new outer port"
equal "and new ones" v2:40 "$(answers sleep)"
nothing_leaked
nothing_invalid
