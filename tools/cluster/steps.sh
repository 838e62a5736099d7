# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The steps of the scenario as tools/cluster/cluster.sh plays them. To be sourced by it.

VALUES=tools/cluster/values

# deploy N VERSION: helloworld and sleep
deploy() {
	sed "s|@VERSION@|$2|g; s|@STATE@|$(state "$1")|g" tools/cluster/helloworld.yaml |
		kc "$1" apply -f - &&
		kc "$1" -n sample rollout status "deployment/helloworld-$2" --timeout=180s &&
		kc "$1" -n sample wait --for=condition=Ready pod/sleep --timeout=120s
}

# install N NETWORKS OPTION...: the chart with this cluster's values
install() {
	local n=$1 networks=$2
	shift 2
	hl "$n" upgrade --install parallax deploy/chart --create-namespace \
		--values "$VALUES/cluster$n.yaml" --values "$VALUES/networks-$networks.yaml" "$@"
}

agent_uid() { kc "$1" -n parallax get "$(agent_pod "$1")" -o jsonpath='{.metadata.uid} {.status.containerStatuses[0].restartCount}'; }

# use_networks N NETWORKS: meshNetworks alone changes
use_networks() { hl "$1" upgrade parallax deploy/chart --reuse-values --values "$VALUES/networks-$2.yaml"; }

step_0() {
	step 0 "two Kubernetes clusters, and between them a wide area that knows no pod"
	build_world
	show operator "kubectl get nodes -o wide     # cluster1" kc 1 get nodes -o wide
	show operator "kubectl get nodes -o wide     # cluster2" kc 2 get nodes -o wide
	confirm "helloworld v1 and sleep run in cluster1" deploy 1 v1
	confirm "helloworld v2 and sleep run in cluster2" deploy 2 v2
	confirm "a pod of either cluster has an address that the other uses, too" same_addresses
	confirm "the wide area has no route to any pod" \
		test -z "$(in_ns wan ip route show to match 10.10.0.2)"
	confirm "kube-proxy answers for the virtual IP with the pods of its own cluster" \
		calls_answered_by v1 1
}
pod_addresses() { kc "$1" -n sample get pods -o jsonpath='{.items[*].status.podIP}' | tr ' ' '\n' | sort; }
same_addresses() { [[ -n $(comm -12 <(pod_addresses 1) <(pod_addresses 2)) ]]; }

step_1() {
	step 1 "the mesh learns its networks; cluster2's gateway has no address yet"
	kc 1 create namespace parallax >/dev/null
	start control node1 tools/cluster/control_plane.py "$(state 1)/kubeconfig" \
		helloworld.sample parallax helloworld
	show operator "helm install parallax deploy/chart     # cluster1" install 1 placeholder
	confirm "the agent of cluster1 is ready" rolled_out 1 parallax
	confirm "the init container mounted a BPF file system" \
		on_node 1 sh -c 'test -e /sys/fs/bpf/parallax'
	confirm "its programs hang on the uplink and on every pod's interface" programs_hang 1
	confirm "it found uplink and pods by itself, and the bridge plugin's range" finds 1 "eth0 (default route)" \
		"CNI         bridge" "10.10.0.0/24 (route by cni0)"
	show operator "kubectl exec daemonset/parallax -- parallaxctl networks" agent 1 networks
	confirm "sleep's calls are answered by v1 alone" answers_become v1 1
	confirm "the wide area saw no packet for 0.0.0.0 or a pod" wide_area_is_clean
	confirm "helm test passes" hl 1 test parallax --timeout 3m
}
# programs_hang N: as links or as filters
programs_hang() {
	local device
	for device in eth0 $(in_ns "node$1" ip -o link show type veth | sed -n 's/^[0-9]*: \(veth[^:@]*\).*/\1/p'); do
		{
			in_ns "node$1" tools/lib/tc_programs.py
			in_ns "node$1" tc filter show dev "$device" ingress | sed "s/^/$device /"
		} | seen "^$device .*\(tcx/ingress\|px_\)" || return
	done
}
# finds N TEXT...: status has these fixed texts
finds() {
	local text
	agent "$1" status >"$TOPO_DIR/status" || return
	for text in "${@:2}"; do grep -qF -- "$text" "$TOPO_DIR/status" || return; done
}
wide_area_is_clean() { [[ $(wan_count placeholder) == 0 && $(wan_count pods) == 0 ]]; }

