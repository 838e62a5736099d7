# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Shared by the end-to-end tests; each test_*.sh sources it first.
# A test ends by `fail`, `skip` or its last line; this file cleans up in every case.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# Thousands of connections at once are more than the usual 1,024 files.
ulimit -Sn 65536 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"
BUILD=$(realpath "${BUILD:-build}")
HERE=$PWD/tests/netns
T=$BUILD/tests
# shellcheck source=tools/lib/python.sh
. tools/lib/python.sh
# shellcheck source=tools/lib/topology.sh
. tools/lib/topology.sh
# shellcheck source=tools/lib/agents.sh
. tools/lib/agents.sh

VIP=$(inner 10.20.194.146)
VIP_AT=$(at "$VIP" 5000)
HOST=helloworld.sample.svc.cluster.local
HELLO="outbound|5000||$HOST"
SNAT1=172.31.254.1 SNAT2=172.31.255.1

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# check TEXT COMMAND...: the command must succeed
check() {
	local text=$1
	shift
	"$@" || fail "$text"
	echo "ok: $text"
}

# refute TEXT COMMAND...: the command must not succeed
refute() {
	local text=$1
	shift
	! "$@" || fail "$text"
	echo "ok: $text"
}

# has_tcx: links at the TC hooks, since Linux 6.6; before it `attach: auto` means clsact
has_tcx() { printf '6.6\n%s\n' "$(uname -r)" | sort -VC; }

# quietly COMMAND...: without its output
quietly() { "$@" >/dev/null 2>&1; }

