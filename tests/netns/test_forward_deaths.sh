#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Gateways of mode forward die in three ways, under connections in use and idle, streams in each direction and
# UDP: none ends, and from when on no packet goes to the dead one.
# Families: 6
# Long
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_forward.sh"

forward_begin
traffic_begin

# ------------------------------------------------------------------ packets to one that is dead

# watch NODE ADDRESS OWN_ADDRESS: what passes in tunnels between a gateway and an address of this node
watch() {
	rm -f "$TEST_DIR/$1.pcap" "$TOPO_DIR/log/watch-$1"
	start "watch-$1" "$1" tcpdump -i eth0 -s 120 -U -w "$TEST_DIR/$1.pcap" "host $2 and host $3 and udp"
	wait_for 5 log_has "watch-$1" 'listening on' || fail "tcpdump on $1"
}

seen_much() { (($(stat -c %s "$TEST_DIR/$1.pcap") > 2000)); }

# lasted NODE ADDRESS: milliseconds from the last packet of the gateway to the last one sent to it, if that is
# later; probes do not count as sent
lasted() {
	stop "watch-$1" INT
	tcpdump -tt -nn -r "$TEST_DIR/$1.pcap" 2>/dev/null | awk -v gateway="$2." '
		index($3, gateway) == 1 { life = $1 }
		index($5, gateway) == 1 && !/Flags \[OC?\]/ { sent = $1 }
		END { if (!life) exit 1
			printf "%d\n", (sent > life ? (sent - life) * 1000 : 0) }'
}

# dies NAME GATEWAY COMMAND...
dies() {
	local name=$1 gateway=$2 there here client server late
	there=$(outer "$(gateway_at "$2")") here=$(inner_gateway "$(gateway_at "$2")")
	shift 2
	transfers_begin
	watch node1 "$there" "$(outer 192.23.110.10)"
	watch worker2 "$here" "$(inner $POD)"
	check "$name: $gateway has work" wait_for 10 seen_much worker2
	"$@" "$gateway"
	check "$name: node1 knows" wait_for 10 health_is "$gateway" down
	transfers_end "$name"
	client=$(lasted node1 "$there") && server=$(lasted worker2 "$here") ||
		fail "$name: no packet of $gateway"
	late=$(word_of late)
	echo "$name: packets went there for $client ms from the client's node, for $server ms from the pod's" \
		"(programs woke up to $late ms late)"
	check "$name: not for long" test $((client > server ? client : server)) -lt $((1000 + 20 * late))
	# 300 ms until both ends know, and TCP sends again after 200, 600 and 1,400.
	check "$name: no stream stood for long" test "$(longest_pause)" -lt $((1000 + 20 * late))
	check "$name: connections open" wait_for 5 versions_are v2b sleep
}

longest_pause() { { pause_of send; pause_of receive; } | sort -n | tail -n 1; }

uninstalled() {
	stop "agent-$1" KILL
	quietly ctl "$1" uninstall
}
link_down() { in_ns lan-cluster2 ip link set "$1" down; }
link_up() { in_ns lan-cluster2 ip link set "$1" up; }

dies "process and programs gone" gw2 uninstalled
check "gw2 comes back" agent_start gw2
check "it is up" wait_for 20 health_is gw2 up
dies "link down" gw3 link_down
link_up gw3
check "gw3 is up" wait_for 20 health_is gw3 up

# No carrier, no address, no agent that tells.
power_cut() {
	in_ns lan-cluster2 bridge link set dev "$1" state 0
	stop "agent-$1" KILL
}
dies "power cut" gw4 power_cut
in_ns lan-cluster2 bridge link set dev gw4 state 3
check "gw4 is up, and needs no agent" wait_for 20 health_is gw4 up

# ------------------------------------------------------------------ again and again

began=$SECONDS
for ((n = 0; n < 20; n++)); do
	gateway=${GATEWAYS[n % 3]}
	link_down "$gateway"
	sleep 0.7
	link_up "$gateway"
	sleep 0.3
done
echo "20 deaths in $((SECONDS - began)) s"
for name in busy idle; do check "connections go on: $name" kill -0 "$(pid_of $name)"; done
for gateway in "${GATEWAYS[@]}"; do
	check "$gateway is up" wait_for 60 health_is "$gateway" up
done

traffic_end
