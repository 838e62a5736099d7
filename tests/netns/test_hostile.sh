#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs alone
# One pod takes what it can and forges what it can, in every way that once worked; twenty others open, use
# and hold connections meanwhile, here and through the gateway, and none of theirs fails.
#
# That it can fail was tried by taking each remedy out of the programs. Then these failed, of the packet rows
# and here:
#   shares of flows, flow_room.h:owner_is_full()         share: one flow more than a pod may have is refused
#                                                        idle connections: its new ones were refused
#   embryonic flows by sender, embryonic_weigh()         flood: SYNs of a pod displace no handshake of another
#                                                        SYNs: it keeps its flow
#   budgets of answers, reply.h:reply_allowed()          refuse: strays of one pod do not silence another's answers
#                                                        stray packets: others are refused at once
#   ports that rest for seconds, flow_open.h:gives_way() gateway: a port rests for a moment where the client closed
#   the flow's interface, source.h:flow_comes_by()       forged: a later packet by another pod's veth
#                                                        reset in the name of others: dropped
. "$(dirname "$0")/lib.sh"

PODS=20
FLOWS=2048 SHARE=128
HOSTILE=10.10.0.200
FIRST_PORT=40000 PORTS=1000 # of the pods whose ports the hostile one tries
VICTIMS=(10.10.0.89 10.10.0.100 10.10.0.101) TRIES=$((2 * 3 * PORTS))
OWN_VIP=10.20.194.147 EMPTY_VIP=10.20.194.148
OWN="outbound|5000||own.sample.svc.cluster.local"
EMPTY="outbound|5000||empty.sample.svc.cluster.local"
OVER=$TEST_DIR/over RESTING=$TEST_DIR/resting
SERVICES="
- {host: $HOST, addresses: [$VIP], ports: [{port: 5000}]}
- {host: own.sample.svc.cluster.local, addresses: [$OWN_VIP], ports: [{port: 5000}]}
- {host: empty.sample.svc.cluster.local, addresses: [$EMPTY_VIP], ports: [{port: 5000}]}"

# The gateway's SNAT address is its own. All pods of node1 are one sender to it.
agents() {
	networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
	eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config \
		"$OWN" $HOSTILE:5000/cluster1 "$EMPTY"
	transports network2=geneve | agent_config node1 network1 cluster1
	{
		transports network1=geneve
		echo "gateway: {listen: {interface: eth0, port: 6081}, allow: [192.23.110.0/24]}"
	} | agent_config gw2 network2 n2-k8s-config
	sed -i "s/flows: 65536/flows: $FLOWS, flowsPerPod: $SHARE/" "$TOPO_DIR/node1/config.yaml"
	sed -i "s/flows: 65536/flows: $FLOWS, flowsPerPod: 1024/" "$TOPO_DIR/gw2/config.yaml"
	agent_start node1 && agent_start gw2
}

# hostile ATTACK COUNT [ADDR:PORT [VICTIM...]]: in the background
hostile() {
	local victims=("${@:4}")
	start "hostile-$1" hostile "$T/hostile" "$1" "$2" $HOSTILE "${3:-$VIP:5000}" \
		${victims[0]:+$FIRST_PORT $PORTS "${victims[@]}"}
}
rounds() { grep -c '^round' "$TOPO_DIR"/log/good-* | sed 's/.*://'; }
went_on() {
	paste -d' ' "$TEST_DIR/before" <(rounds) | awk '$2 < $1 + 3 { late = 1 } END { exit late }'
}
failures() { grep -hvE '^(open|round|resting)' "$TOPO_DIR"/log/{good-*,idle} | head -n 5; }
# unharmed ATTACK: each of the others opens and uses connections while it goes on
unharmed() {
	rounds >"$TEST_DIR/before"
	wait_for 5 went_on || fail "$1: others do not go on: $(failures)"
	equal "$1: failures of others" "" "$(failures)"
}
# more NODE REASON: packets were dropped for this reason, more than MORE
more() { [[ $(drops "$1" "$2") -gt ${MORE:-0} ]]; }
named() { ctl node1 status | seen '^Senders  *veth-hostile '; }
not_named() { ctl node1 status >"$TEST_DIR/status" && ! grep -q '^Senders' "$TEST_DIR/status"; }
idle_established() {
	ctl node1 flows -o json | python3 -c 'import json, sys
print(sum(f["state"] == "established" and f["client"].startswith("10.10.0.89:")
	  for f in json.load(sys.stdin)["flows"]))'
}
# The SYN of a handshake that nobody completes is repeated after a second, and opens the flow again if it
# was displaced.
slow_repeats() { in_ns slow ss -Htin state syn-sent | seen 'retrans:[0-9]*/[1-9]'; }
slow_lasts() {
	ctl node1 flows -o json | python3 -c 'import json, sys
sys.exit(not any(f["age_ms"] > 900 and f["client"].startswith("10.10.0.201:")
		 for f in json.load(sys.stdin)["flows"]))'
}
# many_open: another pod opens as many as it may, and uses them
many_open() { in_ns many "$T/hold" -n $((SHARE - 20)) -r 1 -t 5000 $VIP:5000 >"$TOPO_DIR/log/many"; }
refused_at_once() { in_ns sleep "$T/hello" -t 900 $EMPTY_VIP 5000; [[ $? == 1 ]]; }