# equal TEXT EXPECTED ACTUAL
equal() {
	[[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
	echo "ok: $1: $3"
}

test_end() {
	local status=$?
	trap '' HUP INT TERM
	((status == 0 || status == 77)) || test_evidence
	topo_end "$TEST_DIR"
	exit "$status"
}

# Evidence of a failure: the ends of all logs, the state of all nodes.
test_evidence() {
	local log node
	for log in "$TEST_DIR"/log/*; do
		[[ -s $log ]] && echo "-- ${log##*/}:" && tail -n 25 "$log"
	done
	for node in "${!TOPO_NODE_CLUSTER[@]}"; do
		[[ -e $(pin_dir "$node") ]] || continue
		echo "-- status of $node, which dropped $(invalid_dropped "$node") as invalid:"
		ctl "$node" status
		ctl "$node" services
		ctl "$node" endpoints
	done 2>&1
}

[[ $(id -u) == 0 ]] || skip "needs root"
TEST_DIR=${TEST_DIR:-/tmp/parallax-test-$$}
topo_begin "$TEST_DIR" "px$$"
trap test_end EXIT
trap 'exit 1' HUP INT TERM

# ------------------------------------------------------------------ the usual two clusters

# cluster1: node1 with sleep and helloworld v1; cluster2: gw2 with the same pod addresses, v2
two_clusters() {
	wan_add
	cluster_add cluster1 192.23.110.1/24
	cluster_add cluster2 192.23.120.1/24
	node_add node1 cluster1 192.23.110.10/24 192.23.110.1
	node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
	pod_add node1 sleep 10.10.0.89
	pod_add node1 v1 10.10.0.90
	pod_add gw2 sleep2 10.10.0.89
	pod_add gw2 v2 10.10.0.90
	start_server v1 v1
	start_server v2 v2
}

# start_server POD VERSION [PORT]
start_server() {
	local port=${3:-5000} family
	for family in $(inner_families); do
		start "server-$1-$port" "$1" "$T/server" "$(inner "${TOPO_POD_ADDR[$1]}" "$family")" \
			"$port" "$2" "helloworld-$2-$1"
	done
	wait_for 5 listens "$1" "$port" || fail "no server in $1"
}

listens() { in_ns "$1" ss -Hltn "sport = :$2" | seen LISTEN; }

# networks NAME=REGISTRY[@GATEWAY:PORT,...]...: writes the mesh networks of all nodes
networks() {
	local entry name registry gateways
	{
		echo "networks:"
		for entry in "$@"; do
			name=${entry%%=*} registry=${entry#*=} gateways=
			[[ $registry == *@* ]] && gateways=${registry#*@} registry=${registry%%@*}
			echo "  $name:"
			echo "    endpoints: [{fromRegistry: $registry}]"
			[[ -n $gateways ]] && echo "    gateways:"
			for gateway in ${gateways//,/ }; do
				echo "    - {address: \"$(outer "${gateway%:*}")\", port: ${gateway##*:}}"
			done
		done
	} | put "$TOPO_DIR/networks.yaml"
}

# eds RESOURCE ENDPOINT... [RESOURCE ENDPOINT...]...: writes the assignments that all nodes read.
# RESOURCE has a `|', ENDPOINT is ADDR:PORT/REGISTRY[*WEIGHT].
eds() {
	{
		echo 'version_info: "1"'
		echo "resources:"
		while (($#)); do
			if [[ $1 == *"|"* ]]; then
				eds_resource "$1" "${2:-}"
			else
				eds_endpoint "$1"
			fi
			shift
		done
	} | put "$TOPO_DIR/eds.yaml"
}

eds_resource() {
	cat <<-EOF
		- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
		  cluster_name: "$1"
	EOF
	[[ ${2:-|} == *"|"* ]] && return
	printf '  %s\n' "endpoints:" "- load_balancing_weight: 1" "  lb_endpoints:"
}

# Some tests write thousands, so it starts no process where the address stays as it is.
eds_endpoint() {
	local weight=1 at=${1%\**}
	[[ $1 == *"*"* ]] && weight=${1##*\*}
	local place=${at%%/*} registry=${at#*/} more=
	local addr=${place%:*}
	[[ $FAMILY == 6 ]] && addr=$(inner "$addr")
	[[ $FAMILY == 46 ]] && more="
        additional_addresses: [{address: $(socket_address "$(inner "$addr" 6)" "${place##*:}")}]"
	printf '    - endpoint:\n        address: '
	socket_address "$addr" "${place##*:}"
	echo "$more
      load_balancing_weight: $weight
      metadata: {filter_metadata: {istio: {workload: \"w;sample;helloworld;v;$registry\"}}}"
}

# socket_address ADDR PORT: without the end of a line
socket_address() { printf '{socket_address: {address: "%s", port_value: %s}}' "$1" "$2"; }

# inner_list ADDR...: in all families of services, for YAML
inner_list() {
	local addr family list=
	for addr in "$@"; do
		for family in $(inner_families); do list+=", \"$(inner "$addr" "$family")\""; done
	done
	echo "${list#, }"
}

# agent_config NODE NETWORK CLUSTER: standard input adds to it; SERVICES replaces the usual service
agent_config() {
	local services="
- host: $HOST
  addresses: [$(inner_list 10.20.194.146)]
  ports: [{port: 5000, protocol: TCP}, {port: 5000, protocol: UDP}]"
	{
		cat <<-EOF
			network: $2
			cluster: $3
			interfaces: {pods: ["veth*"], uplinks: ["${UPLINK:-eth0}"]${ATTACH:+, attach: $ATTACH}${XDP:+, xdp: $XDP}}
			meshNetworksFile: $TOPO_DIR/networks.yaml
			source: {files: {path: $TOPO_DIR/eds.yaml}}
			limits: {services: 256, backends: 4096, flows: 65536}
			delivery: ${DELIVERY:-stack}
			services:${SERVICES:-$services}
		EOF
		cat
	} | put "$TOPO_DIR/$1/config.yaml"
}

transports() {
	local pair
	echo "transports:"
	for pair in "$@"; do
		echo "  ${pair%%=*}: {mode: ${pair#*=}}"
	done
}

# gateway_role SNAT_ADDR ALLOWED_PREFIX...
gateway_role() {
	local snat=$1 allow='' range
	shift
	for range in "$@"; do allow+=", \"$(outer "$range")\""; done
	echo "gateway: {listen: {interface: ${UPLINK:-eth0}, port: 6081}, snat: [$(inner_list "$snat")], allow: [${allow#, }]}"
}

# Both networks with a gateway each, both agents up, v1 and v2 behind the one service.
two_agents() {
	networks network1=cluster1@192.23.110.10:15443 \
		network2=n2-k8s-config@192.23.120.32:15443
	eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
	{
		transports network2=geneve
		gateway_role $SNAT1 192.23.120.0/24
	} | agent_config node1 network1 cluster1
	{
		transports network1=geneve
		gateway_role $SNAT2 192.23.110.0/24
	} | agent_config gw2 network2 n2-k8s-config
	agent_start node1 || fail "agent on node1"
	agent_start gw2 || fail "agent on gw2"
}

# The same with gw3, a node that is there already, as a second gateway of network2. Both use
# their own address for SNAT.
two_gateways() {
	local node
	two_agents
	for node in gw2 gw3; do
		{
			transports network1=geneve
			echo "gateway: {listen: {interface: eth0, port: 6081}, allow: [\"$(outer 192.23.110.0/24)\"]}"
		} | agent_config $node network2 n2-k8s-config
	done
	check "a second gateway" agent_start gw3
}

# ------------------------------------------------------------------ observations

# hello POD [ARGUMENT...]: calls the service
hello() {
	local pod=$1
	shift
	in_ns "$pod" "$T/hello" "$@" $VIP 5000
}

# answers POD [COUNT]: `v1:10 v2:12', the number of answers by version; empty on any failure
answers() {
	hello "$1" -s -n "${2:-40}" >"$TEST_DIR/answers" || return 1
	sort "$TEST_DIR/answers" | sed 's/ /:/' | paste -sd' '
}

# versions POD [COUNT]: `v1 v2', the versions that answered
versions() {
	answers "$@" | sed 's/:[0-9]*//g'
}

# versions_are EXPECTED POD
versions_are() { [[ $(versions "$2") == "$1" ]]; }

# drops NODE REASON: packets dropped for that reason
drops() {
	ctl "$1" status -o json |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["drops"].get(sys.argv[1], 0))' "$2"
}

# counted NODE HOOK VERDICT REASON: e.g. node1 xdp forwards xdp_decap
counted() {
	ctl "$1" status -o json | python3 -c 'import json, sys
hook, verdict, reason = sys.argv[1:]
print(json.load(sys.stdin)["directions"][hook][verdict].get(reason, 0))' "${@:2}"
}

nothing_invalid() {
	local node
	for node in "${!TOPO_NODE_CLUSTER[@]}"; do
		equal "packets $node found invalid" 0 "$(invalid_dropped "$node")"
	done
}

nothing_leaked() {
	equal "packets for 0.0.0.0 in the wide area" 0 "$(wan_count placeholder)"
	equal "packets for a pod or virtual IP in the wide area" 0 "$(wan_count pods)"
}
