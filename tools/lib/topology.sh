# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Clusters, nodes and pods as network namespaces, for the demo, the tests and the benchmarks.
# To be sourced by bash. Everything made is written down in the directory given to topo_begin, so
# that topo_end, also of another process, takes down exactly that.
#
# A cluster is a LAN, switched in a namespace of its own; `wan` routes between the LANs and has no
# route to any pod. A node forwards as a Kubernetes node does: routed pods behind veth pairs in
# Calico's style, `ct state invalid drop` as kube-proxy has it, egress masqueraded.

declare -gA TOPO_NODE_CLUSTER TOPO_NODE_ADDR TOPO_POD_ADDR TOPO_POD_NODE
POD_CIDR=${POD_CIDR:-10.10.0.0/16}
TOPO_TOOLS=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")

# topo_begin DIR PREFIX: namespaces will be called PREFIX-NAME. Agents pin below /sys/fs/bpf.
topo_begin() {
	"$TOPO_TOOLS/mount-bpffs.sh" || exit 1
	TOPO_DIR=$1 TOPO_PREFIX=$2
	mkdir -p "$TOPO_DIR/log"
	echo "$TOPO_PREFIX" >"$TOPO_DIR/prefix"
	echo "$$ $(start_time $$)" >"$TOPO_DIR/owner"
	: >"$TOPO_DIR/namespaces" >"$TOPO_DIR/processes" >"$TOPO_DIR/pins"
}

# topo_end DIR: stops the processes, removes pins, namespaces and DIR.
topo_end() {
	local dir=$1 name
	[[ -d $dir ]] || return 0
	stop_all "$dir"
	while read -r name; do rm -rf "$name"; done <"$dir/pins"
	while read -r name; do ip netns delete "$name" 2>/dev/null; done <"$dir/namespaces"
	rm -rf "$dir"
}

# topo_in_use DIR: the process that began it still runs
topo_in_use() {
	local pid started
	read -r pid started <"$1/owner" && still_runs "$pid" "$started"
} 2>/dev/null

# seen PATTERN...: standard input has it. Reads to the end: with pipefail a reader that leaves early
# makes its writer fail.
seen() { grep "$@" >/dev/null; }

netns_path() { echo "/var/run/netns/$TOPO_PREFIX-$1"; }

# in_ns NAME COMMAND...: `ip netns exec` would hide bpffs, so nsenter.
in_ns() {
	local name=$1
	shift
	nsenter --net="/var/run/netns/$TOPO_PREFIX-$name" -- "$@"
}

netns_add() {
	echo "$TOPO_PREFIX-$1" >>"$TOPO_DIR/namespaces"
	ip netns add "$TOPO_PREFIX-$1"
	in_ns "$1" ip link set lo up
}

# link_add NS1 IF1 NS2 IF2
link_add() {
	ip link add "$2" netns "$TOPO_PREFIX-$1" type veth peer name "$4" netns "$TOPO_PREFIX-$3"
	in_ns "$1" ip link set "$2" up
	in_ns "$3" ip link set "$4" up
}

# sysctls NS KEY=VALUE...: keys below net.ipv4, with slashes
sysctls() {
	local ns=$1 pair
	shift
	in_ns "$ns" sh -ec "$(for pair in "$@"; do
		echo "echo ${pair#*=} >/proc/sys/net/ipv4/${pair%%=*}"
	done)"
}

# ------------------------------------------------------------------ the wide area and the clusters

# wan_add: the router between the clusters; it counts packets that no wide area should see.
wan_add() {
	netns_add wan
	sysctls wan ip_forward=1
	in_ns wan nft -f - <<-'RULES'
		table ip watch {
			counter placeholder {}
			counter pods {}
			chain routed {
				type filter hook prerouting priority -300
				ip daddr 0.0.0.0/8 counter name placeholder
				# a node's own question to the machine's name server, which may
				# have an address like a pod's
				udp dport 53 return
				ip daddr 10.0.0.0/8 counter name pods
			}
		}
	RULES
}

# wan_count placeholder|pods: packets that entered the wide area for 0.0.0.0 or a pod or virtual IP
wan_count() {
	in_ns wan nft list counter ip watch "$1" | awk '/packets/ { print $2 }'
}

# cluster_add CLUSTER ROUTER_ADDR/LEN. The switch is not the router: a bridge that is itself sent
# through would cut tunnelled superpackets into segments.
cluster_add() {
	netns_add "lan-$1"
	in_ns "lan-$1" ip link add switch type bridge
	in_ns "lan-$1" ip link set switch up
	lan_join "$1" wan "$1"
	in_ns wan ip address add "$2" dev "$1"
}

# lan_join CLUSTER NS INTERFACE: INTERFACE in NS becomes a port of the cluster's LAN
lan_join() {
	link_add "$2" "$3" "lan-$1" "$2"
	in_ns "lan-$1" ip link set "$2" master switch
}

# node_add NODE CLUSTER ADDR/LEN ROUTER_ADDR
node_add() {
	netns_add "$1"
	lan_join "$2" "$1" eth0
	node_setup "$@"
}

