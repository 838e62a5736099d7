#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Plays the two-cluster scenario in network namespaces and checks each step of it.
# Usage: tools/demo.sh          play it, clean up; exit status 0 when every check passed
#        tools/demo.sh up       build it, with both networks joined, and leave it standing
#        tools/demo.sh down     remove what `up' built
# FAMILY is 4 (the default), 6 or 46: of pods, services and gateways.
# STANDING names another directory for the state of `up'; its last part is the prefix of namespaces.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
STANDING=${STANDING:-/run/parallax-demo}
unset OUTER # the networks meet in the same families
. tools/lib/topology.sh
. tools/lib/agents.sh
. tools/lib/say.sh
. tools/demo/families.sh
. tools/demo/steps.sh

VIP=10.20.194.146:5000
SLEEP=10.10.0.89
POD=10.10.0.90:5000 # of v1, and of v2
GATEWAY1=192.23.110.10:15443
GATEWAY2=192.23.120.32:15443
GATEWAY3=192.23.120.33:15443 GATEWAY4=192.23.120.34:15443 # of step 7
CLUSTER='outbound|5000||helloworld.sample.svc.cluster.local'
MTLS=tests/netns # certificates, TLS ends and the stock gateway
SNI=outbound_.5000_._.helloworld.sample.svc.cluster.local

# ------------------------------------------------------------------ the world

build_clusters() {
	wan_add
	cluster_add cluster1 192.23.110.1/24
	cluster_add cluster2 192.23.120.1/24
	node_add node1 cluster1 192.23.110.10/24 192.23.110.1
	node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
	pod_add node1 sleep 10.10.0.89
	pod_add node1 hello-v1 10.10.0.90
	pod_add gw2 sleep2 10.10.0.89
	pod_add gw2 hello-v2 10.10.0.90
	serve v1 hello-v1 helloworld-v1-86f77cd7bd-cpxhv
	serve v2 hello-v2 helloworld-v2-758dd55874-6x4t8
	wait_for 5 in_each_family one_call hello-v1 $POD &&
		wait_for 5 in_each_family one_call hello-v2 $POD
}

# serve VERSION POD INSTANCE
serve() {
	local family
	for family in $(inner_families); do
		start "$1" "$2" "$BUILD/tests/server" "$(inner ${POD%:*} "$family")" ${POD#*:} "$1" "$3"
	done
}

# use networks|eds NAME: the file both agents watch becomes tools/demo/NAME.yaml, in one step
use() {
	local node
	for node in node1 gw2; do
		of_families "tools/demo/$2.yaml" | put "$TOPO_DIR/$node/$1.yaml"
	done
}

configure() {
	local node
	for node in node1 gw2; do
		of_families "tools/demo/$node.yaml" | put "$TOPO_DIR/$node/config.yaml"
	done
}

# ------------------------------------------------------------------ the verbs

need_root() {
	[[ $(id -u) == 0 ]] && return
	echo "tools/demo.sh makes network namespaces: run it as root" >&2
	exit 1
}

need_programs() {
	local program
	for program in parallaxd parallaxctl tests/server tests/hello tests/bulk; do
		[[ -x $BUILD/$program ]] && continue
		echo "$BUILD/$program is not there: \`make demo' builds it" >&2
		exit 1
	done
}

play_end() {
	local status=$?
	trap '' HUP INT TERM
	if ((status)) && [[ -d $TOPO_DIR ]]; then
		say "" "The ends of the logs:"
		tail -n 15 "$TOPO_DIR"/log/{agent,download}-* 2>/dev/null
	fi
	topo_end "$TOPO_DIR"
	((status)) || printf '\n%sAll as the scenario says, in %d s.%s\n' "$BOLD" $SECONDS "$PLAIN"
	exit "$status"
}

play() {
	topo_begin "$(mktemp -d /tmp/parallax-demo-XXXXXX)" "parallax-demo-$$"
	trap play_end EXIT
	trap 'exit 130' HUP INT TERM
	local n
	for n in {0..8}; do
		"step_$n"
	done
}

up() {
	if [[ -d $STANDING ]]; then
		echo "the demo stands already; \`make demo-down' takes it down" >&2
		exit 1
	fi
	topo_begin "$STANDING" "${STANDING##*/}"
	trap 'topo_end "$STANDING"; exit 1' HUP INT TERM
	use networks networks-mirrored
	use eds eds-both
	configure
	if ! { build_clusters && agent_start node1 && agent_start gw2; }; then
		topo_end "$STANDING"
		exit 1
	fi
	draw_clusters
	up_hints
}

up_hints() {
	cat <<-HINTS

		   The demo stands. Some things to try, as root:

		   on() { nsenter --net=/run/netns/$TOPO_PREFIX-\$1 \${@:2}; }
		$(in_each_family hint_call)
		   ctl() { on \$1 $BUILD/parallaxctl --pin-dir /sys/fs/bpf/$TOPO_PREFIX-\$1 \${@:2}; }
		   ctl node1 status;  ctl node1 endpoints;  ctl node1 flows;  ctl gw2 endpoints
		   ctl node1 explain $(inner_at $VIP) --from $(inner $SLEEP)
		   on wan tcpdump -nn -i any udp port 6081        # the tunnel, while sleep calls
		   bpftool map dump pinned /sys/fs/bpf/$TOPO_PREFIX-node1/networks
		   on node1 $PWD/tools/lib/tc_programs.py
		   \$EDITOR $STANDING/node1/networks.yaml       # live; write $(outer 0.0.0.0) for the gateway
		   tail -f $STANDING/log/agent-node1
		   make demo-down
	HINTS
}

# hint_call FAMILY
hint_call() { echo "   on sleep $BUILD/tests/hello -n 6 $(inner ${VIP%:*} "$1") ${VIP#*:}"; }

down() {
	local node
	if [[ ! -d $STANDING ]]; then
		echo "no demo is standing"
		exit 0
	fi
	TOPO_DIR=$STANDING TOPO_PREFIX=$(<"$STANDING/prefix")
	for node in node1 gw2; do
		stop "agent-$node"
		ctl $node uninstall
	done
	topo_end "$STANDING"
}

need_root
case ${1:-play} in
play | up)
	need_programs
	"${1:-play}"
	;;
down) down ;;
*)
	sed -n 's/^# \(Usage\|       tools\)/\1/p' "$0"
	exit 64
	;;
esac
