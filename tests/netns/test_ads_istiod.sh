#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Responses of a real istiod, byte for byte: the placeholder, and networks edited live under a client
# that stays connected. In both modes, one of them over TLS.
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
	(($#)) && list="gateways: [$(printf '{address: %s, port: 15443}, ' "$@" | sed 's/, $//')]"
	printf '%s\n' "networks:" "  network1: {endpoints: [{fromCidr: 10.10.0.0/16}]}" \
		"  network2: {endpoints: [{fromCidr: 10.32.0.0/16}], ${list:-gateways: []}}" |
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
gateway_role $SNAT2 192.23.110.0/24 | agent_config gw2 network2 c1
check "agent on gw2" agent_start gw2

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
