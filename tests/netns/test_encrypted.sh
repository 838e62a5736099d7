#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Networks that require encryption, over an uplink that has none: nothing is sent there or taken from there, others
# take the load, and connections wait. test_wireguard.sh has what passes.
. "$(dirname "$0")/lib.sh"

# adds NODE LINE: to its configuration, live; takes NODE: back again
adds() { put "$TOPO_DIR/$1/config.yaml" < <(cat "$TOPO_DIR/$1/config.yaml" && echo "$2"); }
takes() { put "$TOPO_DIR/$1/config.yaml" < <(grep -v '^tunnel:' "$TOPO_DIR/$1/config.yaml"); }
says() { ctl "$1" "$2" | grep "$3" >/dev/null; }
counts() { (($(drops "$1" "$2") > 0)); }

two_clusters
two_agents
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep
UNTIL=$TEST_DIR/until
start hold sleep "$T/hold" -n 20 -u "$UNTIL" "$VIP_AT"
opened() { grep '^open' "$TOPO_DIR/log/hold" >/dev/null; }
check "20 connections to both" wait_for 5 opened

adds node1 'tunnel: {require: encrypted}'
check "what needs no tunnel answers" wait_for 5 versions_are v1 sleep
check "open connections are held back, and counted" wait_for 5 counts node1 not_encrypted
check "status says why" wait_for 5 says node1 status 'would leave by eth0, which does not encrypt'
check "so do the endpoints" says node1 endpoints 'routes to its network.s gateways do not encrypt'
check "and the gateways" says node1 gateways 'no device that encrypts leads there'
refute "and a check of the configuration" ctl node1 check --config "$TOPO_DIR/node1/config.yaml" \
	>"$TEST_DIR/check"
check "by name" grep 'the route leads by eth0, which does not encrypt' "$TEST_DIR/check"
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
refused() { hello sleep -t 2000 >/dev/null; [[ $? == 1 ]]; }
check "without another endpoint connections are refused at once" wait_for 5 refused
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config

takes node1
check "both answer again" wait_for 5 versions_are "v1 v2" sleep
touch "$UNTIL"
check "no open connection ended" finish hold
check "the gateway answers probes" wait_for 10 says node1 gateways ' up '

adds gw2 'tunnel: {require: encrypted}'
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
is_down() { says node1 gateways ' panic '; }
check "a gateway that requires encryption does not answer" wait_for 10 is_down
late_call() { hello sleep -t 300 >/dev/null; [[ $? == 2 ]]; }
check "nor take requests" wait_for 5 late_call
check "which it counts" counts gw2 tunnel_not_encrypted
takes gw2
check "until it takes them from anywhere" wait_for 10 versions_are v2 sleep
nothing_leaked
nothing_invalid
