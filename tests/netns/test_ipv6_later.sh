#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The programs of IPv6 come with the first IPv6 virtual IP: to agents that serve, without loss for IPv4, and
# not to others. Where they cannot be loaded, IPv4 is served and the problem stands.
FAMILY=46
. "$(dirname "$0")/lib.sh"

VIP6=$(inner 10.20.194.146 6)

# with_addresses LIST: services of both agents
with_addresses() { sed -i "s/^  addresses: .*/  addresses: [$1]/" "$TEST_DIR"/{node1,gw2}/config.yaml; }
has_ipv6() { [[ -e $(pin_dir "$1")/vips6 ]]; }
hello6() { in_ns sleep "$T/hello" -t 2000 "$@" "$VIP6" 5000; }
both_answer6() { [[ $(hello6 -s -n 40 | cut -d' ' -f1 | sort -u | paste -sd' ') == "v1 v2" ]]; }
maps() { ctl node1 status | sed -n 's/^Maps *//p'; }

# A gateway that listens on IPv6, or has pods of it, needs the programs from the start.
gateway_role() { # SNAT_ADDR ALLOWED_PREFIX
	local own=192.23.110.10
	[[ $1 == "$SNAT2" ]] && own=192.23.120.32
	echo "gateway: {listen: {address: $own, port: 6081}, snat: [$1, \"$(inner "$1" 6)\"], allow: [$2]}"
}

two_clusters
SERVICES="
- host: $HOST
  addresses: [$(inner 10.20.194.146 4)]
  ports: [{port: 5000, protocol: TCP}]" FAMILY=4 two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
for node in node1 gw2; do refute "$node has no maps of IPv6" has_ipv6 $node; done
refute "status has none" seen flows6 < <(maps)
refute "IPv6 to that address passes as other traffic does" hello6

start held sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" "$VIP:5000"
held_open() { grep '^open 50' "$TEST_DIR/log/held" >/dev/null; }
check "50 connections of IPv4" wait_for 20 held_open
start connections sleep bash -c 'until [[ -e $0 ]]; do "$@" >/dev/null || echo "failed: $?"; done' \
	"$TEST_DIR/enough" "$T/hello" -t 10000 -i 10 -n 50 -s "$VIP" 5000

eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config # now with their IPv6 addresses
with_addresses "$VIP, \"$VIP6\""
check "an IPv6 virtual IP is served" wait_for 20 both_answer6
check "status has its maps" seen flows6 < <(maps)
for node in node1 gw2; do check "the log of $node says so" seen "IPv6 is in use" <"$TEST_DIR/log/agent-$node"; done
start held6 sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" "[$VIP6]:5000"
held6_open() { grep '^open 50' "$TEST_DIR/log/held6" >/dev/null; }
check "50 connections of IPv6" wait_for 20 held6_open

# The next agent adopts them, also when nothing names IPv6 any more.
stop agent-node1 KILL
check "after a kill the agent serves again" agent_start node1
check "so does IPv6" both_answer6
stop agent-node1
with_addresses "$VIP"
FAMILY=4 eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
check "the agent without an IPv6 virtual IP" agent_start node1
check "keeps its maps" has_ipv6 node1
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
with_addresses "$VIP, \"$VIP6\""
check "and serves it again" wait_for 20 both_answer6

touch "$TEST_DIR/enough"
for name in held held6; do
	finish $name || fail "$name: a connection was lost: $(tail -n 5 "$TEST_DIR/log/$name")"
	echo "ok: $name, $(tail -n 1 "$TEST_DIR/log/$name")"
done
finish connections
equal "failed connections of IPv4" "" "$(cat "$TEST_DIR/log/connections")"

# ---- some of their pins are gone
stop agent-node1
rm "$(pin_dir node1)/vips6"
check "an agent that misses a pin" agent_start node1
check "makes the maps anew" wait_for 20 both_answer6
check "which are those that are pinned" seen -F "[$VIP6]" < <(ctl node1 flows)

# ---- an agent that cannot load them
stop agent-node1
check "uninstall" ctl node1 uninstall
echo "$(pin_dir node1)" >>"$TOPO_DIR/pins"
start agent-node1 node1 env FAIL_AT="bpf_object__load 2" LD_PRELOAD="$T/kill_at.so" "$BUILD/parallaxd" \
	--config "$TOPO_DIR/node1/config.yaml" --pin-dir "$(pin_dir node1)"
check "without IPv6 the agent serves" wait_for 20 agent_serves node1
check "IPv4 is served" wait_for 5 versions_are "v1 v2" sleep
says() { ctl node1 status | seen -F "$1"; }
check "status says that IPv6 is not" says "IPv6 is not carried: cannot load the programs"
check "and which service lacks it" says "IPv6 addresses are not carried"
check "check finds it, too" seen 'ipv6  *warn .* does not carry it' < <(
	ctl node1 check --config "$TOPO_DIR/node1/config.yaml")
