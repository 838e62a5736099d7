#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Nothing about interfaces is configured: uplinks, pods and the CNI are found, and followed live.
# Pods of each CNI by the names of its interfaces, with its programs beside ours.
. "$(dirname "$0")/lib.sh"

# says NODE TEXT...: `status` has these fixed texts
says() {
	local node=$1 text
	ctl "$node" status >"$TEST_DIR/status" || return
	for text in "${@:2}"; do grep -qF -- "$text" "$TEST_DIR/status" || return; done
}

# attached_are NODE "eth0:uplink veth1:pod"
attached_are() {
	[[ $(ctl "$1" status | sed -n 's/^.* \([^ ]*\) ([0-9]*): \(uplink\|pod\), \(tcx\|clsact\).*/\1:\2/p' |
		LC_ALL=C sort | paste -sd' ') == "$(sorted $2)" ]]
}
sorted() { printf '%s\n' "$@" | LC_ALL=C sort | paste -sd' '; }

# checked NODE TEXT: a line of `check`, a fixed text
checked() {
	ctl "$1" check --config "$TOPO_DIR/$1/config.yaml" >"$TEST_DIR/check"
	grep -qF -- "$2" "$TEST_DIR/check"
}

# config NODE NETWORK CLUSTER OTHER ALLOWED [INTERFACES]
config() {
	{
		transports "$4=geneve"
		echo "gateway: {allow: [$5]}"
	} | agent_config "$1" "$2" "$3"
	sed -i "s|^interfaces:.*|interfaces: ${6:-{cniConfDir: $TEST_DIR/none\}}|" "$TOPO_DIR/$1/config.yaml"
}

two_clusters
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
config node1 network1 cluster1 network2 192.23.120.0/24
config gw2 network2 n2-k8s-config network1 192.23.110.0/24

# ------------------------------------------------------------------ found without configuration

check "agent on node1 serves" agent_start node1
check "agent on gw2 serves" agent_start gw2
check "uplink and pods are attached" wait_for 5 attached_are node1 "eth0:uplink veth-sleep:pod veth-v1:pod"
check "found: address, MTU, uplink, CNI, range of pods" says node1 \
	"Node        192.23.110.10, MTU 1500, uplinks eth0 (default route)" \
	"CNI         bridge (interfaces.profile auto): interface veth-sleep of a pod" \
	"Pod ranges  10.10.0.88/30 (routes to 2 of its pods, at least)"
check "the gateway of gw2 listens on its uplink, and both versions answer" wait_for 5 versions_are "v1 v2" sleep

# ------------------------------------------------------------------ followed live

# uplink_add INTERFACE KIND...: a second way out of node1
in_ns node1 ip link add eth1 type veth peer name other
in_ns node1 ip link set other up
in_ns node1 ip link add bond0 type bond 2>/dev/null && in_ns node1 ip link set eth1 master bond0 2>/dev/null &&
	out=bond0 || { in_ns node1 ip link delete bond0 2>/dev/null; out=eth1; }
in_ns node1 ip link add link "$out" name "$out.7" type vlan id 7 2>/dev/null && out=$out.7
in_ns node1 ip link set eth1 up
for device in bond0 "$out"; do in_ns node1 ip link set "$device" mtu 1400 up 2>/dev/null; done
in_ns node1 ip address add 203.0.113.1/24 dev "$out"
in_ns node1 ip route add default via 203.0.113.9 dev "$out" metric 50
check "a second default route, by $out, makes a second uplink" wait_for 5 says node1 "MTU 1400, uplinks eth0 (default route), $out (default route)"
check "its programs are attached" wait_for 5 attached_are node1 "$out:uplink eth0:uplink veth-sleep:pod veth-v1:pod"
in_ns node1 ip route replace default via 192.23.110.1 dev eth0 metric 100
in_ns node1 ip route delete default via 192.23.110.1 dev eth0 metric 0
check "the smaller metric comes first" wait_for 5 says node1 "uplinks $out (default route), eth0 (default route)"
in_ns node1 ip route delete default dev "$out"
check "without its route it is none" wait_for 5 attached_are node1 "eth0:uplink veth-sleep:pod veth-v1:pod"
in_ns node1 ip -6 route add default dev "$out" metric 9 2>/dev/null &&
	check "an IPv6 default route counts as well" wait_for 5 says node1 "$out (IPv6 default route)" &&
	in_ns node1 ip -6 route delete default dev "$out"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443,203.0.113.9:15443
