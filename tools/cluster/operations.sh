# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Operations on a cluster that carries load. To be sourced by tools/cluster/cluster.sh.

operations() {
	step "6½" "operation under load"
	restart_agents
	upgrade_agents
	refuse_bad_configuration
	tell_problems
	scale
	drain
	churn
	clients_of_the_node
	born_without_agent
	confirm "no probe ever restarted an agent" test "$(restarts 1)$(restarts 2)" = 00
}
restarts() {
	kc "$1" -n parallax get "$(agent_pod "$1")" -o jsonpath='{.status.containerStatuses[0].restartCount}'
}

# under_load TEXT COMMAND...: while connections are opened without pause and others stay open
under_load() {
	local text=$1
	shift
	load_start 1 || exit 1
	"$@" >/dev/null 2>&1 || { say "failed: $*" && exit 1; }
	load_stop 1 || load_losses | sed 's/^/   /'
	say "$LOAD_RESULT"
	confirm "$text" load_was_served
}

restart_agents() {
	under_load "rolling restart of both clusters' agents: no connection is lost" restart_both
	confirm "and none of the 20 that stayed open all the time" held_all
}
restart_both() {
	local n
	for n in 1 2; do
		kc "$n" -n parallax rollout restart daemonset/parallax-gateway && rolled_out "$n" parallax-gateway || return
	done
}

