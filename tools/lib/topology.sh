# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Clusters, nodes and pods as network namespaces, for the demo, the tests and the benchmarks.
# To be sourced by bash. Everything made is written down in the directory given to topo_begin, so
# that topo_end, also of another process, takes down exactly that.
#
# A cluster is a LAN, switched in a namespace of its own; `wan` routes between the LANs and has no
# route to any pod. A node forwards as a Kubernetes node does: routed pods behind veth pairs in
# Calico's style, `ct state invalid drop` as kube-proxy has it, egress masqueraded.
#
# FAMILY says of which families pods and services are (4, 6 or 46), OUTER by which one the networks
# meet (4 or 6). Addresses are written in IPv4 here and in the tests: of a pod or a service they mean
# $(inner ADDRESS), of a node or a gateway $(outer ADDRESS).

declare -gA TOPO_NODE_CLUSTER TOPO_NODE_ADDR TOPO_POD_ADDR TOPO_POD_NODE
POD_CIDR=${POD_CIDR:-10.10.0.0/16}
FAMILY=${FAMILY:-4}
OUTER=${OUTER:-${FAMILY:0:1}}
if [[ ! $FAMILY =~ ^(4|6|46)$ || ! $OUTER =~ ^[46]$ ]]; then
	echo "FAMILY is 4, 6 or 46, not '$FAMILY'; OUTER, by default its first digit, is 4 or 6" >&2
	exit 64
fi
TOPO_TOOLS=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")

