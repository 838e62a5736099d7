#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Plays the two-cluster scenario in network namespaces and checks each step of it.
# Usage: tools/demo.sh          play it, clean up; exit status 0 when all is as it should be
#        tools/demo.sh up       build it, with both networks joined, and leave it standing
#        tools/demo.sh down     take down what `up' left
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
STANDING=/run/parallax-demo
. tools/lib/topology.sh
. tools/lib/agents.sh
. tools/lib/say.sh

VIP=10.20.194.146
CLUSTER='outbound|5000||helloworld.sample.svc.cluster.local'
GATEWAY=192.23.120.32:15443

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
	start v1 hello-v1 "$BUILD/tests/server" 10.10.0.90 5000 v1 helloworld-v1-86f77cd7bd-cpxhv
	start v2 hello-v2 "$BUILD/tests/server" 10.10.0.90 5000 v2 helloworld-v2-758dd55874-6x4t8
	wait_for 5 in_ns hello-v1 "$BUILD/tests/hello" 10.10.0.90 5000 &&
		wait_for 5 in_ns hello-v2 "$BUILD/tests/hello" 10.10.0.90 5000
}

draw_clusters() {
	cat <<-'MAP'
		   cluster1, network1                                   cluster2, network2
		   ┌──────────────────────────┐                        ┌──────────────────────────┐
		   │ sleep       10.10.0.89   │                        │ sleep2      10.10.0.89   │
		   │ hello-v1    10.10.0.90   │                        │ hello-v2    10.10.0.90   │
		   │ node1  192.23.110.10 ────┼──── wan: routes only ──┼── 192.23.120.32  gw2     │
		   └──────────────────────────┘     192.23.0.0 nodes   └──────────────────────────┘
		   helloworld.sample = 10.20.194.146:5000     (the pod addresses are the same on purpose)
	MAP
}

# use networks|eds NAME: the file both agents watch becomes tools/demo/NAME.yaml, in one step
use() {
	local node
	for node in node1 gw2; do
		put "$TOPO_DIR/$node/$1.yaml" <"tools/demo/$2.yaml"
	done
}

configure() {
	local node
	for node in node1 gw2; do
		put "$TOPO_DIR/$node/config.yaml" <"tools/demo/$node.yaml"
	done
}

# ------------------------------------------------------------------ what is looked at

# calls POD COUNT: answers into $TOPO_DIR/calls; fails when one call does
calls() {
	in_ns "$1" "$BUILD/tests/hello" -n "$2" $VIP 5000 >"$TOPO_DIR/calls"
}

answers() { sed -n 's/.*version: \(v[0-9]*\),.*/\1/p' "$TOPO_DIR/calls" | sort -u | paste -sd' '; }

# show_calls POD: the first few of the calls made, as seen by the caller
show_calls() {
	head -n 6 "$TOPO_DIR/calls" | while read -r port answer; do
		printf '   from port %-5s  %s\n' "$port" "$answer"
	done
	say "$(grep -c 'v1,' "$TOPO_DIR/calls") answers of v1, $(grep -c 'v2,' "$TOPO_DIR/calls") of v2"
}

# answers_become EXPECTED POD: within seconds, without anybody restarting anything
answers_become() {
	wait_for 5 calls_answered_by "$1" "$2"
}
calls_answered_by() { calls "$2" 20 && [[ $(answers) == "$1" ]]; }

wide_area_is_clean() {
	[[ $(wan_count placeholder) == 0 && $(wan_count pods) == 0 ]]
}

# watch_uplink NODE: records packets leaving for 0.0.0.0 or for a pod or virtual IP
watch_uplink() {
	start watch "$1" tcpdump -l -nn -i eth0 -Q out 'ip and (dst net 0.0.0.0/8 or dst net 10.0.0.0/8)'
	wait_for 5 grep -q 'listening on' "$TOPO_DIR/log/watch"
}
uplink_was_silent() {
	stop watch INT
	grep -q '^0 packets captured' "$TOPO_DIR/log/watch"
}

# ------------------------------------------------------------------ the steps

step_0() {
	step 0 "two clusters, and between them a wide area that knows no pod"
	draw_clusters
	build_clusters || exit 1
	confirm "inside its cluster a pod reaches another" \
		in_ns sleep "$BUILD/tests/hello" 10.10.0.90 5000
	confirm "the wide area has no route to any pod" \
		test -z "$(in_ns wan ip route show to match 10.10.0.90)"
}