step_2() {
	step 2 "cluster2 gets its gateway"
	kc 2 create namespace parallax >/dev/null
	kc 2 -n parallax create configmap helloworld --from-literal=none.yaml='resources: []' >/dev/null
	kc 2 label node node2 node-role.kubernetes.io/parallax-gateway= >/dev/null
	show operator "helm install parallax deploy/chart     # cluster2" install 2 placeholder
	confirm "the agent of cluster2 is ready, as a gateway" rolled_out 2 parallax-gateway
	confirm "it found uplink and pods by itself, here of the ptp plugin" finds 2 "eth0 (default route)" \
		"CNI         bridge" "of its pods, at least"
	confirm "and listens on both of its node's addresses" finds 2 "192.23.120.10:30681" "[$NODE2_IPV6]:30681"
	load_balancer_publish 2 $BALANCER >/dev/null
	show operator "kubectl get service parallax-gateway" kc 2 -n parallax get service parallax-gateway
	confirm "no ordinary agent runs on the gateway node" \
		test "$(kc 2 -n parallax get daemonset parallax -o jsonpath='{.status.desiredNumberScheduled}')" = 0
}

step_3() {
	local before
	step 3 "the operator looks up the gateway's address and edits meshNetworks, live"
	before=$(agent_uid 1)
	confirm "the Service has the address of the load balancer" test "$(gateway_address)" = $BALANCER
	use_networks 1 gateway >/dev/null && use_networks 2 gateway >/dev/null || exit 1
	confirm "cluster1's agent has picked the address up" wait_for 60 knows_gateway 1 $BALANCER
	confirm "without a restart" test "$(agent_uid 1)" = "$before"
	show operator "kubectl exec daemonset/parallax -- parallaxctl gateways" agent 1 gateways
}
gateway_address() {
	kc 2 -n parallax get service parallax-gateway -o jsonpath='{.status.loadBalancer.ingress[0].ip}'
}
knows_gateway() { [[ $(agent "$1" gateways) == *"$2"* ]]; }

step_4() {
	step 4 "a credential for cluster2: the control plane now lists its endpoint too"
	confirm "until then v1 alone answers" calls_answered_by v1 1
	remote_kubeconfig >"$TOPO_DIR/remote.json"
	kc 1 -n parallax create secret generic istio-remote-secret-n2-k8s-config \
		--from-file=n2-k8s-config="$TOPO_DIR/remote.json" >/dev/null
	kc 1 -n parallax label secret istio-remote-secret-n2-k8s-config istio/multiCluster=true >/dev/null
	confirm "the new endpoint is in use" answers_become "v1 v2" 1
	show operator "kubectl parallax --node node1 endpoints" plugin 1 --node node1 endpoints
	confirm "the plugin finds the agent of a pod's node" plugin_finds_pod
	confirm "and writes a bug report with the node's archive and the agent's log" plugin_reports
}
plugin_finds_pod() {
	[[ $(plugin 1 --pod sample/sleep explain $VIP:5000 | head -n 1) == *"network2 (50.0%)"* ]]
}
plugin_reports() {
	local report=$TOPO_DIR/bugreport.tar.gz list
	plugin 1 --all-nodes bugreport --file "$report" || return
	list=$(tar -xzOf "$report" --wildcards '*/node.tar.gz' | tar -tz)
	[[ $list == */endpoints.json* && $list == */config.yaml* ]] &&
		tar -xzOf "$report" --wildcards '*/log.txt' | seen level=info
}
remote_kubeconfig() { kc 2 config view --raw --flatten -o json; }

step_5() {
	step 5 "sleep calls helloworld.sample:5000/hello"
	calls 1 24 || exit 1
	head -n 6 "$TOPO_DIR/calls" | sed 's/^/   /'
	confirm "both versions answer" test "$(answers)" = "v1 v2"
}

