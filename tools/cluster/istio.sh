# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The scenario once more with istiod as the control plane of both clusters, if ISTIOD names a
# pilot-discovery. To be sourced by tools/cluster/cluster.sh.

with_istiod() {
	[[ -n ${ISTIOD:-} ]] || return 0
	step "7¾" "istiod in cluster1 is the control plane of both clusters"
	NS=istio-system
	in_ns wan nft reset counters >/dev/null # pods that ended while they had connections
	istiod_start
	istio_cluster1
	istio_credential
	istio_cluster2
	istio_restart
	istio_scale
	istio_end
	NS=parallax
}

istiod_start() {
	kc 1 create namespace istio-system >/dev/null
	kc 1 apply -f tools/cluster/istiod.yaml >/dev/null || exit 1
	confirm "istiod is ready" kc 1 -n istio-system rollout status deployment/istiod --timeout=180s
}

# install_beside_istiod N: in istiod's namespace, whose ConfigMap the agents mount
install_beside_istiod() {
	hl "$1" upgrade --install parallax deploy/chart --values "$VALUES/cluster$1-istio.yaml" >/dev/null
}

istio_cluster1() {
	kc 1 label --overwrite node node1 node-role.kubernetes.io/parallax-gateway= >/dev/null
	confirm "Parallax is installed in istiod's namespace" install_beside_istiod 1
	confirm "its agent is ready, as a gateway" rolled_out 1 parallax-gateway
	confirm "and has a stream to istiod, with the projected token" wait_for 30 has_stream 1
	confirm "one edit of istiod's ConfigMap reaches the agent" istio_edit_reaches_agent
}
# has_stream N [RECONNECTS]: each of its streams is connected, and was lost at least so often
has_stream() {
	agent "$1" status -o json | python3 -c '
import json, sys
streams, lost = json.load(sys.stdin)["source"]["streams"], int(sys.argv[1])
sys.exit(not streams or not all(s["connected"] and s["reconnects"] >= lost for s in streams))' "${2:-0}"
}

istio_edit_reaches_agent() {
	kc 1 -n istio-system get configmap istio -o yaml | sed "s/address: 0.0.0.0, port: 443/address: $BALANCER, port: 15443/" |
		kc 1 replace -f - && wait_for 60 knows_gateway 1 $BALANCER
}

# From here on istiod watches cluster2; it may distribute its root certificate there, too.
istio_credential() {
	kc 2 create namespace istio-system >/dev/null
	kc 2 annotate namespace istio-system topology.istio.io/controlPlaneClusters='*' >/dev/null
	kc 1 -n istio-system create secret generic istio-remote-secret-n2-k8s-config \
		--from-file=n2-k8s-config="$TOPO_DIR/remote.json" >/dev/null
	kc 1 -n istio-system label secret istio-remote-secret-n2-k8s-config istio/multiCluster=true >/dev/null
	confirm "istiod writes its root certificate to cluster2" wait_for 60 \
		kc 2 -n istio-system get configmap istio-ca-root-cert
}

istio_cluster2() {
	confirm "Parallax is installed in cluster2" install_beside_istiod 2
	confirm "its gateway's agent is ready" rolled_out 2 parallax-gateway
	confirm "and has a stream to the istiod of cluster1" wait_for 30 has_stream 2
	confirm "through cluster1's gateway" control_path_is_tunnelled
	confirm "sleep's calls are answered by both clusters" answers_become "v1 v2" 1
	show operator "kubectl exec daemonset/parallax -- parallaxctl endpoints" agent 1 endpoints
	show operator "kubectl exec daemonset/parallax -- parallaxctl status" agent 1 status
}

# The agent of cluster2 is a client on its own node, istiod a service of network1.
control_path_is_tunnelled() {
	agent 2 flows --vip 10.20.0.15:15012 -o json | python3 -c '
import json, sys
ways = {(flow["upstream"], flow["path"]) for flow in json.load(sys.stdin)["flows"]}
sys.exit(ways != {("192.23.110.10:15443", "tunnel")})'
}

# istiod tells other clusters no endpoint of itself, and leaves with all its connections.
istio_restart() {
	kc 1 -n istio-system delete pod -l app=istiod --wait >/dev/null
	confirm "istiod starts anew" kc 1 -n istio-system rollout status deployment/istiod --timeout=180s
	confirm "cluster1's agent finds it again" wait_for 60 has_stream 1 1
	confirm "and cluster2's, through the gateway" wait_for 60 has_stream 2 1
	confirm "as before" control_path_is_tunnelled
	confirm "no packet for a pod or virtual IP crossed the wide area" wide_area_is_clean
}

istio_scale() {
	kc 1 -n sample scale deployment/helloworld-v1 --replicas=3 >/dev/null
	confirm "three pods of v1 are three endpoints" wait_for 60 local_backends 1 3
	kc 1 -n sample scale deployment/helloworld-v1 --replicas=1 >/dev/null
}

istio_end() {
	local n
	for n in 1 2; do
		confirm "Parallax is uninstalled from cluster$n" hl "$n" uninstall parallax --timeout 5m
		confirm "no pin, no program, no qdisc is left on node$n" test -z "$(what_is_left "$n")"
	done
}