two_clusters
pod_add node1 hostile $HOSTILE
pod_add node1 many 10.10.0.202
pod_add node1 slow 10.10.0.201
in_ns slow nft -f - <<-'RULES'
	table ip deaf {
		chain in {
			type filter hook input priority 0
			tcp sport 5000 drop
		}
	}
RULES
for ((i = 0; i < PODS; i++)); do pod_add node1 "good$i" 10.10.0.$((100 + i)); done
check "agents" agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
touch "$RESTING"
sysctls sleep "ip_local_port_range=$FIRST_PORT $((FIRST_PORT + PORTS - 1))"
start idle sleep "$T/hold" -n 6 -u "$OVER" -w "$RESTING" $VIP:5000
for ((i = 0; i < PODS; i++)); do
	sysctls "good$i" "ip_local_port_range=$FIRST_PORT $((FIRST_PORT + PORTS - 1))"
	start "good-$i" "good$i" "$T/hold" -o -n 2 -t 10000 -u "$OVER" $VIP:5000
done
check "idle connections" wait_for 5 grep -q resting "$TOPO_DIR/log/idle"
unharmed "before"
# Its kernel must not answer what it makes up; its own packets are marked.
in_ns hostile nft -f - <<-'RULES'
	table ip silent {
		chain out {
			type filter hook output priority 0
			meta mark != 1 tcp flags & rst == rst drop
		}
	}
RULES

# More than the gateway's own address has ports, and than the tables have room for.
hostile churn 9000
unharmed "closed connections"
check "closed connections: all were tried" finish hostile-churn
unharmed "after closed connections"

hostile hold $((FLOWS + 500))
check "idle connections: it has its share, and status names it" wait_for 5 named
unharmed "idle connections"
check "idle connections: another pod opens many" many_open
check "idle connections: its new ones were refused" wait_for 5 more node1 flows_share
stop hostile-hold
check "idle connections: closed, they are its no more" wait_for 5 not_named

hostile syn 0
start call-slow slow "$T/hello" -t 20000 $VIP 5000
check "SYNs: a slow handshake" wait_for 5 slow_repeats
check "SYNs: it keeps its flow" slow_lasts
unharmed "SYNs"
stop hostile-syn
hostile bad 0
check "bad SYNs: dropped" wait_for 5 more node1 checksum
unharmed "bad SYNs"
stop hostile-bad

# Made up, they stay open: from here on all that it opens itself is refused.
hostile self $((2 * FLOWS)) $OWN_VIP:5000
check "made up connections: it has its share" wait_for 5 named
unharmed "made up connections"
check "made up connections: another pod opens many" many_open
stop hostile-self

hostile stray 0
check "stray packets: its replies have a limit" wait_for 5 more node1 reply_limit
check "stray packets: others are refused at once" refused_at_once
unharmed "stray packets"
stop hostile-stray

for attack in reset forge; do
	MORE=$(drops node1 spoofed)
	hostile $attack $TRIES $VIP:5000 "${VICTIMS[@]}"
	unharmed "$attack in the name of others"
	check "$attack in the name of others: all ports tried" finish hostile-$attack
	check "$attack in the name of others: dropped" wait_for 5 more node1 spoofed
	equal "$attack in the name of others: idle connections that are established" 6 "$(idle_established)"
done
# Of the answers of one pod in the name of another the kernel's routes know.
hostile answer $((2 * TRIES)) 10.10.0.90:5000 "${VICTIMS[@]}"
unharmed "answers in the name of others"
check "answers in the name of others: all ports tried" finish hostile-answer
equal "answers in the name of others: idle connections that are established" 6 "$(idle_established)"
nothing_leaked

# From here on the node has no route to it but the default one.
in_ns node1 ip link delete veth-hostile
check "once the pod is gone, its flows are" wait_for 5 not_named
unharmed "once the pod is gone"
rm "$RESTING"
touch "$OVER"
for name in idle $(seq -f 'good-%.0f' 0 $((PODS - 1))); do
	finish "$name" || fail "$name: $(tail -n 2 "$TOPO_DIR/log/$name")"
done
echo "ok: no connection of $PODS pods was lost"
