#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Families: 6
# Gateways of mode forward keep nothing of a connection: three of them come and go, keys are brought in and
# changed, and none ends.
# Long
. "$(dirname "$0")/lib.sh"

GATEWAYS=(gw2 gw3 gw4)
two_clusters
node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
node_add gw4 cluster2 192.23.120.34/24 192.23.120.1
node_add worker2 cluster2 192.23.120.35/24 192.23.120.1
pod_add worker2 v2b 10.10.0.91
start_server v2b v2b

# mesh GATEWAY...: those of network2, in meshNetworks
mesh() {
	local gateway list=
	for gateway; do list+=",192.23.120.$((30 + ${gateway#gw})):15443"; done
	networks network1=cluster1 "network2=n2-k8s-config${list:+@${list#,}}"
}

mesh "${GATEWAYS[@]}"
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config 10.10.0.91:5000/n2-k8s-config
doors="door: {peers: [\"$(outer 192.23.120.32)\", \"$(outer 192.23.120.33)\", \"$(outer 192.23.120.34)\"]}"
gateway="gateway: {mode: forward, listen: {interface: eth0, port: 6081}, allow: [\"$(outer 192.23.110.0/24)\", {source: \"$(outer 192.23.120.0/24)\", network: network2}]}"

# configure ADMISSION NODE...: empty: without keys
configure() {
	local admission=$1 node
	shift
	for node; do
		{
			transports network1=geneve network2=geneve
			[[ $admission ]] && echo "tunnel: {keysFile: $TOPO_DIR/keys, admission: $admission}"
			[[ $node != gw* ]] || echo "$gateway"
			[[ $node == node1 ]] || echo "$doors"
			echo "admin: {}"
		} | if [[ $node == node1 ]]; then agent_config node1 network1 cluster1
		else agent_config "$node" network2 n2-k8s-config; fi
	done
}

configure "" node1 worker2 "${GATEWAYS[@]}"
for node in node1 worker2 "${GATEWAYS[@]}"; do
	check "agent on $node serves" agent_start $node
done

# ------------------------------------------------------------------ connections

gateways_used() { ctl node1 endpoints | grep -c " tcp .* gateway .* active"; }
uses() { [[ $(gateways_used) == "$1" ]]; }
check "node1 uses all three" wait_for 5 uses 3
check "a pod behind a gateway, and one on a gateway, answer" wait_for 5 versions_are "v2 v2b" sleep
flows_of() { ctl "$1" flows -o json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["flows"]))'; }
check "bulk to a pod" in_ns sleep "$T/bulk" send $VIP 5000 50000000
check "bulk from a pod" in_ns sleep "$T/bulk" receive $VIP 5000 50000000

UNTIL=$TEST_DIR/until REST=$TEST_DIR/rest
COUNT=200 INTERVAL=300
[[ $FAMILY == 4 ]] && COUNT=2000 INTERVAL=2000
start hold sleep "$T/hold" -n $COUNT -i $INTERVAL -t 30000 -u "$UNTIL" -w "$REST" "$VIP_AT"
opened() { grep '^open' "$TOPO_DIR/log/hold" >/dev/null; }
check "$COUNT connections" wait_for 10 opened
lives() { kill -0 "$(pid_of hold)"; }
equal "a gateway without pods keeps no flow of them" 0 "$(flows_of gw3)"
check "the pods' nodes do" test "$(flows_of worker2)" -ge 50
# values NODE FIELD: of established TCP flows, each once
values() {
	ctl "$1" flows -o json | python3 -c 'import json, sys
flows = json.load(sys.stdin)["flows"]
print(*sorted({f[sys.argv[1]] for f in flows
               if f["state"] == "established" and f["protocol"] == "tcp"}))' "$2"
}
equal "client and pods name the same endpoints" "$(values node1 endpoint)" \
	"$({ values gw2 endpoint; values worker2 endpoint; } | sort | paste -sd " ")"
