# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An uplink whose frames have no Ethernet header. A test makes the devices `l3` of node1, gw2 and
# worker2 with the addresses below, then calls l3_checks.

UPLINK=l3
L3_BYTES=20000000
declare -A L3_ADDR=([node1]=172.30.0.1 [gw2]=172.30.0.2 [worker2]=172.30.0.3)

# l3_device NODE: gives its device an address
l3_device() {
	in_ns "$1" ip address add "${L3_ADDR[$1]}/24" dev l3
	in_ns "$1" ip link set l3 up
	sysctls "$1" conf/l3/rp_filter=1
}

# Three nodes; the pod v2b is behind worker2, which gw2 reaches over the device as well.
l3_clusters() {
	two_clusters
	node_add worker2 cluster2 192.23.120.33/24 192.23.120.1
	pod_add worker2 v2b 10.10.0.91
	start_server v2b v2b
	start udp-v2 v2 "$T/udp" serve 10.10.0.90 5000 v2
}

l3_routes() {
	local node
	for node in node1 gw2 worker2; do l3_device $node; done
	in_ns gw2 ip route replace 10.10.0.91/32 dev l3
	in_ns worker2 ip route add $SNAT2/32 dev l3
}

# With ENCRYPTED=1 both require the device to encrypt.
l3_agents() {
	local require=${ENCRYPTED:+'tunnel: {require: encrypted}'}
	networks network1=cluster1@172.30.0.1:15443 network2=n2-k8s-config@172.30.0.2:15443
	eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
	{ transports network2=geneve && gateway_role $SNAT1 172.30.0.0/24 && echo "$require"; } |
		agent_config node1 network1 cluster1
	{ transports network1=geneve && gateway_role $SNAT2 172.30.0.0/24 && echo "$require"; } |
		agent_config gw2 network2 n2-k8s-config
	agent_start node1 || fail "agent on node1"
	agent_start gw2 || fail "agent on gw2"
}

l3_checks() {
	local way
	check "v1 and v2 answer" wait_for 5 versions_are "v1 v2" sleep
	check "both answer the other cluster" wait_for 5 versions_are "v1 v2" sleep2
	eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
	check "v2 alone" wait_for 5 versions_are v2 sleep
	check "50 connections at once" in_ns sleep "$T/hold" -n 50 $VIP:5000
	for way in send receive; do
		check "bulk, $way" in_ns sleep "$T/bulk" $way $VIP 5000 $L3_BYTES
	done
	check "UDP" in_ns sleep "$T/udp" -n 10 -l 1300 call $VIP 5000
	eds "$HELLO" 10.10.0.91:5000/n2-k8s-config
	check "a pod behind another node answers over the device" wait_for 5 versions_are v2b sleep
	check "bulk from there" in_ns sleep "$T/bulk" receive $VIP 5000 $L3_BYTES
	start server-gw2 gw2 "$T/server" "${L3_ADDR[gw2]}" 5001 node gw2
	check "other traffic passes the device" wait_for 5 in_ns worker2 "$T/hello" "${L3_ADDR[gw2]}" 5001
	l3_refusal
	nothing_leaked
	nothing_invalid
	l3_uninstall
}

refused() {
	hello sleep
	[[ $? == 1 ]]
}

# A gateway without an endpoint answers in the tunnel.
l3_refusal() {
	put "$TOPO_DIR/gw2/eds.yaml" < <(sed 's/n2-k8s-config/cluster1/' "$TOPO_DIR/eds.yaml")
	put "$TOPO_DIR/gw2/config.yaml" < <(sed "s|path: .*/eds.yaml|path: $TOPO_DIR/gw2/eds.yaml|" \
		"$TOPO_DIR/gw2/config.yaml")
	check "a gateway without an endpoint refuses" wait_for 5 refused
	(($(counted gw2 uplink drops no_backend) > 0)) || fail "gw2 counts no such packet"
}

l3_uninstall() {
	local node
	for node in node1 gw2; do
		stop agent-$node
		check "uninstall $node" quietly ctl $node uninstall
		equal "left on $node" "" "$(left_behind $node)"
	done
}
