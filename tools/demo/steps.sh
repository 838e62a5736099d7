# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The steps of the scenario as tools/demo.sh plays them, each with its checks.
# To be sourced by it.

# ------------------------------------------------------------------ observations

# one_call POD ADDR:PORT FAMILY
one_call() { in_ns "$1" "$BUILD/tests/hello" "$(inner "${2%:*}" "$3")" "${2#*:}"; }

# calls POD COUNT: in each family, `FAMILY PORT ANSWER' into $TOPO_DIR/calls; fails when one call does
calls() { in_each_family calls_in "$@" >"$TOPO_DIR/calls"; }
calls_in() {
	in_ns "$1" "$BUILD/tests/hello" -n "$2" "$(inner ${VIP%:*} "$3")" ${VIP#*:} | sed "s/^/$3 /"
}

# answers: the versions that answered, one line if they are the same in each family
answers() { in_each_family answers_in | sort -u; }
answers_in() {
	sed -n "s/^$1 .*version: \(v[0-9]*\),.*/\1/p" "$TOPO_DIR/calls" | sort -u | paste -sd' '
}

# show_calls: the first few of the calls made, as seen by the caller
show_calls() {
	local family port answer
	awk '++seen[$1] <= 6' "$TOPO_DIR/calls" | while read -r family port answer; do
		printf '   from %s  %s\n' "$(inner_at "$SLEEP:$port" "$family")" "$answer"
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
	start watch "$1" tcpdump -l -nn -i eth0 -Q out \
		'dst net 0.0.0.0/8 or dst net 10.0.0.0/8 or dst host :: or dst net fd00::/8'
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
		in_each_family one_call sleep $POD
	confirm "the wide area has no route to any pod" in_each_family no_route ${POD%:*}
}
no_route() { [[ -z $(in_ns wan ip "-$2" route show to match "$(inner "$1" "$2")") ]]; }

step_1() {
	step 1 "the mesh learns its networks; cluster2's gateway has no address yet"
	use networks networks-placeholder
	use eds eds-cluster1
	configure
	show operator "cat networks.yaml" of_families tools/demo/networks-placeholder.yaml
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
	confirm "tcpdump on node1's uplink saw nothing for $(outer 0.0.0.0) or a pod IP" uplink_was_silent
	confirm "neither did the wide area" wide_area_is_clean
	use eds eds-cluster1
}

step_2() {
	step 2 "cluster2 gets its gateway"
	agent_start gw2 || exit 1
	show gw2 "parallaxctl status" ctl gw2 status
	say "It finds the service by the id in the tunnel header, as Istio's gateway does by SNI."
	confirm "a client in cluster2 is refused at once: v1's network has no gateway" in_each_family refused sleep2
}
refused() {
	in_ns "$1" "$BUILD/tests/hello" -t 1000 "$(inner ${VIP%:*} "$2")" ${VIP#*:}
	(($? == 1))
}

step_3() {
	local agent
	step 3 "the operator looks up the gateway's address and edits meshNetworks, live"
	agent=$(pid_of agent-node1)
	show operator "diff networks.yaml.old networks.yaml" \
		diff <(of_families tools/demo/networks-placeholder.yaml) \
		<(of_families tools/demo/networks-gateway.yaml)
	use networks networks-gateway
	confirm "node1 has picked the address up" wait_for 5 knows_gateway node1 $GATEWAY2
	confirm "without a restart (agent $agent still runs)" kill -0 "$agent"
	show node1 "parallaxctl gateways" ctl node1 gateways
}
knows_gateway() {
	local at
	for at in $(gateway_in "$2"); do
		ctl "$1" gateways | seen -F "${at%:*}" || return
	done
}

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

# upstreams_of VERSION FAMILY: where the calls that it answered may have gone, from node1
upstreams_of() {
	[[ $1 == v1 ]] && inner_at $POD "$2" || gateway_in $GATEWAY2
}

# log_lines FAMILY VERSION [PORT]: of the access log, as they should be of such calls
log_lines() {
	local client
	client=$(inner_at "$SLEEP:${3:-}" "$1")${3:+ }
	grep -F -f <(upstreams_of "$2" "$1" | sed "s/.*/\"&\" $CLUSTER /") "$TOPO_DIR/envoy" |
		grep -F " $(inner_at $VIP "$1") $client"
}

every_call_is_logged() {
	local family port answer version
	while read -r family port answer; do
		version=v1
		[[ $answer == *"version: v2,"* ]] && version=v2
		log_lines "$family" $version "$port" | seen . || return
	done <"$TOPO_DIR/calls"
}

# upstream_table VERSION FAMILY
upstream_table() {
	local line
	line=$(log_lines "$2" "$1" | head -n 1)
	[[ $line =~ \"([^\"]*)\"\ outbound[^\ ]*\ [^\ ]+\ ([^\ ]+)\ ([^\ ]+)\  ]] &&
		table_row "$1" "${BASH_REMATCH[1]}" "$CLUSTER" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
}
table_row() {
	local upstream=21 service=20
	[[ $FAMILY == 4 ]] || upstream=31 service=26
	printf "   %-6s  %-${upstream}s  %-52s  %-${service}s  %s\n" "$@"
}

step_6() {
	step 6 "the access log proves the split horizon"
	ctl node1 flows --format envoy >"$TOPO_DIR/envoy" || exit 1
	show node1 "parallaxctl flows --format envoy | tail -n 6" tail -n 6 "$TOPO_DIR/envoy"
	confirm "each of the calls has its line, with the right upstream" every_call_is_logged
	echo
	table_row answer "upstream host" cluster "downstream local" "downstream remote"
	in_each_family upstream_table v2
	in_each_family upstream_table v1
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
	ctl gw2 flows --format envoy >"$TOPO_DIR/envoy" && in_each_family mirrored_lines
}
mirrored_lines() {
	grep -F -f <(gateway_in $GATEWAY1 | sed "s/.*/\"&\" $CLUSTER /") "$TOPO_DIR/envoy" |
		seen -F " $(inner_at $VIP "$1") " &&
		seen -F "\"$(inner_at $POD "$1")\" $CLUSTER " <"$TOPO_DIR/envoy"
}

# The pods speak mutual TLS now, as behind Istio's sidecars; cluster2's gateway is a stock one.
stock_gateway() {
	say "" "A stock Istio gateway in cluster2 is entered by address translation alone: the bytes are" \
		"mutual TLS from pod to pod, and the gateway chooses by the SNI $SNI."
	"$MTLS/certificates.sh" "$TOPO_DIR" || exit 1
	stop v1
	stop v2
	in_each_family mutual_tls
	of_families tools/demo/node1.yaml | sed 's/mode: geneve, port: 6081/mode: passthrough/' |
		put "$TOPO_DIR/node1/config.yaml"
	confirm "over mutual TLS both answer" wait_for 8 tls_answered
	show sleep "tls_peer.py call $(inner_at $VIP) $SNI istio" one_of_each
	confirm "v2 through the stock gateway, still encrypted" in_each_family gateway_says ^forwarded
	confirm "which refuses plain text" wait_for 5 in_each_family gateway_says '^refused .*no TLS'
}

one_of_each() { sort -u -k 1,1 -k 5,5 "$TOPO_DIR/calls" | cut -d' ' -f2-; }

# mutual_tls FAMILY: the servers, and the stock gateway before v2
mutual_tls() {
	local pod
	for pod in v1 v2; do
		start tls-$pod hello-$pod "$MTLS/tls_peer.py" serve "$TOPO_DIR" "$(inner_at $POD "$1")" $pod
	done
	start "istio-$1" gw2 "$MTLS/stock_gateway.py" "$(outer_at $GATEWAY2 "$1")" $SNI "$(inner_at $POD "$1")"
}

# gateway_says PATTERN FAMILY
gateway_says() { seen "$1" <"$TOPO_DIR/log/istio-$2"; }

tls_answered() {
	in_each_family tls_calls >"$TOPO_DIR/calls" && [[ $(answers) == "v1 v2" ]] &&
		in_each_family gateway_says ^forwarded && in_each_family plain_is_refused
}
tls_calls() {
	in_ns sleep "$MTLS/tls_peer.py" call "$TOPO_DIR" "$(inner_at $VIP "$1")" $SNI istio 16 |
		sed "s/^/$1 /"
}

# Plain text meets v1's TLS server or the gateway, as the table has it; neither may answer it.
plain_is_refused() {
	in_ns sleep "$BUILD/tests/hello" -n 12 -t 2000 "$(inner ${VIP%:*} "$1")" ${VIP#*:} >"$TOPO_DIR/plain"
	! seen 'Hello version' <"$TOPO_DIR/plain"
}

# ------------------------------------------------------------------ a gateway that dies

step_7() {
	step 7 "a gateway is killed during a download"
	two_gateways || exit 1
	confirm "network2 has new gateways, of mode forward: gw3 first" wait_for 5 gw3_carries
	in_each_family download
	confirm "a download from v2 runs through gw3" wait_for 5 in_each_family progressed 1
	use networks networks-gateways
	confirm "gw4 takes part too" wait_for 5 gateway_is node1 up $GATEWAY4
	confirm "v2's node knows both as well" wait_for 5 probes_both gw2
	show node1 "parallaxctl gateways" ctl node1 gateways
	confirm "the download still runs" in_each_family runs
	power_cut gw3
	say "" "gw3 is gone: agent, programs, and its wire."
	confirm "the download ends whole, every byte as it was sent" in_each_family finished
	in_each_family show_download
	show node1 "parallaxctl gateways" ctl node1 gateways
	confirm "node1 sends nothing to gw3" gateway_is node1 down $GATEWAY3
}

# What step 6 put in the place of cluster2's gateway and of the servers goes. gw2 stays as v2's node.
two_gateways() {
	local name node
	for name in tls-v1 tls-v2 istio-4 istio-6; do stop $name; done
	serve v2 hello-v2 helloworld-v2-758dd55874-6x4t8
	node_add gw3 cluster2 ${GATEWAY3%:*}/24 192.23.120.1
	node_add gw4 cluster2 ${GATEWAY4%:*}/24 192.23.120.1
	use eds eds-cluster2
	for node in gw2 gw3 gw4; do
		of_families tools/demo/gateways-forward.yaml | put "$TOPO_DIR/$node/config.yaml"
		of_families tools/demo/eds-cluster2.yaml | put "$TOPO_DIR/$node/eds.yaml"
		of_families tools/demo/networks-gateways.yaml | put "$TOPO_DIR/$node/networks.yaml"
	done
	of_families tools/demo/node1.yaml | put "$TOPO_DIR/node1/config.yaml"
	of_families tools/demo/networks-gateways.yaml | grep -v '120[.:]34' |
		put "$TOPO_DIR/node1/networks.yaml"
	agent_start gw3 && agent_start gw4
}

gw3_carries() { knows_gateway node1 $GATEWAY3 && calls_answered_by v2 sleep; }

# gateway_is NODE WORD GATEWAY: as this node knows it, at each of its addresses
gateway_is() {
	local at
	for at in $(gateway_in "$3"); do
		ctl "$1" gateways | grep -F " ${at%:*}:" | seen " $2 " || return
	done
}
probes_both() { gateway_is "$1" up $GATEWAY3 && gateway_is "$1" up $GATEWAY4; }

# download FAMILY: bytes that the receiver can check, by the gateway of now
download() {
	start "download-$1" sleep "$BUILD/tests/bulk" -r 8 receive "$(inner ${VIP%:*} "$1")" ${VIP#*:} 20000000
}
# progressed TENTHS FAMILY
progressed() { (($(grep -c '^progress' "$TOPO_DIR/log/download-$2") >= $1)); }
runs() { kill -0 "$(pid_of "download-$1")"; }
finished() { finish "download-$1"; }

# show_download FAMILY: bytes, milliseconds, and the longest time in which none came
show_download() {
	awk -v family="$1" '/^OK/ { printf "   %d MB over IPv%s in %.1f s, %.2f s of it without a byte\n",
		$2 / 1000000, family, $3 / 1000, $6 / 1000 }' "$TOPO_DIR/log/download-$1"
}

# power_cut NODE
power_cut() {
	stop "agent-$1" KILL
	in_ns lan-cluster2 ip link delete "$1"
}

step_8() {
	local node
	step 8 "clean-up leaves nothing behind"
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
