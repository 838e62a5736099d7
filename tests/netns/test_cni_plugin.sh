#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The chained CNI plugin: a pod waits for the agent's hooks, and for nothing else; its entry in the list
# of plugins is kept and removed without harm to the others.
. "$(dirname "$0")/lib.sh"

# plugin COMMAND HOST_INTERFACE [SECONDS]: in node1, as the runtime calls it
plugin() {
	in_ns node1 env CNI_COMMAND="$1" "$BUILD/parallax-cni" <<-JSON
		{"cniVersion": "1.0.0", "name": "pods", "type": "parallax-cni", "waitSeconds": ${3:-1},
		 "pinDir": "$(pin_dir node1)", "adminPort": 15100,
		 "prevResult": {"cniVersion": "1.0.0", "interfaces": [{"name": "cni0"}, {"name": "$2"},
		   {"name": "eth0", "sandbox": "/run/netns/x"}], "ips": []}}
	JSON
}
answer_has() { [[ $(plugin "${@:2}") == *"$1"* ]]; }

two_clusters
networks network1=cluster1 network2=n2-k8s-config
eds "$HELLO" 10.10.0.90:5000/cluster1
{
	transports network2=geneve
	echo "admin: {}"
} | agent_config node1 network1 cluster1

check "no agent has run yet: a pod has to wait, and kubelet tries again" answer_has '"code":11' ADD veth-sleep
check "VERSION" answer_has '"1.1.0"' VERSION veth-sleep
check "DEL does not wait" quietly plugin DEL veth-sleep
check "nor does CHECK" quietly plugin CHECK veth-sleep

check "the agent starts" agent_start node1
check "a pod with hooks goes on, with the result of the plugin before" answer_has '"name":"veth-sleep"' ADD veth-sleep 10
in_ns node1 ip link add other0 type veth peer name other1
check "so does one whose interface is none of the agent's" answer_has '"name":"other0"' ADD other0 10
stop agent-node1 KILL
check "a pod that has its hooks goes on without an agent" answer_has '"name":"veth-sleep"' ADD veth-sleep
in_ns node1 ip link add veth-late type veth peer name late
check "one that has none waits" answer_has '"code":11' ADD veth-late
plugin ADD veth-late 30 >"$TEST_DIR/late" &
late=$!
agent_start node1 || fail "agent"
check "with the agent back it goes on" wait $late
attached() { ctl node1 status | seen 'veth-late .*: pod, '; }
check "and has its hooks" attached

# ------------------------------------------------------------------ the list of plugins

BIN=$TEST_DIR/bin CONF=$TEST_DIR/net.d LIST=$TEST_DIR/net.d/10-pods.conflist
mkdir -p "$BIN" "$CONF"
before='{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "mtu": 1400}, {"type": "portmap"}]}'
echo "$before" >"$LIST"
echo '{"cniVersion": "0.4.0", "name": "z", "plugins": [{"type": "other"}]}' >"$CONF/90-other.conflist"
same() { python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1])) != json.loads(sys.argv[2]))' "$1" "$2"; }
chained() { grep -q '"parallax-cni"' "$LIST" && same "$LIST" "${before%]*}, {\"waitSeconds\": 5, \"type\": \"parallax-cni\"}]}"; }
start keep node1 "$BUILD/parallax-pod" keep-cni "$CONF" "$BIN" '{"waitSeconds": 5}'
check "the plugin becomes the last of the first list" wait_for 5 chained
check "its program is there" cmp "$BUILD/parallax-cni" "$BIN/parallax-cni"
refute "no other list is touched" grep -q parallax "$CONF/90-other.conflist"
echo "$before" >"$LIST"
check "a list that its CNI wrote again gets it again" wait_for 8 chained
stop keep
check "both stay when the pod goes" chained
check "removed" "$BUILD/parallax-pod" remove-cni "$CONF" "$BIN"
check "the list is as it was" same "$LIST" "$before"
equal "and nothing else is left" "" "$(ls "$BIN"; ls "$CONF" | grep -v conflist)"
check "removing it again is no error" "$BUILD/parallax-pod" remove-cni "$CONF" "$BIN"