step_1() {
	step 1 "the mesh learns its networks; cluster2's gateway has no address yet"
	use networks networks-placeholder
	use eds eds-cluster1
	configure
	show operator "cat networks.yaml" cat tools/demo/networks-placeholder.yaml
	agent_start node1 || exit 1
	show node1 "parallaxctl networks" ctl node1 networks
	confirm "sleep's calls are answered by v1 alone" calls_answered_by v1 sleep
	show_calls
	say "" "Even if the control plane listed cluster2's endpoint already, nothing would be sent there:"
	use eds eds-both
	watch_uplink node1
	show node1 "parallaxctl preview --config config.yaml" \
		ctl node1 preview --config "$TOPO_DIR/node1/config.yaml"
	sleep 1
	confirm "still v1 alone answers" calls_answered_by v1 sleep
	confirm "tcpdump on node1's uplink saw nothing for 0.0.0.0 or a pod IP" uplink_was_silent
	confirm "neither did the wide area" wide_area_is_clean
	use eds eds-cluster1
}

step_2() {
	step 2 "cluster2 gets its gateway"
	agent_start gw2 || exit 1
	show gw2 "parallaxctl status" ctl gw2 status
	say "It finds the service by the id in the tunnel header, as Istio's gateway does by SNI."
	confirm "a client in cluster2 is refused at once: v1's network has no gateway" refused sleep2
}
refused() {
	in_ns "$1" "$BUILD/tests/hello" -t 1000 $VIP 5000
	(($? == 1))
}

step_3() {
	local agent
	step 3 "the operator looks up the gateway's address and edits meshNetworks, live"
	agent=$(pid_of agent-node1)
	show operator "diff networks.yaml.old networks.yaml" \
		diff tools/demo/networks-placeholder.yaml tools/demo/networks-gateway.yaml
	use networks networks-gateway
	confirm "node1 has picked the address up" wait_for 5 knows_gateway node1 192.23.120.32
	confirm "without a restart (agent $agent still runs)" kill -0 "$agent"
	show node1 "parallaxctl gateways" ctl node1 gateways
}
knows_gateway() { ctl "$1" gateways | grep -qF "$2"; }

step_4() {
	step 4 "a credential for cluster2: the control plane now lists its endpoint too"
	say "until then v1 alone answers:"
	confirm "v1 alone" calls_answered_by v1 sleep
	use eds eds-both
	confirm "the new endpoint is in use" answers_become "v1 v2" sleep
	show node1 "parallaxctl endpoints" ctl node1 endpoints
}

step_5() {
	step 5 "sleep calls helloworld.sample:5000/hello"
	calls sleep 24 || exit 1
	show_calls
	confirm "both versions answer" test "$(answers)" == "v1 v2"
}

# log_line PORT UPSTREAM: the access-log line of the call from that port
log_line() {
	grep -F "\"$2\" $CLUSTER " "$TOPO_DIR/envoy" | grep -F " $VIP:5000 10.10.0.89:$1 "
}

every_call_is_logged() {
	local port answer upstream
	while read -r port answer; do
		upstream=10.10.0.90:5000
		[[ $answer == *"version: v2,"* ]] && upstream=$GATEWAY
		log_line "$port" "$upstream" || return 1
	done <"$TOPO_DIR/calls"
}

upstream_table() {
	local version=$1 upstream=$2 port
	port=$(sed -n "s/^\([0-9]*\) .*version: $version,.*/\1/p" "$TOPO_DIR/calls" | head -n 1)
	log_line "$port" "$upstream" | head -n 1 >"$TOPO_DIR/line"
	printf '   %-6s  %-21s  %-52s  %-20s  %s\n' "$version" "$upstream" "$CLUSTER" "$VIP:5000" \
		"10.10.0.89:$port"
}

step_6() {
	step 6 "the access log proves the split horizon"
	ctl node1 flows --format envoy >"$TOPO_DIR/envoy" || exit 1
	show node1 "parallaxctl flows --format envoy | head -n 6" head -n 6 "$TOPO_DIR/envoy"
	confirm "each of the calls has its line, with the right upstream" every_call_is_logged
	printf '\n   %-6s  %-21s  %-52s  %-20s  %s\n' answer "upstream host" cluster \
		"downstream local" "downstream remote"
	upstream_table v2 "$GATEWAY"
	upstream_table v1 10.10.0.90:5000

	say "" "Seen from network2 the picture is mirrored. The endpoint list is the same:"
	use networks networks-mirrored
	confirm "once network1 has a gateway too, a client in network2 reaches both" \
		answers_become "v1 v2" sleep2
	show node1 "parallaxctl preview --config config.yaml --network network2" \
		ctl node1 preview --config "$TOPO_DIR/node1/config.yaml" --network network2
	show gw2 "parallaxctl endpoints" ctl gw2 endpoints
	confirm "there v1's upstream is network1's gateway, v2's the pod" mirrored_log
	confirm "sleep still reaches both" answers_become "v1 v2" sleep
	confirm "no packet for a pod or virtual IP ever crossed the wide area" wide_area_is_clean
	confirm "and no node's connection tracking found an invalid packet" \
		test "$(invalid_dropped node1)$(invalid_dropped gw2)" == 00
}