# Another build: the same sources with the layout of a later version.
upgrade_agents() {
	local n
	build_next && tools/image/image.py --build "$BUILD/next" --tag next --archive "$TOPO_DIR/next.tar" >/dev/null ||
		exit 1
	for n in 1 2; do
		on_node "$n" "$CACHE/root/usr/bin/ctr" -a "$(state "$n")/containerd.sock" -n k8s.io \
			images import "$TOPO_DIR/next.tar" >/dev/null || exit 1
	done
	under_load "upgrade to a build of another layout: no connection is lost" upgrade_both image.tag=next
	confirm "and none of the 20 that stayed open all the time" held_all
	confirm "whose flows were carried over" carried_both
	under_load "rollback to the build before: no connection is lost" rollback_both
	confirm "and none of the 20 that stayed open all the time" held_all
	confirm "whose flows were carried back" carried_both
	under_load "other limits: no connection is lost" upgrade_both config.limits.flows=131072
	confirm "and none of the 20 that stayed open all the time" held_all
	confirm "whose flows were carried over" carried_both
}
build_next() {
	local next=${BUILD#"$PWD/"}/next # relative, as make names what is below the tree
	tests/netns/next_layout.sh "$next/include" &&
		make --no-print-directory BUILD="$next" HEADERS="$next/include" CFLAGS=-O2 all "$next/parallax-pod" \
			"$next/parallax-cni" >"$TOPO_DIR/log/next" 2>&1 && return
	tail -n 20 "$TOPO_DIR/log/next"
	return 1
}
upgrade_both() { # KEY=VALUE: of the chart
	local n
	for n in 1 2; do
		hl "$n" upgrade parallax deploy/chart --reuse-values --set "$1" &&
			rolled_out "$n" parallax-gateway || return
	done
}
rollback_both() {
	local n
	for n in 1 2; do
		hl "$n" rollback parallax && rolled_out "$n" parallax-gateway || return
	done
}
carried_both() {
	local n
	for n in 1 2; do
		kc "$n" -n "$NS" logs "$(agent_pod "$n")" -c parallaxd |
			seen 'entries of flows carried over in [0-9]* ms"' || return
	done
}

refuse_bad_configuration() {
	confirm "Helm refuses a key that the agent does not know" \
		refused hl 1 upgrade parallax deploy/chart --reuse-values --set config.interfaces.uplink=eth0
}
refused() { ! "$@"; }

# The gateway's address is a placeholder again, then is back. Each reaches the agent by ConfigMap.
tell_problems() {
	use_networks 1 placeholder >/dev/null || exit 1
	confirm "a network without a gateway becomes a Kubernetes Event" wait_for 60 has_event 1 GatewayUnknown
	show operator "kubectl -n parallax get events" kc 1 -n parallax get events \
		--field-selector source=parallaxd -o custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message
	use_networks 1 mirrored >/dev/null || exit 1
	confirm "and another says when all problems are over" wait_for 60 has_event 1 ProblemsOver
	confirm "both versions answer again" answers_become "v1 v2" 1
}
has_event() { kc "$1" -n parallax get events --field-selector "reason=$2" -o name | seen event; }

scale() {
	under_load "v1 from one pod to four and back: no new connection is lost" scale_up_and_down
}
scale_up_and_down() {
	kc 1 -n sample scale deployment/helloworld-v1 --replicas=4 &&
		wait_for 90 local_backends 1 4 &&
		kc 1 -n sample scale deployment/helloworld-v1 --replicas=1 &&
		wait_for 90 local_backends 1 1 && sleep 20
}
local_backends() { [[ $(agent "$1" endpoints --service $VIP:5000 | grep -c " local  *direct .*active") == "$2" ]]; }

drain() {
	under_load "cluster2's node is drained: v1 takes over, no new connection is lost" drain_cluster2
	confirm "the agent stays on the drained node" test -n "$(agent_pod 2)"
	kc 2 uncordon node2 >/dev/null
	confirm "after uncordon v2 answers again" answers_become "v1 v2" 1
}
drain_cluster2() {
	kc 2 drain node2 --ignore-daemonsets --delete-emptydir-data --force --timeout=120s \
		--pod-selector=app=helloworld && wait_for 60 calls_answered_by v1 1
}

# ------------------------------------------------------------------ clients of the node's network

# pod_like_sleep N NAME HOST_NETWORK
pod_like_sleep() {
	kc "$1" -n sample get pod sleep -o json | python3 -c '
import json, sys
pod, spec = {}, json.load(sys.stdin)["spec"]
spec = {key: spec[key] for key in ("containers", "volumes") if key in spec}
for item in spec["containers"]:
    item["volumeMounts"] = []
spec.update({"volumes": [], "hostNetwork": sys.argv[2] == "true", "terminationGracePeriodSeconds": 1,
             "automountServiceAccountToken": False})
json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": sys.argv[1]}, "spec": spec}, sys.stdout)
' "$2" "$3" | kc "$1" -n sample apply -f -
}

# pod_calls N POD: the versions that answer it
pod_calls() {
	kc "$1" -n sample exec -q "$2" -- hello -s -n 30 $VIP 5000 | cut -d' ' -f1 | sort | paste -sd' '
}
pod_is_answered_by() { [[ $(pod_calls "$2" "$3") == "$1" ]]; }

node_calls() { in_ns "node$1" "$BUILD/tests/hello" -s -n 30 $VIP 5000 | cut -d' ' -f1 | sort | paste -sd' '; }

clients_of_the_node() {
	pod_like_sleep 1 onhost true >/dev/null
	kc 1 -n sample wait --for=condition=Ready pod/onhost --timeout=120s >/dev/null
	confirm "a pod in the node's network is answered by both versions" \
		wait_for 20 pod_is_answered_by "v1 v2" 1 onhost
	confirm "so is a process of the node itself" test "$(node_calls 1)" = "v1 v2"
	confirm "the access log has the node's address as client, and the gateway as upstream" node_is_logged
	kc 1 -n sample delete pod onhost --wait >/dev/null
}
node_is_logged() {
	agent 1 flows --format envoy >"$TOPO_DIR/envoy" &&
		grep -F "\"$BALANCER:15443\" $CLUSTER " "$TOPO_DIR/envoy" | seen " $VIP:5000 192.23.110.10:"
}

# ------------------------------------------------------------------ a pod that is born while no agent runs

born_without_agent() {
	agents_elsewhere '"nobody.home": "yes"'
	confirm "no agent runs in cluster1" wait_for 60 no_agent 1
	confirm "the pods that run are served all the same" calls_answered_by "v1 v2" 1
	pod_like_sleep 1 born false >/dev/null
	confirm "a pod that is to start waits, and says why" wait_for 90 waits_for_agent 1 born
	agents_elsewhere '"nobody.home": null'
	confirm "the agent is back" rolled_out 1 parallax-gateway
	confirm "the pod starts" kc 1 -n sample wait --for=condition=Ready pod/born --timeout=180s
	confirm "and its first calls are answered by both versions" test "$(pod_calls 1 born)" = "v1 v2"
	kc 1 -n sample delete pod born --wait >/dev/null
}
agents_elsewhere() {
	kc 1 -n parallax patch daemonset parallax-gateway -p \
		"{\"spec\": {\"template\": {\"spec\": {\"nodeSelector\": {$1}}}}}" >/dev/null
}
no_agent() { [[ -z $(agent_pod "$1") ]]; }
waits_for_agent() { kc "$1" -n sample get events --field-selector "involvedObject.name=$2" | says_no_agent; }
says_no_agent() { seen 'no agent of Parallax runs on this node'; }

# ------------------------------------------------------------------ pods come and go

churn() {
	local before after
	before=$(pod_interfaces 1)
	confirm "$CHURN pods come and go" churn_pods
	after=$(pod_interfaces 1)
	confirm "the agent has as many pod interfaces as before ($before)" test "$before" = "$after"
	confirm "and both versions answer" answers_become "v1 v2" 1
}
pod_interfaces() { agent "$1" status -o json | python3 -c '
import json, sys
print(sum(item["role"] == "pod" for item in json.load(sys.stdin)["interfaces"]))'; }

churn_pods() {
	local rounds=$(((CHURN + 24) / 25)) round
	for ((round = 0; round < rounds; round++)); do
		kc 1 -n sample create deployment churn --image=docker.io/library/helloworld:1 --replicas=25 &&
			kc 1 -n sample wait --for=condition=Available deployment/churn --timeout=180s &&
			kc 1 -n sample delete deployment churn --cascade=foreground --timeout=120s || return
	done
}
