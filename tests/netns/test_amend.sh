#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Assignments that change at random, a few at a time: the agent that followed them leaves the same
# maps, byte for byte, as one that starts with the last state. SEED sets the changes.
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-$RANDOM}
echo "SEED=$SEED"
ROUNDS=3 STEPS=8
EDS=$TOPO_DIR/eds
MAPS="services backends slots vips service_ids drops names networks gateways"

mkdir "$EDS"
random_eds() { "$HERE/random_eds.py" "$SEED" "$1" "$EDS"; }

two_clusters
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443 \
	network3=cluster3@192.23.130.1:15443
SERVICES="
- {host: mark.sample.svc.cluster.local, addresses: [10.20.195.1], ports: [{port: 5000}]}"
for ((i = 0; i < 24; i++)); do
	second= udp=
	((i % 4)) || second=", 10.20.194.$i"
	((i % 3)) || udp=", {port: 5000, protocol: UDP}"
	SERVICES+="
- {host: s$i.sample.svc.cluster.local, addresses: [10.20.193.$i$second], ports: [{port: 5000}$udp]}"
done
{
	transports network2=geneve
	gateway_role $SNAT1 192.23.120.0/24
} | agent_config node1 network1 cluster1
sed -i "s|eds.yaml|eds|; s|services: 256, backends: 4096|services: 128, backends: 1024, slots: 65536|" \
	"$TOPO_DIR/node1/config.yaml"

# mark NUMBER: once its endpoint is in the kernel, so is everything written before it
mark() {
	eds "outbound|5000||mark.sample.svc.cluster.local" "10.10.2.$1:5000/cluster1"
	mv "$TOPO_DIR/eds.yaml" "$EDS/zz-mark.yaml"
}
marked() { ctl node1 endpoints | grep '^10.20.195.1:5000' | seen "10.10.2.$1:5000 .*active"; }

# held FILE: writes the maps and the status
held() {
	local map
	for map in $MAPS; do
		echo "== $map"
		bpftool map dump pinned "$(pin_dir node1)/$map" || return 1
	done >"$1"
	ctl node1 services >>"$1"
	ctl node1 endpoints >>"$1"
	ctl node1 diff >>"$1"
	ctl node1 status -o json | python3 -c 'import json, sys
status = json.load(sys.stdin)
print(status["services"], status["problems"])' >>"$1"
}

step=0
random_eds 0
mark 1
agent_start node1 || fail "agent on node1"
for ((round = 0; round < ROUNDS; round++)); do
	for ((i = 0; i < STEPS; i++)); do
		random_eds $((++step))
		sleep "0.0$((step % 5))"
	done
	mark $((round + 2))
	check "step $step is in the kernel" wait_for 5 marked $((round + 2))
	held "$TEST_DIR/changed" || fail "reading the maps"
	stop agent-node1
	agent_start node1 || fail "agent on node1 again"
	held "$TEST_DIR/at-once" || fail "reading the maps"
	check "an agent that starts changes nothing, and reports the same" \
		diff "$TEST_DIR/changed" "$TEST_DIR/at-once"
	check "nor counts an update" grep -q "updates 0" <(ctl node1 status)
done