# topo_begin DIR PREFIX: namespaces will be called PREFIX-NAME. Agents pin below /sys/fs/bpf.
topo_begin() {
	"$TOPO_TOOLS/mount-bpffs.sh" || exit 1
	TOPO_DIR=$1 TOPO_PREFIX=$2
	mkdir -p "$TOPO_DIR"/{log,ended}
	[[ -p $TOPO_DIR/pause ]] || mkfifo "$TOPO_DIR/pause" # nobody writes to it: see pause
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

# as_family FAMILY PREFIX ADDRESS[/LENGTH]: an IPv4 address; A.B.C.D as PREFIX:A:B:C:D, if FAMILY is 6
as_family() {
	local addr=${3%/*} length=
	if [[ $1 == 4 || ! $addr =~ ^[0-9.]+$ ]]; then
		echo "$3"
		return
	fi
	[[ $3 == */* ]] && length=/$((64 + 2 * ${3#*/}))
	[[ $addr == 0.0.0.0 ]] && echo "::$length" || echo "$2:${addr//./:}$length"
}

# inner|outer ADDRESS[/LENGTH] [FAMILY]
inner() { as_family "${2:-${FAMILY:0:1}}" fd00: "$1"; }
outer() { as_family "${2:-$OUTER}" 2001:db8: "$1"; }

# at ADDRESS PORT: both in one text
at() { [[ $1 == *:* ]] && echo "[$1]:$2" || echo "$1:$2"; }

# inner_at|outer_at ADDRESS:PORT [FAMILY]
inner_at() { at "$(inner "${1%:*}" "${2:-}")" "${1##*:}"; }
outer_at() { at "$(outer "${1%:*}" "${2:-}")" "${1##*:}"; }

# Families of pods, and of nodes, which route for their pods as well.
inner_families() { [[ $FAMILY == 46 ]] && echo 4 6 || echo "$FAMILY"; }
node_families() { [[ $OUTER$FAMILY =~ ^(4+|6+)$ ]] && echo "$OUTER" || echo 4 6; }

# address_add NS ADDRESS/LENGTH DEVICE: at once in use
address_add() {
	local now=
	[[ $2 == *:* ]] && now=nodad
	in_ns "$1" ip address add "$2" dev "$3" $now
}

# ip_table FAMILY: the name of nftables
ip_table() { [[ $1 == 4 ]] && echo ip || echo ip6; }

# in_ns NAME COMMAND...: `ip netns exec` would hide bpffs, so nsenter.
in_ns() {
	local name=$1
	shift
	nsenter --net="/var/run/netns/$TOPO_PREFIX-$name" -- "$@"
}

netns_add() {
	echo "$TOPO_PREFIX-$1" >>"$TOPO_DIR/namespaces"
	ip netns add "$TOPO_PREFIX-$1"
	in_ns "$1" sh -ec 'ip link set lo up
		for of in all default; do echo 0 >/proc/sys/net/ipv6/conf/$of/accept_dad; done'
}

# link_add NS1 IF1 NS2 IF2
link_add() {
	ip link add "$2" netns "$TOPO_PREFIX-$1" type veth peer name "$4" netns "$TOPO_PREFIX-$3"
	in_ns "$1" ip link set "$2" up
	in_ns "$3" ip link set "$4" up
}

# sysctls NS KEY=VALUE...: keys below net.ipv4, or of the form ipv6/KEY, with slashes
sysctls() {
	local ns=$1 pair
	shift
	in_ns "$ns" sh -ec "$(for pair in "$@"; do
		[[ $pair == ipv6/* ]] || pair=ipv4/$pair
		echo "echo ${pair#*=} >/proc/sys/net/${pair%%=*}"
	done)"
}

# ------------------------------------------------------------------ the wide area and the clusters

# wan_add: the router between the clusters; it counts packets that no wide area should see.
wan_add() {
	netns_add wan
	sysctls wan ip_forward=1 ipv6/conf/all/forwarding=1
	wan_watch ip 0.0.0.0/8 10.0.0.0/8
	wan_watch ip6 ::/96 fd00::/8
}

# wan_watch ip|ip6 PLACEHOLDER PODS
wan_watch() {
	in_ns wan nft -f - <<-RULES
		table $1 watch {
			counter placeholder {}
			counter pods {}
			chain routed {
				type filter hook prerouting priority -300
				$1 daddr $2 counter name placeholder
				# a node's own question to the machine's name server, which may
				# have an address like a pod's
				udp dport 53 return
				$1 daddr $3 counter name pods
			}
		}
	RULES
}

# wan_count placeholder|pods: packets that entered the wide area for 0.0.0.0 or a pod or virtual IP
wan_count() {
	{
		in_ns wan nft list counter ip watch "$1"
		in_ns wan nft list counter ip6 watch "$1"
	} | awk '/packets/ { sum += $2 } END { print sum }'
}

# cluster_add CLUSTER ROUTER_ADDR/LEN. The switch is not the router: a bridge that is itself sent
# through would cut tunnelled superpackets into segments.
cluster_add() {
	local family
	netns_add "lan-$1"
	in_ns "lan-$1" ip link add switch type bridge
	in_ns "lan-$1" ip link set switch up
	lan_join "$1" wan "$1"
	for family in $(node_families); do
		address_add wan "$(outer "$2" "$family")" "$1"
	done
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
	local node=$1 pod family
	TOPO_NODE_CLUSTER[$node]=$2
	TOPO_NODE_ADDR[$node]=${3%/*}
	for family in $(node_families); do
		address_add "$node" "$(outer "$3" "$family")" eth0
		in_ns "$node" ip route add default via "$(outer "$4" "$family")"
	done
	sysctls "$node" ip_forward=1 conf/all/rp_filter=1 conf/default/rp_filter=1 \
		conf/eth0/rp_filter=1 ipv6/conf/all/forwarding=1
	for family in $(inner_families); do
		node_rules "$node" "$(ip_table "$family")" "$(inner "$POD_CIDR" "$family")"
	done
	for pod in "${!TOPO_POD_ADDR[@]}"; do
		route_pod "$node" "$pod"
	done
}

# node_rules NODE ip|ip6 POD_CIDR
node_rules() {
	in_ns "$1" nft -f - <<-RULES
		table $2 kube {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ct state invalid counter drop
			}
			chain postrouting {
				type nat hook postrouting priority 100;
				oifname "eth0" $2 saddr $3 $2 daddr != $3 counter masquerade
			}
		}
	RULES
}

# invalid_dropped NODE: packets the node's forward chains found invalid
invalid_dropped() {
	local family
	for family in $(inner_families); do
		in_ns "$1" nft list chain "$(ip_table "$family")" kube forward
	done | awk 'match($0, /invalid.*packets [0-9]*/) { split(substr($0, RSTART), word, / /)
		for (i in word) if (word[i] == "packets") sum += word[i + 1] }
		END { print sum + 0 }'
}

# pod_add NODE POD ADDR
pod_add() {
	local node=$1 pod=$2 addr=$3 other family
	netns_add "$pod"
	link_add "$pod" eth0 "$node" "veth-$pod"
	TOPO_POD_ADDR[$pod]=$addr
	TOPO_POD_NODE[$pod]=$node
	for family in $(inner_families); do
		"pod_join_$family" "$node" "$pod" "$(inner "$addr" "$family")"
	done
	for other in "${!TOPO_NODE_CLUSTER[@]}"; do
		route_pod "$other" "$pod"
	done
}

# pod_join_4|6 NODE POD ADDR: the pod sends everything to the other end of its veth
pod_join_4() {
	in_ns "$2" ip -batch - <<-IP
		address add $3/32 dev eth0
		route add 169.254.1.1 dev eth0 scope link
		route add default via 169.254.1.1
	IP
	sysctls "$1" "conf/veth-$2/proxy_arp=1" "neigh/veth-$2/proxy_delay=0"
	in_ns "$1" ip route add "$3/32" dev "veth-$2" scope link
}

pod_join_6() {
	address_add "$1" fe80::1/64 "veth-$2"
	in_ns "$2" ip -batch - <<-IP
		address add $3/128 dev eth0 nodad
		route add default via fe80::1 dev eth0
	IP
	in_ns "$1" ip route add "$3/128" dev "veth-$2"
}

# Only the other nodes of a pod's cluster have a route to it.
route_pod() {
	local node=$1 pod=$2 home=${TOPO_POD_NODE[$2]} family
	[[ $node != "$home" && ${TOPO_NODE_CLUSTER[$node]} == "${TOPO_NODE_CLUSTER[$home]}" ]] ||
		return 0
	for family in $(inner_families); do
		in_ns "$node" ip route add "$(inner "${TOPO_POD_ADDR[$pod]}/32" "$family")" \
			via "$(outer "${TOPO_NODE_ADDR[$home]}" "$family")"
	done
}

# snat_route CLUSTER ADDR NODE: how the other nodes of a cluster find a gateway's SNAT address
snat_route() {
	local node family
	for node in "${!TOPO_NODE_CLUSTER[@]}"; do
		[[ $node != "$3" && ${TOPO_NODE_CLUSTER[$node]} == "$1" ]] || continue
		for family in $(inner_families); do
			in_ns "$node" ip route add "$(inner "$2/32" "$family")" \
				via "$(outer "${TOPO_NODE_ADDR[$3]}" "$family")"
		done
	done
}

# ------------------------------------------------------------------ processes

# start_time PID: which tells it from a later process with its number
start_time() {
	local stat
	read -r stat <"/proc/$1/stat" && read -ra stat <<<"${stat##*) }" && echo "${stat[19]}"
} 2>/dev/null

# start NAME NS COMMAND...: in the background; its output goes to log/NAME
start() {
	local name=$1 pid ended=$TOPO_DIR/ended/$1.$EPOCHREALTIME
	read -r pid < <(supervise "$ended" "$@")
	noted "$pid" "$name" "$ended"
}

# supervise FILE NAME NS COMMAND...: says the process, and writes its exit status to FILE. The shell that
# starts many may forget the status of one whose number another has by then.
supervise() {
	local ended=$1 log=$TOPO_DIR/log/$2 ns=$3
	shift 3
	nsenter --net="/var/run/netns/$TOPO_PREFIX-$ns" -- "$@" >>"$log" 2>&1 </dev/null &
	echo $!
	exec >/dev/null 2>&1 </dev/null
	wait $!
	echo $? >"$ended"
}

# noted PID NAME [FILE_OF_EXIT_STATUS]: it is stopped by topo_end at the latest
noted() {
	local started
	started=$(start_time "$1")
	echo "$1 ${started:-ended} $2 ${3:-}" >>"$TOPO_DIR/processes"
}

# process NAME: the last one of that name, as pid and ended
process() {
	local number name file
	pid='' ended=''
	while read -r number _ name file; do
		[[ $name == "$1" ]] && pid=$number ended=$file
	done <"$TOPO_DIR/processes"
}

pid_of() {
	local pid ended
	process "$1"
	echo "$pid"
}

# finish NAME: waits for the end of a process that was started; its exit status
finish() {
	local pid ended
	process "$1"
	[[ $ended ]] || return 127
	until [[ -s $ended ]]; do pause 0.02; done
	return "$(<"$ended")"
}

# still_runs PID START_TIME: that very process, not a later one with its number
still_runs() { [[ -n $2 && $(start_time "$1") == "$2" ]]; }

# stop NAME [SIGNAL]: and wait for its end
stop() {
	local pid started name
	while read -r pid started name _; do
		[[ $name == "$1" ]] && still_runs "$pid" "$started" || continue
		kill "-${2:-TERM}" "$pid" 2>/dev/null
		wait_for 5 gone "$pid" "$started" || kill -KILL "$pid" 2>/dev/null
	done <"$TOPO_DIR/processes"
	return 0
}

# gone PID START_TIME: it ended; its parent may not know yet
gone() {
	local stat
	! still_runs "$1" "$2" || { read -r stat <"/proc/$1/stat" && [[ ${stat##*) } == Z* ]]; }
} 2>/dev/null

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

# pause SECONDS: without a process for it, where there is a topology
pause() {
	if [[ -p ${TOPO_DIR:-}/pause ]]; then
		read -rt "$1" <>"$TOPO_DIR/pause"
	else
		sleep "$1"
	fi
	return 0
}

# wait_for SECONDS COMMAND...: until it succeeds. A loaded machine has four times as long, one that
# emulates its processor as many times more as PATIENCE says.
wait_for() {
	local end=$((SECONDS + 4 * $1 * ${PATIENCE:-1} + 1)) pauses=(0.01 0.02 0.05 0.1 0.2)
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		pause "${pauses[0]}"
		((${#pauses[@]} == 1)) || pauses=("${pauses[@]:1}")
	done
}