step_6() {
	step 6 "the access log proves the split horizon"
	agent 1 flows --format envoy >"$TOPO_DIR/envoy" || exit 1
	show operator "kubectl exec daemonset/parallax -- parallaxctl flows --format envoy | tail -n 4" \
		tail -n 4 "$TOPO_DIR/envoy"
	confirm "each of the calls has its line, with the right upstream" every_call_is_logged
	confirm "bpftool on the node reads the pinned maps and finds the virtual IP" bpftool_finds_vip
	confirm "and shows the programs" bpftool_shows_programs
	mirrored_view
	confirm "no packet for a pod or virtual IP ever crossed the wide area" wide_area_is_clean
}

pod_address() { kc "$1" -n sample get pod -l "app=helloworld" -o jsonpath='{.items[0].status.podIP}'; }

every_call_is_logged() {
	local port answer upstream local_pod
	local_pod=$(pod_address 1):5000
	while read -r port answer; do
		upstream=$local_pod
		[[ $answer == *"version: v2,"* ]] && upstream=$BALANCER:15443
		grep -F "\"$upstream\" $CLUSTER " "$TOPO_DIR/envoy" >"$TOPO_DIR/lines"
		grep -q " $VIP:5000 [0-9.]*:$port " "$TOPO_DIR/lines" || return
	done <"$TOPO_DIR/calls"
}

# The key of the map has the address in network order, as bpftool prints bytes.
bpftool_finds_vip() {
	local bytes
	bytes=$(printf '0x%02x ' ${VIP//./ })
	on_node 1 "$(tools/find-tool.sh bpftool)" --json map dump pinned /sys/fs/bpf/parallax/vips |
		tr -d '"\n' | tr ',' ' ' >"$TOPO_DIR/vips"
	grep -qF "${bytes% }" "$TOPO_DIR/vips"
}

bpftool_shows_programs() {
	local program
	for program in px_from_pod px_to_pod px_uplink px_to_uplink; do
		on_node 1 "$(tools/find-tool.sh bpftool)" prog show pinned "/sys/fs/bpf/parallax/prog_$program" |
			seen "name $program " || return
	done
}

mirrored_view() {
	say "" "Seen from network2 the picture is mirrored, once network1 has a gateway too:"
	kc 1 label node node1 node-role.kubernetes.io/parallax-gateway= >/dev/null
	hl 1 upgrade parallax deploy/chart --reuse-values --values "$VALUES/cluster1-gateway.yaml" \
		--values "$VALUES/networks-mirrored.yaml" >/dev/null || exit 1
	use_networks 2 mirrored >/dev/null || exit 1
	confirm "node1's agent has become a gateway" rolled_out 1 parallax-gateway
	confirm "a client in cluster2 reaches both versions" answers_become "v1 v2" 2
	confirm "v1 through network1's gateway, v2 directly" mirrored_log
	confirm "sleep in cluster1 still reaches both" answers_become "v1 v2" 1
}

mirrored_log() {
	agent 2 flows --format envoy >"$TOPO_DIR/envoy" &&
		grep -qF "\"192.23.110.10:15443\" $CLUSTER " "$TOPO_DIR/envoy" &&
		grep -qF "\"$(pod_address 2):5000\" $CLUSTER " "$TOPO_DIR/envoy"
}

step_7() {
	local n
	step 7 "clean-up leaves nothing behind"
	for n in 1 2; do
		show operator "helm uninstall parallax     # cluster$n" hl "$n" uninstall parallax --timeout 5m || exit 1
		confirm "no pin, no program, no qdisc is left on node$n" test -z "$(what_is_left "$n")"
		confirm "no object of the chart is left in cluster$n" wait_for 60 no_objects_left "$n"
		confirm "and no pod of the uninstallation waited for an agent" nobody_waited "$n"
	done
	confirm "kube-proxy answers for the virtual IP again" calls_answered_by v1 1
	stop control
}

nobody_waited() { ! kc "$1" -n "$NS" get events | says_no_agent; }
no_objects_left() { [[ -z $(objects_left "$1") ]]; }

step_8() {
	step 8 "the clusters are taken down"
	clusters_end
	confirm "no namespace and no cgroup is left" nothing_left
}
objects_left() {
	kc "$1" -n parallax get daemonset,pod,job,service,role,rolebinding,serviceaccount \
		-l app.kubernetes.io/name=parallax -o name
	kc "$1" get clusterrole,clusterrolebinding -o name | grep parallax
	return 0
}
nothing_left() { [[ $(ip netns list) != *"$TOPO_PREFIX-"* && -z $(cgroups_left) ]]; }