equal "flows show their gateways" "$(for i in 32 33 34; do outer_at 192.23.120.$i:6081; done | paste -sd " ")" \
	"$(values worker2 gateway)"
# columns NODE SERVICES: gateways of which everything is known
columns() {
	ctl "$1" gateways -o json | python3 -c 'import json, sys
print(sum(g["network"] == "network2" and g["health"] == "up" and (g["rtt_ms"] or 0) > 0 and
          g["loss"] is not None and g["mtu"] == 1500 and g["services"] == int(sys.argv[1]) and
          g["flows"] > 0 for g in json.load(sys.stdin)["gateways"]))' "$2"
}
columns_are() { [[ $(columns "$1" "$2") == 3 ]]; }
check "the client's node knows its gateways" wait_for 5 columns_are node1 2
check "so does the node of a pod" wait_for 5 columns_are worker2 0
client=$(ctl node1 flows -o json | python3 -c 'import json, sys
print([f["client"] for f in json.load(sys.stdin)["flows"] if f["state"] == "established"][0])')
check "explain shows the gateway of now and the next candidate" \
	seen "gateway .* is up; the next candidate is " < <(ctl node1 explain "$VIP_AT" --from "$client")
equal "the door of a pod has their packets" yes \
	"$( (($(counted worker2 to_pod forwards door_in) > 100)) && echo yes)"

# ------------------------------------------------------------------ keys

goes_on() { # TEXT
	sleep 1
	check "$1: all $COUNT connections go on" lives
}

for id in 1 2; do
	pair[$id]=$("$BUILD/parallaxctl" keygen network1 network2 --id $id)
	inside[$id]=$("$BUILD/parallaxctl" keygen network2 --id $id)
done
keys() { # ID...: of each pair
	local id
	(umask 077 && for id; do echo "${pair[$id]}"; echo "${inside[$id]}"; done | put "$TOPO_DIR/keys")
}
signs() { ctl "$1" status | seen "$2 of network2 and network2: signs"; }
admits() { ctl "$1" status | seen "^Keys .*admission $2"; }
step() { # ADMISSION
	local node
	configure "$1" worker2 "${GATEWAYS[@]}" node1
	for node in worker2 "${GATEWAYS[@]}" node1; do
		check "$node: keys, $1" wait_for 5 admits $node $1
	done
}
keys 1
for admission in verify sign require; do step $admission; done
goes_on "keys are required"
metrics() { # NODE
	in_ns "$1" bash -c 'exec 3<>/dev/tcp/127.0.0.1/15100
		printf "GET /stats/prometheus HTTP/1.1\r\nHost: a\r\n\r\n" >&3; cat <&3'
}
# counts NODE ROLE: connections and bytes of each gateway
counts() {
	local page at what
	page=$(metrics "$1")
	for at in 32 33 34; do
		for what in connections_total sent_bytes_total received_packets_total; do
			[[ $page == *"parallax_network_$what{source_network=\"network1\",target_network=\"network2\",gateway=\"$(outer 192.23.120.$at)\",role=\"$2\"} "[1-9]* ]] ||
				return 1
		done
	done
}
check "the client's node counts by gateways" wait_for 12 counts node1 client
check "so does the node of a pod" wait_for 12 counts worker2 door
equal "doors open to who has the key" 1 "$(ctl worker2 status | grep -c 'gateways enter by key')"
for ids in "1 2" "2 1" 2; do
	keys $ids
	for node in worker2 "${GATEWAYS[@]}"; do
		check "$node: keys $ids" wait_for 15 signs $node ${ids%% *}
	done
	sleep 1
done
goes_on "another key"
for reason in tunnel_unsigned tunnel_key tunnel_epoch tunnel_forged; do
	for node in node1 worker2 "${GATEWAYS[@]}"; do
		equal "$node dropped as $reason" 0 "$(drops $node $reason)"
	done
done
equal "other connections with keys" "v2 v2b" "$(versions sleep)"
check "bulk to a pod with keys" in_ns sleep "$T/bulk" send $VIP 5000 20000000
check "bulk from a pod with keys" in_ns sleep "$T/bulk" receive $VIP 5000 20000000

# ------------------------------------------------------------------ a gateway dies while only the server sends

sees() { [[ $(ctl "$1" gateways | grep -c "^network2 .* up ") == "$2" ]]; }
check "a pod's node probes the gateways of its network" wait_for 5 sees worker2 3
# The pod on gw2 would die with it.
eds "$HELLO" 10.10.0.91:5000/n2-k8s-config
check "new connections go to the other pod" wait_for 5 versions_are v2b sleep
start download sleep "$T/bulk" -r 4 receive $VIP 5000 20000000
# The address of the gateway of the flow that has most bytes.
carrier() {
	ctl node1 flows -o json | python3 -c 'import json, sys
print(max(json.load(sys.stdin)["flows"], key=lambda f: f["bytes_sent"])["gateway"])'
}
sleep 1
carrier=$(carrier)
for dead in "${GATEWAYS[@]}"; do
	[[ $(outer_at 192.23.120.$((30 + ${dead#gw})):15443) == "$carrier" ]] && break
done
in_ns lan-cluster2 ip link set $dead down
check "a download by $dead, which dies, ends whole" finish download
check "worker2 knows that it is dead" wait_for 2 sees worker2 2
in_ns lan-cluster2 ip link set $dead up
check "it is back" wait_for 10 sees worker2 3
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config 10.10.0.91:5000/n2-k8s-config
check "and the pod" wait_for 5 versions_are "v2 v2b" sleep
goes_on "a gateway died and came back"

# ------------------------------------------------------------------ gateways come and go

sent() { counted node1 from_pod forwards to_tunnel; }

mesh gw3 gw4
check "gw2 is taken out of meshNetworks" wait_for 5 uses 2
goes_on "two gateways"
mesh gw4
check "so is gw3" wait_for 5 uses 1
goes_on "one gateway"
# A connection that waits to send again moves with that packet.
moved() { [[ $(values node1 gateway) == "$(outer_at 192.23.120.34:15443)" ]]; }
check "flows show where they moved to" wait_for 10 moved
equal "as their upstream, too" "$(outer_at 192.23.120.34:15443)" "$(values node1 upstream)"
in_ns gw3 ip link set eth0 down
goes_on "gw3 is gone for good"

eds "$HELLO" 10.10.0.90:5000/n2-k8s-config*1 10.10.0.91:5000/n2-k8s-config*9
check "other weights" wait_for 5 versions_are "v2 v2b" sleep
goes_on "other weights"
stop agent-gw4
goes_on "an agent stops"
check "and starts again" agent_start gw4
goes_on "an agent starts again"

mesh
check "no gateway is left" wait_for 5 uses 0
before=$(sent)
sleep 2
check "node1 still sends by the last one" test "$(sent)" -gt "$before"
# An answer that is on its way when its gateway dies comes when the client sends again.
touch "$REST"
rests() { grep '^resting' "$TOPO_DIR/log/hold" >/dev/null; }
check "the connections rest" wait_for 10 rests
in_ns gw4 ip link set eth0 down
sleep 3
mesh gw2
check "another one comes" wait_for 5 uses 1
rm "$REST"
goes_on "all gateways were away"
equal "the gateway keeps no flow" 0 "$(flows_of gw4)"

# An endpoint that leaves keeps its connections, and takes no others.
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
check "new connections leave it" wait_for 5 versions_are v2 sleep
goes_on "an endpoint left"
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config 10.10.0.91:5000/n2-k8s-config
check "it is there again" wait_for 5 versions_are "v2 v2b" sleep
goes_on "an endpoint came"

touch "$UNTIL"
check "$COUNT connections reached the same pods to the end" finish hold
nothing_leaked
nothing_invalid
