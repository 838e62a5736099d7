#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One of two gateways of a network goes, then both: who does not use it notices nothing; if all are down,
# connections to them end by the client's own time limit, until somebody takes them out of meshNetworks.
. "$(dirname "$0")/lib.sh"

two_clusters
node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
two_gateways
both() { networks network1=cluster1@192.23.110.10:15443 \
	network2=n2-k8s-config@192.23.120.32:15443,192.23.120.33:15443; }
both
gateways_used() { ctl node1 endpoints | grep -c " tcp .* gateway .* active"; }
uses_both() { [[ $(gateways_used) == 2 ]]; }
check "node1 uses both" wait_for 5 uses_both
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep

UNTIL=$TEST_DIR/until
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
check "v2 alone" wait_for 5 versions_are v2 sleep
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
first_alone() { [[ $(gateways_used) == 1 ]]; }
check "by the first gateway alone" wait_for 5 first_alone
start hold sleep "$T/hold" -n 20 -u "$UNTIL" $VIP:5000
opened() { grep -q '^open' "$TOPO_DIR/log/hold"; }
check "20 connections through it" wait_for 5 opened
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
both
check "node1 uses both again" wait_for 5 uses_both
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep

# One that has never answered is not taken for dead.
gateways_are() { ctl node1 gateways | grep -cE " $1 "; }
both_answer() { [[ $(gateways_are up) == 2 ]]; }
check "both gateways answer probes" wait_for 5 both_answer

# Its flows may go to another one at any moment, which is asked as if they were there already.
sleep 3
start trace node1 "$HERE/tunnel_trace.py" eth0 "$(outer 192.23.120.33)" 6081
sleep 1
in_ns lan-cluster2 ip link set gw2 down
sleep 2
in_ns lan-cluster2 ip link set gw2 up
stop trace
asked=$(grep -c probe "$TOPO_DIR/log/trace")
check "the one without flows was asked $asked times in 3 s while the other was silent" test "$asked" -gt 9
check "both gateways answer again" wait_for 10 both_answer
in_ns gw3 ip link set eth0 down
one_is_down() { [[ $(gateways_are "(down|panic)") == 1 ]]; }
check "node1 knows" wait_for 10 one_is_down
# calls: how 60 connections ended: `answered, timed out, other'
calls() {
	local i ends=(0 0 0)
	for ((i = 0; i < 60; i++)); do
		hello sleep -t 2000 >/dev/null
		case $? in 0) ends[0]=$((ends[0] + 1)) ;; 2) ends[1]=$((ends[1] + 1)) ;; *) ends[2]=$((ends[2] + 1)) ;; esac
	done
	echo "${ends[*]}"
}
equal "connections to the other, and here, are answered" "60 0 0" "$(calls)"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "taken out of meshNetworks" wait_for 5 first_alone
equal "then all are answered" "60 0 0" "$(calls)"
touch "$UNTIL"
check "connections through the living gateway lasted" finish hold

in_ns gw2 ip link set eth0 down
check "no gateway is left" wait_for 10 one_is_down
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
late_call() { hello sleep -t 300 >/dev/null; [[ $? == 2 ]]; }
check "all gateways are down: a connection ends by its time limit" wait_for 5 late_call
eds "$HELLO" 10.10.0.90:5000/cluster1
check "what is here answers" wait_for 5 versions_are v1 sleep
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
refused() { hello sleep -t 2000 >/dev/null; [[ $? == 1 ]]; }
check "taken out of meshNetworks: refused at once" wait_for 5 refused
nothing_leaked
