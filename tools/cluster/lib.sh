# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Two Kubernetes clusters in network namespaces. To be sourced by bash after tools/lib/topology.sh;
# cluster N's node is the namespace nodeN, its files lie in $TOPO_DIR/clusterN.

state() { echo "$TOPO_DIR/cluster$1"; }

# kc N ARGUMENT...: kubectl in cluster N
kc() {
	local n=$1
	shift
	in_ns "node$n" env KUBECONFIG="$(state "$n")/kubeconfig" "$CACHE/bin/kubectl" "$@"
}

# hl N ARGUMENT...: helm in cluster N, in the namespace NS
hl() {
	local n=$1
	shift
	in_ns "node$n" env KUBECONFIG="$(state "$n")/kubeconfig" HELM_CACHE_HOME="$TOPO_DIR/helm" \
		"$CACHE/bin/helm" --namespace "$NS" "$@"
}

# agent N ARGUMENT...: parallaxctl in the pod of cluster N's agent
agent() {
	local n=$1
	shift
	kc "$n" -n "$NS" exec -q "$(agent_pod "$n")" -c parallaxd -- parallaxctl "$@"
}

# plugin N ARGUMENT...: `kubectl parallax' in cluster N
plugin() {
	local n=$1
	shift
	in_ns "node$n" env KUBECONFIG="$(state "$n")/kubeconfig" PATH="$CACHE/bin:$PWD/deploy:$PATH" \
		kubectl parallax "$@"
}

agent_pod() {
	kc "$1" -n "$NS" get pod -l 'app.kubernetes.io/component in (node,gateway)' -o name \
		--field-selector=status.phase=Running | head -n 1
}

# on_node N COMMAND...: in the network, mount and PID namespaces of cluster N's node
on_node() {
	local n=$1
	shift
	nsenter --target "$(cat "$(state "$n")/pid")" --net --mount --pid -- "$@"
}

# ------------------------------------------------------------------ cgroups

# All hierarchies, one a line; beside those of version 1 there may be one of version 2.
cgroup_roots() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }

cgroup_add() {
	local root
	for root in $(cgroup_roots); do
		mkdir -p "$root/$1"
		if [[ -e $root/cgroup.controllers ]]; then
			sed 's/\([a-z]\+\)/+\1/g' "$root/cgroup.controllers" >"$root/cgroup.subtree_control"
		elif [[ -e $root/cpuset.cpus ]]; then
			cat "$root/cpuset.cpus" >"$root/$1/cpuset.cpus"
			cat "$root/cpuset.mems" >"$root/$1/cpuset.mems"
		fi
	done
}

cgroup_remove() {
	local root
	for root in $(cgroup_roots); do
		[[ ! -d $root/$1 ]] || find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	return 0
}

cgroups_left() { compgen -G "/sys/fs/cgroup/*/$TOPO_PREFIX-*"; compgen -G "/sys/fs/cgroup/$TOPO_PREFIX-*"; }

# ------------------------------------------------------------------ clusters

# cluster_start N ADDRESS [IPV6_ADDRESS]
cluster_start() {
	local n=$1 address=$2 name=$TOPO_PREFIX-$1
	mkdir -p "$(state "$n")/load"
	cgroup_add "$name"
	start "cluster$n" "node$n" env STATE="$(state "$n")" CACHE="$CACHE" CGROUP="$name" \
		IMAGES="$TOPO_DIR/images" unshare --mount --pid --fork --kill-child --mount-proc \
		tools/cluster/node.sh "cluster$n" "node$n" "$address" ${3:+"$3"}
}

# cluster_ready N: also learns the process 1 of its PID namespace
cluster_ready() {
	local n=$1 parent
	parent=$(pid_of "cluster$n")
	wait_for 300 cluster_came_up "$n" "$parent" && [[ -e $(state "$n")/ready ]] || return
	cut -d' ' -f1 "/proc/$parent/task/$parent/children" >"$(state "$n")/pid"
}
cluster_came_up() { [[ -e $(state "$1")/ready ]] || ! kill -0 "$2"; }

