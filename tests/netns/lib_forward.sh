# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Three gateways of mode forward before one pod on a node of its own, and traffic through them in each
# direction. To be sourced after lib.sh.

GATEWAYS=(gw2 gw3 gw4)
POD=10.10.0.91 # on worker2
ENOUGH=$TEST_DIR/enough REST=$TEST_DIR/rest

# gateway_at NODE: its address
gateway_at() { echo "192.23.120.$((30 + ${1#gw}))"; }

# gateway_list FUNCTION: what it makes of each gateway's address, for YAML
gateway_list() {
	local gateway list=
	for gateway in "${GATEWAYS[@]}"; do list+=", \"$("$1" "$(gateway_at "$gateway")")\""; done
	echo "[${list#, }]"
}

forward_begin() {
	local gateway node list=
	two_clusters
	node_add gw3 cluster2 "$(gateway_at gw3)/24" 192.23.120.1
	node_add gw4 cluster2 "$(gateway_at gw4)/24" 192.23.120.1
	node_add worker2 cluster2 192.23.120.35/24 192.23.120.1
	errors_are_invalid worker2
	pod_add worker2 v2b $POD
	start_server v2b v2b
	start udp-v2b v2b "$T/udp" serve "$(inner $POD)" 5000 v2b
	for gateway in "${GATEWAYS[@]}"; do list+=",$(gateway_at "$gateway"):15443"; done
	networks network1=cluster1 "network2=n2-k8s-config@${list#,}"
	eds "$HELLO" $POD:5000/n2-k8s-config
	transports network2=geneve | agent_config node1 network1 cluster1
	for gateway in "${GATEWAYS[@]}"; do gateway_config | agent_config "$gateway" network2 n2-k8s-config; done
	worker_config | agent_config worker2 network2 n2-k8s-config
	for node in node1 worker2 "${GATEWAYS[@]}"; do
		check "agent on $node serves" agent_start $node
	done
	check "the pod answers" wait_for 5 versions_are v2b sleep
	for gateway in "${GATEWAYS[@]}"; do
		check "$gateway answers probes" wait_for 10 health_is "$gateway" up
		check "$gateway answers those of the pod's node" wait_for 10 pod_side_is "$gateway" up
	done
}

# errors_are_invalid NODE: there the connection tracking has not seen the tunnel packets that programs send,
# so it takes for invalid the ICMP by which a gateway without programs refuses them: not counted.
errors_are_invalid() {
	local family
	for family in $(inner_families); do
		in_ns "$1" nft insert rule "$(ip_table "$family")" kube forward \
			ct state invalid meta l4proto "{ icmp, icmpv6 }" drop
	done
}

worker_config() {
	transports network1=geneve
	echo "door: {peers: $(gateway_list inner_gateway)}"
}
gateway_config() {
	worker_config
	echo "gateway: {mode: forward, listen: {interface: eth0, port: 6081}, allow: [\"$(outer 192.23.110.0/24)\", {source: \"$(inner_gateway 192.23.120.0/24)\", network: network2}]}"
}

# inner_gateway ADDRESS: as gateways and pods' nodes know each other, in the family of pods
inner_gateway() { outer "$1" "${FAMILY:0:1}"; }

# health_is GATEWAY STATE: as node1 knows it
health_is() {
	ctl node1 gateways | grep -F " $(outer_at "$(gateway_at "$1"):15443") " | seen " $2 "
}

# pod_side_is GATEWAY STATE: as the pod's node knows it
pod_side_is() {
	ctl worker2 gateways | grep -F "$(inner_gateway "$(gateway_at "$1")")" | seen " $2 "
}

# ------------------------------------------------------------------ traffic

# Connections that last to the end: half of them are used ten times a second, beside a new one each time;
# half of them say nothing until then.
traffic_begin() {
	start busy sleep "$T/hold" -n 40 -t 60000 -o -u "$ENOUGH" "$VIP_AT"
	touch "$REST"
	start idle sleep "$T/hold" -n 40 -t 60000 -u "$ENOUGH" -w "$REST" "$VIP_AT"
	check "connections are open" wait_for 10 log_has busy '^round 1'
	check "and idle ones" wait_for 10 log_has idle '^resting'
}
log_has() { seen "$2" <"$TOPO_DIR/log/$1"; }

traffic_end() {
	rm "$REST"
	sleep 1
	touch "$ENOUGH"
	finish busy || fail "a connection ended: $(grep -v '^round' "$TOPO_DIR/log/busy" | tail -n 5)"
	echo "ok: 40 connections, and one more each time: $(tail -n 1 "$TOPO_DIR/log/busy")"
	finish idle || fail "an idle connection ended: $(tail -n 5 "$TOPO_DIR/log/idle")"
	echo "ok: 40 connections that were idle"
	nothing_leaked
	nothing_invalid
}

# transfers_begin: a stream from the client, one from the pod, and three flows of UDP, some seconds each
transfers_begin() {
	local n
	rm -f "$TOPO_DIR"/log/{send,receive,udp-[0-9]}
	start send sleep "$T/bulk" -t 60000 -r 5 send "$VIP" 5000 20000000
	start receive sleep "$T/bulk" -t 60000 -r 5 receive "$VIP" 5000 20000000
	for n in 1 2 3; do
		start "udp-$n" sleep "$T/udp" -k 600 -t 100 -i 20 -m 150 call "$VIP" 5000
	done
	check "streams run both ways" wait_for 10 both_run
}
both_run() { log_has send '^progress' && log_has receive '^progress'; }

transfers_end() { # TEXT
	local name
	for name in send receive udp-1 udp-2 udp-3; do
		finish $name || fail "$1: $name ended: $(tail -n 3 "$TOPO_DIR/log/$name")"
	done
	echo "$1: the longest pauses: sending $(pause_of send) ms, receiving $(pause_of receive) ms," \
		"UDP $(word_of slowest) ms"
}
pause_of() { awk '/^OK/ { print $6 }' "$TOPO_DIR/log/$1"; }

# word_of slowest|late: the greatest of what the UDP clients saw. How late they woke tells how loaded the
# machine is.
word_of() {
	cat "$TOPO_DIR"/log/udp-[0-9] | awk -v word="$1" '/^slowest/ { n = word == "late" ? $5 : $2
		if (n > most) most = n } END { print most + 0 }'
}
