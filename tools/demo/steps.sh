# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The steps of the scenario as tools/demo.sh plays them, each with its checks.
# To be sourced by it.

# ------------------------------------------------------------------ observations

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

# answers_become EXPECTED POD: within seconds, without a restart
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
	echo
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
knows_gateway() { ctl "$1" gateways | seen -F "$2"; }

step_4() {
	step 4 "a credential for cluster2: the control plane now lists its endpoint too"
	confirm "until then v1 alone answers" calls_answered_by v1 sleep
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
	show node1 "parallaxctl flows --format envoy | tail -n 6" tail -n 6 "$TOPO_DIR/envoy"
	confirm "each of the calls has its line, with the right upstream" every_call_is_logged
	printf '\n   %-6s  %-21s  %-52s  %-20s  %s\n' answer "upstream host" cluster \
		"downstream local" "downstream remote"
	upstream_table v2 "$GATEWAY"
	upstream_table v1 10.10.0.90:5000
	mirrored_view
	stock_gateway
	confirm "no packet for a pod or virtual IP ever crossed the wide area" wide_area_is_clean
	confirm "and no node's connection tracking found an invalid packet" \
		test "$(invalid_dropped node1)$(invalid_dropped gw2)" == 00
}

mirrored_view() {
	say "" "Seen from network2 the picture is mirrored. The endpoint list is the same:"
	use networks networks-mirrored
	confirm "once network1 has a gateway too, a client in network2 reaches both" \
		answers_become "v1 v2" sleep2
	show node1 "parallaxctl preview --config config.yaml --network network2" \
		ctl node1 preview --config "$TOPO_DIR/node1/config.yaml" --network network2
	show gw2 "parallaxctl endpoints" ctl gw2 endpoints
	confirm "there v1's upstream is network1's gateway, v2's the pod" mirrored_log
	confirm "sleep still reaches both" answers_become "v1 v2" sleep
}

mirrored_log() {
	ctl gw2 flows --format envoy >"$TOPO_DIR/envoy" &&
		grep -qF "\"192.23.110.10:15443\" $CLUSTER " "$TOPO_DIR/envoy" &&
		grep -qF "\"10.10.0.90:5000\" $CLUSTER " "$TOPO_DIR/envoy"
}

# The pods speak mutual TLS now, as behind Istio's sidecars; cluster2's gateway is a stock one.
stock_gateway() {
	local pod
	say "" "A stock Istio gateway in cluster2 is entered by address translation alone: the bytes are" \
		"mutual TLS from pod to pod, and the gateway chooses by the SNI $SNI."
	"$MTLS/certificates.sh" "$TOPO_DIR" || exit 1
	for pod in v1 v2; do
		stop $pod
		start tls-$pod hello-$pod "$MTLS/tls_peer.py" serve "$TOPO_DIR" 10.10.0.90:5000 $pod
	done
	start istio gw2 "$MTLS/stock_gateway.py" $GATEWAY $SNI 10.10.0.90:5000
	sed 's/mode: geneve, port: 6081/mode: passthrough/' tools/demo/node1.yaml |
		put "$TOPO_DIR/node1/config.yaml"
	confirm "over mutual TLS both answer" wait_for 8 tls_answered
	show sleep "tls_peer.py call $VIP:5000 $SNI istio" sort -k 4,4 -u "$TOPO_DIR/calls"
	confirm "v2 through the stock gateway, still encrypted" \
		grep -q ^forwarded "$TOPO_DIR/log/istio"
	confirm "which refuses plain text" grep -q '^refused .*no TLS' "$TOPO_DIR/log/istio"
}

tls_answered() {
	in_ns sleep "$MTLS/tls_peer.py" call "$TOPO_DIR" $VIP:5000 $SNI istio 16 >"$TOPO_DIR/calls" &&
		[[ $(answers) == "v1 v2" ]] && grep -q ^forwarded "$TOPO_DIR/log/istio" && plain_is_refused
}

# Plain text meets v1's TLS server or the gateway, as the table has it; neither may answer it.
plain_is_refused() {
	in_ns sleep "$BUILD/tests/hello" -n 12 -t 2000 $VIP 5000 >"$TOPO_DIR/plain"
	! grep -q 'Hello version' "$TOPO_DIR/plain"
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
no_namespace_left() { ! ip netns list | seen "^$TOPO_PREFIX-"; }