# node_setup NODE CLUSTER ADDR/LEN ROUTER_ADDR: the node's own side, its eth0 being there
node_setup() {
	local node=$1 pod
	TOPO_NODE_CLUSTER[$node]=$2
	TOPO_NODE_ADDR[$node]=${3%/*}
	in_ns "$node" ip address add "$3" dev eth0
	in_ns "$node" ip route add default via "$4"
	sysctls "$node" ip_forward=1 conf/all/rp_filter=1 conf/default/rp_filter=1 \
		conf/eth0/rp_filter=1
	node_rules "$node"
	for pod in "${!TOPO_POD_ADDR[@]}"; do
		route_pod "$node" "$pod"
	done
}

node_rules() {
	in_ns "$1" nft -f - <<-RULES
		table ip kube {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ct state invalid counter drop
			}
			chain postrouting {
				type nat hook postrouting priority 100;
				oifname "eth0" ip saddr $POD_CIDR ip daddr != $POD_CIDR counter masquerade
			}
		}
	RULES
}

# invalid_dropped NODE: packets the node's forward chain found invalid
invalid_dropped() {
	in_ns "$1" nft list chain ip kube forward | sed -n 's/.*invalid.*packets \([0-9]*\).*/\1/p'
}

# pod_add NODE POD ADDR
pod_add() {
	local node=$1 pod=$2 addr=$3 other
	netns_add "$pod"
	link_add "$pod" eth0 "$node" "veth-$pod"
	in_ns "$pod" ip address add "$addr/32" dev eth0
	in_ns "$pod" ip route add 169.254.1.1 dev eth0 scope link
	in_ns "$pod" ip route add default via 169.254.1.1
	sysctls "$node" "conf/veth-$pod/proxy_arp=1" "neigh/veth-$pod/proxy_delay=0"
	TOPO_POD_ADDR[$pod]=$addr
	TOPO_POD_NODE[$pod]=$node
	in_ns "$node" ip route add "$addr/32" dev "veth-$pod" scope link
	for other in "${!TOPO_NODE_CLUSTER[@]}"; do
		route_pod "$other" "$pod"
	done
}

# Only the other nodes of a pod's cluster have a route to it.
route_pod() {
	local node=$1 pod=$2 home=${TOPO_POD_NODE[$2]}
	[[ $node != "$home" && ${TOPO_NODE_CLUSTER[$node]} == "${TOPO_NODE_CLUSTER[$home]}" ]] ||
		return 0
	in_ns "$node" ip route add "${TOPO_POD_ADDR[$pod]}/32" via "${TOPO_NODE_ADDR[$home]}"
}

# snat_route CLUSTER ADDR NODE: how the other nodes of a cluster find a gateway's SNAT address
snat_route() {
	local node
	for node in "${!TOPO_NODE_CLUSTER[@]}"; do
		[[ $node != "$3" && ${TOPO_NODE_CLUSTER[$node]} == "$1" ]] || continue
		in_ns "$node" ip route add "$2/32" via "${TOPO_NODE_ADDR[$3]}"
	done
}

# ------------------------------------------------------------------ processes

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# start NAME NS COMMAND...: in the background; its output goes to log/NAME
start() {
	local name=$1 ns=$2
	shift 2
	nsenter --net="/var/run/netns/$TOPO_PREFIX-$ns" -- "$@" \
		>>"$TOPO_DIR/log/$name" 2>&1 </dev/null &
	noted $! "$name"
}

# noted PID NAME: it is stopped by topo_end at the latest
noted() { echo "$1 $(start_time "$1") $2" >>"$TOPO_DIR/processes"; }

pid_of() { awk -v name="$1" '$3 == name { pid = $1 } END { print pid }' "$TOPO_DIR/processes"; }

# still_runs PID START_TIME: that very process, not a later one with its number
still_runs() { [[ -n $2 && $(start_time "$1") == "$2" ]]; }

# stop NAME [SIGNAL]: and wait for its end
stop() {
	local pid started name
	while read -r pid started name; do
		[[ $name == "$1" ]] && still_runs "$pid" "$started" || continue
		kill "-${2:-TERM}" "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		wait_for 5 gone "$pid" "$started" || kill -KILL "$pid" 2>/dev/null
	done <"$TOPO_DIR/processes"
	return 0
}

gone() { ! still_runs "$1" "$2" || [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == Z* ]]; }

stop_all() {
	local pid started name signal
	for signal in TERM KILL; do
		while read -r pid started name; do
			still_runs "$pid" "$started" && kill "-$signal" "$pid" 2>/dev/null
		done <"$1/processes"
		wait_for 2 all_gone "$1" && break
	done 2>/dev/null
	return 0
}

all_gone() {
	local pid started name
	while read -r pid started name; do
		gone "$pid" "$started" || return 1
	done <"$1/processes"
}

# finish NAME: waits for a process of our own, its exit status
finish() { wait "$(pid_of "$1")"; }

# wait_for SECONDS COMMAND...: until it succeeds. A loaded machine has four times as long, one that
# emulates its processor as many times more as PATIENCE says.
wait_for() {
	local end=$((SECONDS + 4 * $1 * ${PATIENCE:-1} + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}
