#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Responses of a real istiod, byte for byte: the placeholder, and networks edited live under a client
# that stays connected. In both modes, one of them over TLS. In both families: a dual-stack service.
# Families: 46
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

STREAMS=tests/data/istiod/streams
wan_add
cluster_add cluster1 192.23.110.1/24
cluster_add cluster2 192.23.120.1/24
node_add node1 cluster1 192.23.110.10/24 192.23.110.1
node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
pod_add node1 sleep 10.10.0.89
pod_add node1 v1 10.10.0.90
pod_add gw2 v2 10.32.0.17
ads_host
start_server v1 v1
start_server v2 v2
certificate server DNS:istiod.example.com
echo secret >"$TEST_DIR/token"

# known GATEWAY...: configures the gateways of network2 on the nodes
known() {
	local list=
	(($#)) && list="gateways: [$(printf '{address: "%s", port: 15443}, ' "$@" | sed 's/, $//')]"
	printf '%s\n' "networks:" \
		"  network1: {endpoints: [{fromCidr: 10.10.0.0/16}, {fromRegistry: cluster1}]}" \
		"  network2: {endpoints: [{fromCidr: 10.32.0.0/16}, {fromRegistry: n2-k8s-config}], ${list:-gateways: []}}" |
		put "$TOPO_DIR/networks.yaml"
}

# replay SCENARIO MODE NUMBER-TYPE...: the server sends these recorded responses at once
replay() {
	local from=$STREAMS/$1/$2 mode=$2 name
	shift 2
	for name; do
		put "$ADS_DIR/${name#*-}.$mode.network1.pb" <"$from/$name.pb"
	done
}

known 192.23.120.32
eds "$HELLO" 10.32.0.17:5000/c1
printf '%s\n' "gateway:" "  listen: {interface: eth0, port: 6081}" "  snat: [$(inner_list "$SNAT2")]" \
	"  allow: [192.23.110.0/24, \"$(outer 192.23.110.0/24 6)\"]" | agent_config gw2 network2 c1
check "agent on gw2" agent_start gw2

# reach IPV4 IPV6: the versions behind the virtual IP of each family
reach() {
	versions_are "$1" sleep && VIP=$(inner 10.20.194.146 6) versions_are "$2" sleep
}

# One address of each family for pods, gateway and service; v3 has IPv6 alone.
dual_stack() {
	local ipv4=192.23.120.32 ipv6
	ipv6=$(outer $ipv4 6)
	pod_add node1 v3 10.10.0.91
	start_server v3 v3
	known $ipv4 "$ipv6"
	replay dual-stack delta 001-cds 003-eds 004-lds
	ads_start
	transports network2=geneve | ads_config node1 network1 cluster1
	check "agent on node1" agent_start node1
	check "listeners alone name both virtual IPs" wait_for 20 reach "v1 v2" "v1 v2"
	replay dual-stack delta 002-nds 005-eds
	check "a pod of IPv6 is reached in IPv6" wait_for 10 reach "v1 v2" "v1 v2 v3"
	known $ipv4
	replay dual-stack delta 006-cds 007-eds 009-nds
	check "both through the IPv4 gateway" wait_for 10 reach "v1 v2" "v1 v2 v3"
	check "which is the only one" wait_for 5 gateways_are $ipv4
	known "$ipv6"
	replay dual-stack delta 010-cds 011-eds 013-nds
	check "the IPv6 gateway is the only one" wait_for 10 gateways_are "$ipv6"
	check "and both go through it" reach "v1 v2" "v1 v2 v3"
	known
	replay dual-stack delta 014-cds 015-eds 017-nds
	check "no gateway: pods of this network" wait_for 10 reach v1 "v1 v3"
	nothing_leaked
	nothing_invalid
}

# gateways_are ADDRESS: of both virtual IPs
gateways_are() {
	local rows
	rows=$(ctl node1 endpoints | awk '/ gateway .* active/ { print $3 }' | sort | uniq -c | xargs)
	[[ $rows == "2 $(at "$1" 15443)" ]]
}

if [[ $FAMILY == 46 ]]; then
	dual_stack
	exit 0
fi

# edits MODE: the fixture's steps
edits() {
	known 192.23.120.32
	replay placeholder "$1" 001-cds 002-nds 003-eds
	check "$1: with the placeholder sleep reaches v1" wait_for 10 versions_are v1 sleep
	replay placeholder "$1" 005-cds 006-eds 008-nds
	check "$1: the real address: both" wait_for 10 versions_are "v1 v2" sleep
	known
	replay placeholder "$1" 009-cds 010-eds 012-nds
	check "$1: no gateway, the remote pod raw: v1" wait_for 10 versions_are v1 sleep
	check "$1: the raw pod is excluded" wait_for 5 is_excluded 10.32.0.17:5000
	known 192.23.120.32 192.23.120.33
	replay placeholder "$1" 013-cds 014-eds 016-nds
	check "$1: two gateways are in use" wait_for 10 two_gateways
	known 192.23.120.32
	replay placeholder "$1" 017-cds 018-eds 020-nds
	check "$1: one again: both" wait_for 10 versions_are "v1 v2" sleep
	nothing_leaked
}

is_excluded() { ctl node1 endpoints -o json | sed -n '/excluded/,$p' | seen -F "$1"; }
two_gateways() { [[ $(ctl node1 endpoints | grep -c 'gateway .*active') == 2 ]]; }

replay placeholder delta 001-cds 002-nds 003-eds
ads_start
transports network2=geneve | ADS="mode: delta" CAPTURE=all ads_config node1 network1 c1
check "agent on node1, delta" agent_start node1
edits delta
stop agent-node1
ctl node1 uninstall >/dev/null || fail "uninstall"
stop ads

replay placeholder sotw 001-cds 002-nds 003-eds
ads_start --tls "$TEST_DIR/server.crt" "$TEST_DIR/server.key" --token "$TEST_DIR/token"
transports network2=geneve | CAPTURE=all ADS="mode: sotw
    tls: {caFile: $TEST_DIR/ca.crt, serverName: istiod.example.com}
    tokenFile: $TEST_DIR/token" ads_config node1 network1 c1
check "agent on node1, state of the world over TLS with a token" agent_start node1
edits sotw
nothing_invalid
