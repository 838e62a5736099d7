#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Processes in the node's own namespace reach the virtual IP: TCP and UDP, v1 and v2, through kills and
# restarts of the agent, beside a kube-proxy, and until the uninstallation.
# Families: 6
. "$(dirname "$0")/lib.sh"

IP=$(ip_table "${FAMILY:0:1}")
two_clusters
start udp-v1 v1 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v1
start udp-v2 v2 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v2

# As kube-proxy in its nftables mode: it knows the pod of its own cluster on two ports, translates
# before a packet leaves, and refuses what it did not translate.
in_ns node1 nft -f - <<-RULES
	table $IP kube-proxy {
		chain services {
			$IP daddr $VIP tcp dport { 5000, 6000 } dnat to $(inner 10.10.0.90)
		}
		chain output { type nat hook output priority -100; jump services; }
		chain prerouting { type nat hook prerouting priority dstnat; jump services; }
		chain check {
			type filter hook output priority -90;
			ct state new $IP daddr $VIP counter reject with tcp reset
		}
	}
RULES
start_server v1 v1 6000
equal "kube-proxy alone: its own pod" "v1" "$(versions node1)"
start older node1 "$T/hold" -n 5 -u "$TEST_DIR/older-enough" $VIP_AT
older_open() { grep -q '^open 5' "$TEST_DIR/log/older"; }
check "5 connections are older than Parallax" wait_for 5 older_open
# Packets of older connections have the node's own address, which the strict filter takes for forged.
sysctls node1 conf/all/rp_filter=0
NODE1=$(outer 192.23.110.10 "${FAMILY:0:1}")
SNAT1=$NODE1 # as by default on Kubernetes
two_agents

check "both versions answer the node" wait_for 5 versions_are "v1 v2" node1
check "and the gateway's own node" wait_for 5 versions_are "v1 v2" gw2
udp_versions() { in_ns "$1" "$T/udp" call -n 40 $VIP 5000 | cut -d' ' -f1 | sort | paste -sd' '; }
equal "UDP, one datagram a socket" "v1 v2" "$(udp_versions node1)"
check "UDP of 1400 bytes" quietly in_ns node1 "$T/udp" call -n 20 -l 1400 $VIP 5000
check "one socket stays with its server" quietly in_ns node1 "$T/udp" call -m 50 $VIP 5000
equal "the node's port of another service goes on to kube-proxy" "v1:10" \
	"$(in_ns node1 "$T/hello" -s -n 10 $VIP 6000 | sed 's/ /:/')"
in_ns node1 "$T/hello" -n 12 $VIP 5000 >"$TEST_DIR/calls"
ctl node1 flows --format envoy >"$TEST_DIR/envoy"
logged() { # every call has its line: upstream by answer, downstream by port
	local port answer upstream
	while read -r port answer; do
		upstream=$(inner_at 10.10.0.90:5000)
		[[ $answer == *"version: v2,"* ]] && upstream=$(outer_at 192.23.120.32:15443)
		grep -F " $VIP_AT $(at "$NODE1" "$port") " "$TEST_DIR/envoy" |
			grep -qF "\"$upstream\" $HELLO " || return
	done <"$TEST_DIR/calls"
}
check "the access log has the node's calls with their upstreams" logged
check "status shows the pair's far end" quietly grep "parallax1 ([0-9]*): host" <(ctl node1 status)

start bulk node1 "$T/bulk" -r 30 send $VIP 5000 100000000
start held node1 "$T/hold" -n 20 -u "$TEST_DIR/enough" $VIP_AT
held_open() { grep -q '^open 20' "$TEST_DIR/log/held"; }
check "20 connections from the node" wait_for 10 held_open
stop agent-node1 KILL
equal "without an agent" "v1 v2" "$(versions node1)"
check "the agent is back" agent_start node1
equal "and serves" "v1 v2" "$(versions node1)"
touch "$TEST_DIR/enough" "$TEST_DIR/older-enough"
finish held || fail "a connection was lost: $(tail -n 3 "$TEST_DIR/log/held")"
finish older || fail "an older connection was lost: $(tail -n 3 "$TEST_DIR/log/older")"
finish bulk || fail "bulk: $(tail -n 3 "$TEST_DIR/log/bulk")"
in_ns node1 nft delete table $IP parallax
in_ns node1 ip link delete parallax0
check "rules and interfaces that somebody deleted are made again" wait_for 15 versions_are "v1 v2" node1
nothing_leaked
nothing_invalid

eds "$HELLO"
refused() { hello node1 -t 2000 >/dev/null; (($? == 1)); }
check "no endpoint: refused at once" wait_for 5 refused

stop agent-node1
sed -i 's/uplinks: \["eth0"\]/&, host: false/' "$TEST_DIR/node1/config.yaml"
agent_start node1 || fail "agent"
is_off() { [[ -z $(host_clients node1) ]]; }
check "switched off, nothing of it is left" wait_for 5 is_off
equal "kube-proxy has the node again" "v1" "$(versions node1)"
sed -i 's/, host: false//' "$TEST_DIR/node1/config.yaml"
stop agent-node1
agent_start node1 || fail "agent"
check "switched on, it is there again" wait_for 5 host_clients node1
stop agent-node1
check "uninstall" ctl node1 uninstall
equal "nothing is left" "" "$(left_behind node1)"