check "the route to a new gateway counts, too" wait_for 5 says node1 "eth0 (default route), $out (route to a gateway)"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "no longer when the gateway is gone" wait_for 5 attached_are node1 "eth0:uplink veth-sleep:pod veth-v1:pod"
in_ns node1 ip link delete eth1
in_ns node1 ip link delete bond0 2>/dev/null
in_ns node1 ip route delete default
check "without any default route the last uplink stays" wait_for 5 \
	says node1 "uplinks eth0 (default route, before it was lost)"
in_ns node1 ip route add default via 192.23.110.1
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep

# ------------------------------------------------------------------ names of each CNI

# pod_renamed POD INTERFACE: its interface on the node gets that name
pod_renamed() {
	local pod=$1 old=${IFACE[$1]:-veth-$1} new=$2
	in_ns node1 ip link set "$old" down
	in_ns node1 ip link set "$old" name "$new"
	in_ns node1 ip link set "$new" up
	in_ns node1 ip route replace "${TOPO_POD_ADDR[$pod]}/32" dev "$new" scope link
	IFACE[$pod]=$new
}
declare -A IFACE

# device_add NAME [LINK_TYPE...]: a device of the CNI; a stand-in where this kernel lacks its type
device_add() {
	local name=$1
	shift
	in_ns node1 ip link add "$name" type "$@" 2>/dev/null ||
		in_ns node1 ip link add "$name" type veth peer name "peer-$((++PEERS))"
}
PEERS=0