mirrored_log() {
	ctl gw2 flows --format envoy >"$TOPO_DIR/envoy" &&
		grep -qF "\"192.23.110.10:15443\" $CLUSTER " "$TOPO_DIR/envoy" &&
		grep -qF "\"10.10.0.90:5000\" $CLUSTER " "$TOPO_DIR/envoy"
}

step_7() {
	local node
	step 7 "clean-up leaves nothing behind"
	for node in node1 gw2; do
		stop "agent-$node"
		show "$node" "parallaxctl uninstall" ctl "$node" uninstall || exit 1
		confirm "no pin, no program, no qdisc is left on $node" test -z "$(left_behind "$node")"
	done
	topo_end "$TOPO_DIR"
	confirm "no namespace is left" no_namespace_left
	confirm "no pin is left" test -z "$(compgen -G "/sys/fs/bpf/$TOPO_PREFIX-*")"
}
no_namespace_left() { ! ip netns list | grep -q "^$TOPO_PREFIX-"; }

# ------------------------------------------------------------------ the verbs

need_root() {
	[[ $(id -u) == 0 ]] && return
	echo "tools/demo.sh makes network namespaces: run it as root" >&2
	exit 1
}

need_programs() {
	local program
	for program in parallaxd parallaxctl tests/server tests/hello; do
		[[ -x $BUILD/$program ]] && continue
		echo "$BUILD/$program is not there: \`make demo' builds it" >&2
		exit 1
	done
}

play_end() {
	local status=$?
	trap '' INT TERM
	if ((status)) && [[ -d $TOPO_DIR ]]; then
		say "" "What the agents said last:"
		tail -n 15 "$TOPO_DIR"/log/agent-* 2>/dev/null
	fi
	topo_end "$TOPO_DIR"
	((status)) || printf '\n%sAll as the scenario says, in %d s.%s\n' "$BOLD" $SECONDS "$PLAIN"
	exit "$status"
}

play() {
	topo_begin "$(mktemp -d /tmp/parallax-demo-XXXXXX)" "parallax-demo-$$"
	trap play_end EXIT
	trap 'exit 130' INT TERM
	local n
	for n in 0 1 2 3 4 5 6 7; do
		"step_$n"
	done
}

up() {
	if [[ -d $STANDING ]]; then
		echo "the demo stands already; \`make demo-down' takes it down" >&2
		exit 1
	fi
	topo_begin $STANDING parallax-demo
	trap 'topo_end $STANDING; exit 1' INT TERM
	use networks networks-mirrored
	use eds eds-both
	configure
	if ! { build_clusters && agent_start node1 && agent_start gw2; }; then
		topo_end $STANDING
		exit 1
	fi
	draw_clusters
	up_hints
}

up_hints() {
	cat <<-HINTS

		   The demo stands. Some things to try, as root:

		   on() { nsenter --net=/run/netns/parallax-demo-\$1 \${@:2}; }
		   on sleep $BUILD/tests/hello -n 6 $VIP 5000
		   ctl() { on \$1 $BUILD/parallaxctl --pin-dir /sys/fs/bpf/parallax-demo-\$1 \${@:2}; }
		   ctl node1 status;  ctl node1 endpoints;  ctl node1 flows;  ctl gw2 endpoints
		   ctl node1 explain $VIP:5000 --from 10.10.0.89
		   on wan tcpdump -nn -i any udp port 6081        # the tunnel, while sleep calls
		   bpftool map dump pinned /sys/fs/bpf/parallax-demo-node1/networks
		   on node1 bpftool net show
		   \$EDITOR $STANDING/node1/networks.yaml       # live; write 0.0.0.0 for the gateway
		   tail -f $STANDING/log/agent-node1
		   make demo-down
	HINTS
}

down() {
	local node
	if [[ ! -d $STANDING ]]; then
		echo "no demo is standing"
		exit 0
	fi
	TOPO_DIR=$STANDING TOPO_PREFIX=$(<$STANDING/prefix)
	for node in node1 gw2; do
		stop "agent-$node"
		ctl $node uninstall
	done
	topo_end $STANDING
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
