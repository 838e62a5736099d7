#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Pods made by the real CNI plugins: bridge on node1, ptp on gw2. Nothing about interfaces is configured.
. "$(dirname "$0")/lib.sh"

# plugins_dir: where bridge, ptp and host-local are
plugins_dir() {
	local dir
	for dir in ${CNI_PATH:-} /opt/cni/bin /usr/lib/cni \
		"${PARALLAX_CACHE:-/var/cache/parallax-cluster}/root/usr/lib/cni"; do
		[[ -x $dir/bridge && -x $dir/ptp && -x $dir/host-local ]] && echo "$dir" && return
	done
	return 1
}
PLUGINS=$(plugins_dir) || skip "the CNI plugins bridge and ptp are not here (containernetworking-plugins)"

# plugin NODE POD ADD|DEL: runs the plugin of the node as a container runtime does
plugin() {
	local node=$1 pod=$2 command=$3
	in_ns "$node" env CNI_COMMAND="$command" CNI_CONTAINERID="$TOPO_PREFIX-$pod" \
		CNI_NETNS="$(netns_path "$pod")" CNI_IFNAME=eth0 CNI_PATH="$PLUGINS" \
		"$PLUGINS/${PLUGIN[$node]}" <"$TEST_DIR/cni-$node/10-pods.conf"
}

# pod_by_plugin NODE POD: its address is then TOPO_POD_ADDR[POD]
pod_by_plugin() {
	local node=$1 pod=$2
	netns_add "$pod"
	plugin "$node" "$pod" ADD >"$TEST_DIR/$pod.json" || fail "${PLUGIN[$node]} makes $pod: $(cat "$TEST_DIR/$pod.json")"
	TOPO_POD_ADDR[$pod]=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["ips"][0]["address"].split("/")[0])' <"$TEST_DIR/$pod.json")
	TOPO_POD_NODE[$pod]=$node
}

# node_with NODE CLUSTER ADDRESS/LEN ROUTER PLUGIN
declare -A PLUGIN
node_with() {
	node_add "$1" "$2" "$3" "$4"
	PLUGIN[$1]=$5
	mkdir "$TEST_DIR/cni-$1"
	cat >"$TEST_DIR/cni-$1/10-pods.conf" <<-EOF
		{"cniVersion": "0.4.0", "name": "pods", "type": "$5", "isGateway": true, "hairpinMode": true,
		 "ipam": {"type": "host-local", "dataDir": "$TEST_DIR/ipam-$1", "subnet": "10.10.0.0/24",
		          "routes": [{"dst": "0.0.0.0/0"}]}}
	EOF
}

# config NODE NETWORK CLUSTER OTHER ALLOWED [CNI_CONF_DIR]
config() {
	{
		transports "$4=geneve"
		echo "gateway: {allow: [$5]}"
	} | agent_config "$1" "$2" "$3"
	sed -i "s|^interfaces:.*|interfaces: {cniConfDir: ${6:-$TEST_DIR/none}}|" "$TOPO_DIR/$1/config.yaml"
}

# says NODE TEXT: `status` has that fixed text
says() { ctl "$1" status | seen -F -- "$2"; }
pods_attached() { [[ $(ctl "$1" status | grep -c 'veth.*: pod, tcx\|veth.*: pod, clsact') == "$2" ]]; }

wan_add
cluster_add cluster1 192.23.110.1/24
cluster_add cluster2 192.23.120.1/24
node_with node1 cluster1 192.23.110.10/24 192.23.110.1 bridge
node_with gw2 cluster2 192.23.120.32/24 192.23.120.1 ptp

# The agents are there before the first pod, and on a node whose first pod makes the bridge.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO"
config node1 network1 cluster1 network2 192.23.120.0/24
config gw2 network2 n2-k8s-config network1 192.23.110.0/24 "$TEST_DIR/cni-gw2"
check "agent on node1 serves" agent_start node1
check "agent on gw2 serves" agent_start gw2
for pod in sleep v1; do pod_by_plugin node1 $pod; done
for pod in sleep2 v2; do pod_by_plugin gw2 $pod; done
check "bridge: both pods are attached" wait_for 5 pods_attached node1 2
check "ptp: both pods are attached" wait_for 5 pods_attached gw2 2
check "bridge: recognised by an interface" wait_for 5 says node1 "CNI         bridge (interfaces.profile auto)"
check "ptp: recognised by its file" says gw2 "plugin ptp in $TEST_DIR/cni-gw2/10-pods.conf"
check "ptp: range of pods by its file" says gw2 "Pod ranges  10.10.0.0/24 ($TEST_DIR/cni-gw2/10-pods.conf)"

start_server v1 v1
start_server v2 v2
eds "$HELLO" "${TOPO_POD_ADDR[v1]}:5000/cluster1" "${TOPO_POD_ADDR[v2]}:5000/n2-k8s-config"
check "bridge: a pod reaches both versions" wait_for 5 versions_are "v1 v2" sleep
check "ptp: a pod reaches both versions" wait_for 5 versions_are "v1 v2" sleep2
check "bridge: a pod reaches itself by the virtual IP" wait_for 5 versions_are "v1 v2" v1
check "ptp: a pod reaches itself by the virtual IP" wait_for 5 versions_are "v1 v2" v2
check "bridge: bulk across networks" in_ns sleep "$T/bulk" send $VIP 5000 20000000
stop agent-node1
check "agent on node1 serves" agent_start node1
check "bridge: range of pods by its route" wait_for 5 says node1 "Pod ranges  10.10.0.0/24 (route by cni0)"
ctl node1 check --config "$TOPO_DIR/node1/config.yaml" >"$TEST_DIR/check"
check "bridge: check is content with the CNI" grep -q '^cni  *ok  *bridge: ' "$TEST_DIR/check"

# A pod that goes, and one that comes.
plugin node1 sleep DEL
check "bridge: a pod that left is detached" wait_for 5 pods_attached node1 1
pod_by_plugin node1 again
check "bridge: a new one is attached" wait_for 5 pods_attached node1 2
check "bridge: the new one reaches both versions" wait_for 5 versions_are "v1 v2" again
nothing_invalid
nothing_leaked
