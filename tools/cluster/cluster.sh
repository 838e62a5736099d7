#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Plays the scenario on two real Kubernetes clusters on this machine, with kubectl and Helm.
# Usage: tools/cluster/cluster.sh        play it, clean up; exit status 0 when every check passed
#        tools/cluster/cluster.sh up     both clusters with Parallax, left standing
#        tools/cluster/cluster.sh down   remove what `up' built
# CHURN is the number of pods that come and go (500). ISTIOD names a pilot-discovery: the scenario is
# then played a second time with it as the control plane.
# shellcheck disable=SC2034 # the sourced files use these
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
CACHE=${PARALLAX_CACHE:-/var/cache/parallax-cluster}
STANDING=${STANDING:-/var/tmp/parallax-cluster}
CHURN=${CHURN:-500}
NS=parallax
VIP=10.20.194.146
BALANCER=192.23.120.32
NODE2_IPV6=2001:db8:120::10 # of the gateway alone: pods and services have IPv4
CLUSTER='outbound|5000||helloworld.sample.svc.cluster.local'
. tools/lib/topology.sh
. tools/lib/say.sh
. tools/cluster/lib.sh
. tools/cluster/steps.sh
. tools/cluster/operations.sh
. tools/cluster/guide.sh
. tools/cluster/istio.sh

build_world() {
	mkdir -p "$TOPO_DIR/images"
	tools/cluster/images.py "$BUILD" "$TOPO_DIR/images" ${ISTIOD:+"$ISTIOD"} || exit 1
	tools/image/image.py --build "$BUILD" --archive "$TOPO_DIR/images/parallax.tar" || exit 1
	wan_add
	cluster_add cluster1 192.23.110.1/24
	cluster_add cluster2 192.23.120.1/24
	node_join node1 cluster1 192.23.110.10/24 192.23.110.1
	node_join node2 cluster2 192.23.120.10/24 192.23.120.1
	in_ns node2 ip address add "$NODE2_IPV6/64" dev eth0
	load_balancer_add $BALANCER 192.23.120.10 30681
	cluster_start 1 192.23.110.10
	cluster_start 2 192.23.120.10 $NODE2_IPV6
	cluster_ready 1 && cluster_ready 2 || exit 1
}

# node_join NODE CLUSTER ADDRESS/LEN ROUTER: the setup that kube-proxy and the CNI leave to the node
node_join() {
	netns_add "$1"
	lan_join "$2" "$1" eth0
	in_ns "$1" ip address add "$3" dev eth0
	in_ns "$1" ip route add default via "$4"
	sysctls "$1" ip_forward=1
	node_rules "$1" ip "$POD_CIDR"
}

need_root() {
	[[ $(id -u) == 0 ]] && return
	echo "tools/cluster/cluster.sh makes network namespaces: run it as root" >&2
	exit 1
}

# The end of each log, when something went wrong.
show_logs() {
	local n log
	for n in 1 2; do
		say "" "cluster$n:"
		kc "$n" get pods -A -o wide
		kc "$n" -n "$NS" get events --sort-by=.lastTimestamp | tail -n 12
		kc "$n" -n "$NS" logs --prefix --tail=15 -l app.kubernetes.io/name=parallax
		for log in "$(state "$n")"/log/*; do
			echo "--- $log" && tail -n 4 "$log"
		done
		tail -n 20 "$TOPO_DIR/log/guide" 2>/dev/null
	done 2>&1 | cut -c 1-220
}

play_end() {
	local status=$?
	trap '' HUP INT TERM
	((status)) && [[ -d $TOPO_DIR ]] && show_logs
	clusters_end
	((status)) || printf '\n%sAll as the scenario says, in %d s.%s\n' "$BOLD" $SECONDS "$PLAIN"
	exit "$status"
}

play() {
	topo_begin "$(mktemp -d /tmp/parallax-cluster-XXXXXX)" "parallax-cluster-$$"
	trap play_end EXIT
	trap 'exit 130' HUP INT TERM
	local n
	for n in 0 1 2 3 4 5 6; do "step_$n"; done
	operations
	step_7
	follow_guide
	with_istiod
	step_8
}

up() {
	[[ ! -d $STANDING ]] || { echo "the clusters stand already: tools/cluster/cluster.sh down" >&2 && exit 1; }
	topo_begin "$STANDING" "${STANDING##*/}"
	trap 'TOPO_DIR=$STANDING; clusters_end; exit 1' HUP INT TERM
	step_0 && step_1 && step_2 && step_3 && step_4
	say "" "KUBECONFIG=$(state 1)/kubeconfig nsenter --net=$(netns_path node1) kubectl get pods -A"
}

down() {
	[[ -d $STANDING ]] || { echo "no clusters stand here" && return; }
	TOPO_DIR=$STANDING TOPO_PREFIX=$(cat "$STANDING/prefix")
	clusters_end
}

need_root
tools/cluster/programs.sh || exit 1
case ${1:-play} in
play | up | down) "${1:-play}" ;;
*) echo "usage: tools/cluster/cluster.sh [up | down]" >&2 && exit 2 ;;
esac
