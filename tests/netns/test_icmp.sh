#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# ICMP errors about a virtual IP's packets reach the client's socket, and end at the virtual IP; routers in the
# wide area with a smaller MTU are heard.
# Families: 6 4o6
. "$(dirname "$0")/lib.sh"

two_clusters
start udp-v1 v1 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v1
start udp-v2 v2 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v2
two_agents

NODE=$(outer 192.23.110.10 "${FAMILY:0:1}")
# Each trace costs the node an error, which icmp(7) limits to one a second for each destination, after six.
sysctls node1 icmp_ratelimit=0 ipv6/icmp/ratelimit=0
trace() { in_ns sleep "$HERE/trace.py" "$1" $VIP 5000; }
# ping ADDRESS: an echo request of sleep is answered
ping() {
	in_ns sleep python3 -c 'import socket, sys
six = ":" in sys.argv[1]
with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM,
                   socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP) as sock:
    sock.settimeout(2)
    sock.connect((sys.argv[1], 0))
    sock.send(bytes([128 if six else 8, 0, 0, 0, 0, 1, 0, 1]) + b"x" * 1000)
    sys.exit(len(sock.recv(2000)) != 1008)' "$1"
}
sysctls sleep ping_group_range="0 0"
udp() { in_ns sleep "$T/udp" "$@" call $VIP 5000; }
only() {
	eds "$HELLO" "10.10.0.90:5000/$1"
	wait_for 5 only_is "$2" || fail "only $2"
}
only_is() { [[ $(udp -n 10 | cut -d' ' -f1 | sort | paste -sd' ') == "$1" ]]; }

only cluster1 v1
check "pings that are not ours pass: to a pod" ping "$(inner 10.10.0.90)"
check "and to the node" ping "$NODE"
equal "the way to a pod of this node" "$NODE/exceeded answer" "$(trace udp)"
equal "by TCP" "$NODE/exceeded answer" "$(trace tcp)"
stop udp-v1
stop server-v1-5000
equal "and without a server" "$NODE/exceeded $VIP/unreachable" "$(trace udp)"
equal "by TCP" "$NODE/exceeded refused" "$(trace tcp)"

only n2-k8s-config v2
# The tunnel is one hop; the gateway is the next.
equal "the way through the tunnel" "$NODE/exceeded answer" "$(trace udp)"
equal "by TCP" "$NODE/exceeded answer" "$(trace tcp)"
stop udp-v2
equal "and without a server" "$NODE/exceeded $VIP/unreachable" "$(trace udp)"
start udp-v2 v2 "$T/udp" -d serve "$(inner 10.10.0.90)" 5000 v2

for way in 192.23.110.0/24=cluster1 192.23.120.0/24=cluster2; do
	in_ns wan ip route delete "$(outer "${way%=*}")" dev "${way#*=}"
	in_ns wan ip route add "$(outer "${way%=*}")" dev "${way#*=}" mtu lock 1400
done
bulk() { in_ns sleep "$T/bulk" "$1" $VIP 5000 3000000 >/dev/null; }
check "a link of 1,400 bytes in the middle: TCP finds out as it sends" bulk send
check "and as it receives" bulk receive
large() { udp -d -t 300 -n 1 -m 2 -l "$1"; }
mtu() {
	ctl node1 gateways -o json |
		python3 -c 'import json, sys; print([g["mtu"] for g in json.load(sys.stdin)["gateways"]])'
}
# The answer to a large probe, sent before, may say 1,500 once more: until the next large packet.
narrowed() { bulk send && [[ $(mtu) == "[1400]" ]]; }
check "gateways shows the MTU" wait_for 15 narrowed
check "datagrams of 1,340 bytes" wait_for 5 large 1340
check "of 1,472" wait_for 5 large 1472
check "of 9,000" wait_for 5 large 9000
check "all of them from then on" udp -d -n 20 -m 2 -l 4000

status_says() { ctl node1 status | seen -E "$1"; }
check "status says so, and how old it is" \
	wait_for 15 status_says \
	"MTU 1400 to $(outer 192.23.120.32): (a router said 1400|found by (its own )?probes) [0-9]+ s ago"
narrow_paths() { bpftool map dump pinned "$(pin_dir node1)/settings" | seen "\"narrow_paths\": $1"; }
check "packets look for narrow paths" narrow_paths 1
in_ns node1 ip link set eth0 mtu 1400
check "and not where none is narrower than the uplink" wait_for 30 narrow_paths 0
refute "status has none then" status_says "MTU 1400 to"
nothing_leaked
nothing_invalid