# cni NAME POD_INTERFACE SENTENCE [DEVICE TYPE...]: the sentence is one of `check`
cni() {
	local name=$1 interface=$2 sentence=$3
	shift 3
	(($#)) && device_add "$@"
	pod_renamed sleep "$interface"
	check "$name: its pod is served" wait_for 5 attached_are node1 "eth0:uplink $interface:pod veth-v1:pod"
	check "$name: both versions answer" wait_for 5 versions_are "v1 v2" sleep
	# The agent remembers no CNI before: check looks for itself.
	check "$name: check says: $sentence" checked node1 "$sentence"
	(($#)) && in_ns node1 ip link delete "$1"
	return 0
}
cni flannel veth1a2b3c4d "flannel: device flannel.1" flannel.1 vxlan id 1 dev eth0 dstport 8472
cni calico cali0123456789a "calico: interface cali0123456789a of a pod"
cni calico-ebpf cali0123456789b "bpfConnectTimeLoadBalancing and bpfRedirectToPeer" bpfin.cali veth peer name bpfout.cali
cni cilium lxc0123456789a "bpf.hostLegacyRouting has to be true" cilium_host veth peer name cilium_net
cni cilium-geneve lxc0123456789b "Cilium's own tunnel has UDP port 6081" cilium_geneve geneve id 1 remote 192.0.2.1
cni kindnet knetc098226f "kindnet: interface knetc098226f of a pod"
cni aws-vpc eni0123456789a "aws-vpc: interface eni0123456789a of a pod"
cni aws-vpc vlan0123456789a "pods with security groups of their own" vlan.eth.3 veth peer name trunk
cni azure azv0123456789a "azure: interface azv0123456789a of a pod"
cni gke gke0123456789a "gke: interface gke0123456789a of a pod"
cni bridge veth1a2b3c4e "bridge: "

# A file tells what the next pod will get, and its range.
mkdir "$TEST_DIR/cni"
echo '{"name": "k8s-pod-network", "plugins": [{"type": "calico", "ipam": {"subnet": "10.10.0.0/24"}}]}' \
	>"$TEST_DIR/cni/10-calico.conflist"
stop agent-node1
config node1 network1 cluster1 network2 192.23.120.0/24 "{profile: auto, cniConfDir: $TEST_DIR/cni}"
check "agent on node1 serves" agent_start node1
check "CNI and range of pods by its file" wait_for 5 says node1 "CNI         calico" \
	"Pod ranges  10.10.0.0/24 ($TEST_DIR/cni/10-calico.conflist)"
check "check names the file" checked node1 "plugin calico in $TEST_DIR/cni/10-calico.conflist"

# ------------------------------------------------------------------ programs of a CNI before and after ours

pins=$(pin_dir cni)
echo "$pins" >>"$TOPO_DIR/pins"
mkdir "$pins"
if clang=$(tools/find-tool.sh clang) && "$clang" -O2 -g -target bpf -I"/usr/include/$(uname -m)-linux-gnu" \
	-c "$HERE/foreign/foreign.bpf.c" -o "$TEST_DIR/foreign.o" &&
	bpftool prog load "$TEST_DIR/foreign.o" "$pins/prog" pinmaps "$pins"; then
	in_ns node1 "$HERE/tcx_attach.py" "${IFACE[sleep]}" "$pins/prog" "$pins/link"
	case $? in
	0)
		check "Cilium's place at the tail is behind ours" quietly versions_are "v1 v2" sleep
		refute "check does not warn of it" checked node1 "runs before ours"
		stop agent-node1
		check "uninstall" ctl node1 uninstall
		check "without ours it says so" checked node1 "foreign runs after ours"
		rm "$pins/link"
		;;
	77) echo "no TCX in this kernel" ;;
	*) fail "attaching at the tail" ;;
	esac
	# Without TCX the smaller preference goes first: Cilium's and most others' is 1.
	in_ns node1 tc qdisc add dev "${IFACE[sleep]}" clsact &&
		in_ns node1 tc filter add dev "${IFACE[sleep]}" ingress pref 1 handle 1 \
			bpf da object-pinned "$pins/prog"
	config node1 network1 cluster1 network2 192.23.120.0/24 "{profile: auto, attach: clsact}"
	check "check warns of a filter before ours" checked node1 "runs before ours"
	in_ns node1 tc qdisc delete dev "${IFACE[sleep]}" clsact
	# Cilium's socket load balancer is known by its pins, which stand beside ours.
	mkdir -p "$pins/cilium/socketlb/links/cgroup"
	bpftool prog pin pinned "$pins/prog" "$pins/cilium/socketlb/links/cgroup/cil_sock4_connect"
	in_ns node1 ip link add cilium_host type veth peer name cilium_net
	in_ns node1 "$BUILD/parallaxctl" --pin-dir "$pins/parallax" check \
		--config "$TOPO_DIR/node1/config.yaml" >"$TEST_DIR/check"
	check "check knows Cilium's socket load balancer" grep -q socketLB.hostNamespaceOnly "$TEST_DIR/check"
	in_ns node1 ip link delete cilium_host
fi
ctl node1 uninstall >/dev/null 2>&1

# ------------------------------------------------------------------ the configuration overrules

stop agent-node1
config node1 network1 cluster1 network2 192.23.120.0/24 '{pods: ["*"], uplinks: [eth0]}'
check "agent on node1 serves" agent_start node1
check "every other interface is a pod's" wait_for 5 attached_are node1 "eth0:uplink ${IFACE[sleep]}:pod veth-v1:pod"
check "check warns of the uplink" checked node1 "'*' matches eth0, too, which stays an uplink"
check "check warns of lo" checked node1 "'*' matches lo, too, which belongs to no pod"
check "status says where it is from" says node1 "uplinks eth0 (configuration)"
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep
stop agent-node1
config node1 network1 cluster1 network2 192.23.120.0/24 '{profile: cilium}'
sed -i '/^gateway/d' "$TOPO_DIR/node1/config.yaml"
check "agent on node1 serves" agent_start node1
check "another CNI's pods are not taken" wait_for 5 attached_are node1 eth0:uplink
check "a node without pods is a problem" wait_for 5 says node1 "no interface of a pod is found yet: no pod is served"
check "check says that the profile is another CNI's" checked node1 "cilium by interfaces.profile, but"
nothing_invalid
