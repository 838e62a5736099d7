#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Gateways that die in three ways, and come back: from when on no new connection goes there.
# Families: 6
# More families: 4o6
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
pod_add gw3 v2c 10.10.0.92 # behind both gateways, and not on the node that dies
start_server v2c v2
two_gateways
networks network1=cluster1@192.23.110.10:15443 \
	network2=n2-k8s-config@192.23.120.32:15443,192.23.120.33:15443
eds "$HELLO" 10.10.0.92:5000/n2-k8s-config

# health GATEWAY_ADDRESS: as node1 knows it
health() {
	ctl node1 gateways -o json | python3 -c 'import json, sys
for gateway in json.load(sys.stdin)["gateways"]:
    if gateway["address"] == sys.argv[1]:
        print(gateway["health"])' "$(outer_at "$1:15443")"
}
health_is() { [[ $(health "$1") == "$2" ]]; }
GW2=192.23.120.32 GW3=192.23.120.33
check "the first gateway answers probes" wait_for 10 health_is $GW2 up
check "the second too" wait_for 10 health_is $GW3 up
check "v2 answers" wait_for 5 versions_are v2 sleep
ctl node1 gateways -o wide

# ------------------------------------------------------------------ deaths, seen by packets

watch_packets() {
	start trace node1 "$HERE/tunnel_trace.py" eth0 "$(outer $GW2)" 6081
	start knock sleep "$HERE/knock.py" "$VIP" 5000 100
	wait_for 20 opened 20
}
opened() { (($(grep -c opens "$TOPO_DIR/log/trace") >= $1)); }
trace_end() { stop knock && stop trace; }

# last_opened SINCE: milliseconds from then to the last connection that was opened to gw2
last_opened() {
	awk -v since="$1" '$2 == "opens" && $1 > since { last = $1 }
		END { printf "%d\n", last ? (last - since) * 1000 : 0 }' "$TOPO_DIR/log/trace"
}

# dies NAME COMMAND...: while connections are opened. Within 300 ms on a machine that is idle.
dies() {
	local name=$1 died after
	shift
	rm -f "$TOPO_DIR/log/trace"
	check "$name: connections go there" watch_packets
	died=$(date +%s.%N)
	"$@"
	check "$name: it is down" wait_for 10 health_is $GW2 down
	sleep 1
	trace_end
	after=$(last_opened "$died")
	echo "$name: the last new connection to it after $after ms"
	check "$name: none goes there from then on" test "$after" -lt 2000
	equal "$name: all are answered by the other" v2 "$(versions sleep 40)"
}

uninstalled() { stop agent-gw2 && quietly ctl gw2 uninstall; }
dies "programs gone" uninstalled
check "the agent says so" seen "192.23.120.32\|23:120:32" < <(ctl node1 status | grep "is down")
check "back again" agent_start gw2
check "it is up" wait_for 20 health_is $GW2 up
returned() { in_ns sleep "$T/hello" -n 20 $VIP 5000 >/dev/null && [[ $(ctl gw2 flows | seen ":5000" && echo yes) ]]; }
check "connections go there again" wait_for 10 returned

link_down() { in_ns lan-cluster2 ip link set gw2 down; }
dies "link down" link_down
in_ns lan-cluster2 ip link set gw2 up
check "it is up" wait_for 30 health_is $GW2 up

# ------------------------------------------------------------------ agents that are dead

stop agent-gw2 KILL
sleep 2
equal "the gateway's agent is dead, its programs are not" up "$(health $GW2)"
check "connections go there" wait_for 10 returned
check "back again" agent_start gw2

link_down
check "down" wait_for 10 health_is $GW2 down
stop agent-node1 KILL
equal "the client's agent is dead: what it knew holds" v2 "$(versions sleep 60)"
in_ns lan-cluster2 ip link set gw2 up
check "the next agent" agent_start node1
check "it is up" wait_for 60 health_is $GW2 up

# ------------------------------------------------------------------ the load of probes

# paced LEAST MOST: probes in five seconds. A loaded machine has some that are late, and repeats them.
paced() {
	: >"$TOPO_DIR/log/trace"
	sleep 5
	probes=$(grep -c probe "$TOPO_DIR/log/trace")
	((probes >= $1 && probes <= $2))
}
rm -f "$TOPO_DIR/log/trace"
start trace node1 "$HERE/tunnel_trace.py" eth0 "$(outer $GW2)" 6081
check "one a second without connections" wait_for 10 paced 2 8
echo "probes in 5 s: $probes without connections"
start knock sleep "$HERE/knock.py" "$VIP" 5000 20
check "ten a second with" wait_for 10 paced 15 65
echo "probes in 5 s: $probes with"
trace_end

# ------------------------------------------------------------------ power cut, then all

power_cut() { stop agent-gw2 KILL && in_ns lan-cluster2 ip link delete gw2; }
dies "power cut" power_cut

eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.92:5000/n2-k8s-config
check "both answer, by the gateway that lives" wait_for 5 versions_are "v1 v2" sleep
in_ns lan-cluster2 ip link set gw3 down
check "all gateways are down: they would be used" wait_for 10 health_is $GW3 panic
check "both are" health_is $GW2 panic
check "what is here takes all" wait_for 5 versions_are v1 sleep
nothing_leaked