# The load balancer of cluster2, as a cloud has it: an address that leads to the node's port, and
# the controller that writes it into the Service.
load_balancer_add() { # ADDRESS NODE NODE_PORT
	in_ns wan ip address add "$1/32" dev cluster2
	in_ns wan nft -f - <<-RULES
		table ip balancer {
			chain in {
				type nat hook prerouting priority -100
				ip daddr $1 udp dport 6081 dnat to $2:$3
			}
		}
	RULES
}

load_balancer_publish() { # N ADDRESS
	kc "$1" -n "$NS" patch service parallax-gateway --subresource=status --type=merge \
		-p "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"$2\"}]}}}"
}

clusters_end() {
	local n
	topo_end "$TOPO_DIR"
	for n in 1 2; do wait_for 10 cgroup_is_gone "$TOPO_PREFIX-$n"; done
}
cgroup_is_gone() { cgroup_remove "$1"; ! compgen -G "/sys/fs/cgroup/*/$1" && [[ ! -d /sys/fs/cgroup/$1 ]]; }

# ------------------------------------------------------------------ observations

# calls N COUNT: answers into $TOPO_DIR/calls; fails when one call does
calls() { kc "$1" -n sample exec -q sleep -- hello -n "$2" $VIP 5000 >"$TOPO_DIR/calls"; }

answers() { sed -n 's/.*version: \(v[0-9]*\),.*/\1/p' "$TOPO_DIR/calls" | sort -u | paste -sd' '; }

# calls_answered_by EXPECTED N
calls_answered_by() { calls "$2" 30 && [[ $(answers) == "$1" ]]; }

# answers_become EXPECTED N: an edited ConfigMap reaches a pod within kubelet's period
answers_become() { wait_for 60 calls_answered_by "$1" "$2"; }

rolled_out() { kc "$1" -n "$NS" rollout status "daemonset/$2" --timeout=180s; }

# what_is_left N: of ours on the node; prints nothing when clean
what_is_left() {
	on_node "$1" find /sys/fs/bpf -mindepth 1 ! -name '*.debug' # the kernel's own
	in_ns "node$1" tools/lib/tc_programs.py
	in_ns "node$1" ip link show 2>/dev/null | grep 'prog/xdp'
	in_ns "node$1" tc qdisc show | grep clsact
	in_ns "node$1" ip -brief link show type veth | grep '^parallax[01]'
	in_ns "node$1" ip rule show | grep 'lookup 20568'
	in_ns "node$1" nft list tables ip | grep 'ip parallax$'
	on_node "$1" find /opt/cni/bin -name 'parallax*'
	on_node "$1" grep -rl '"parallax-cni"' /etc/cni/net.d
	return 0
}

# ------------------------------------------------------------------ load

# load_start N: new connections without pause, and 20 that stay open
load_start() {
	local n=$1
	rm -f "$(state "$n")/load/stop"
	load_calls "$n" >"$TOPO_DIR/load" 2>&1 &
	LOAD_PID=$!
	kc "$n" -n sample exec -q sleep -- hold -n 20 -u /load/stop "$VIP:5000" \
		>"$TOPO_DIR/held" 2>&1 &
	HOLD_PID=$!
	wait_for 20 grep -q '^open 20' "$TOPO_DIR/held" && wait_for 20 test -s "$TOPO_DIR/load"
}

load_calls() {
	until [[ -e $(state "$1")/load/stop || ! -d $(state "$1") ]]; do
		kc "$1" -n sample exec -q sleep -- hello -n 200 -s $VIP 5000
	done
}

# load_stop N: true if no new connection failed; LOAD_RESULT holds their number
load_stop() {
	local made
	touch "$(state "$1")/load/stop"
	wait "$LOAD_PID" "$HOLD_PID"
	made=$(awk '/^v[0-9]+ / { n += $2 } END { print n + 0 }' "$TOPO_DIR/load")
	LOAD_RESULT="$made connections opened, $(load_losses | wc -l) lost"
	((made > 0)) && load_was_served
}
load_losses() { grep -avE '^v[0-9]+ [0-9]+$' "$TOPO_DIR/load"; }
load_was_served() { [[ $LOAD_RESULT == *" 0 lost" ]]; }
held_all() { grep -q '^rounds [0-9]* lost 0 ' "$TOPO_DIR/held"; }
