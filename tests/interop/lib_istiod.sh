# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A real istiod, alone and configured by files, as the control plane of two clusters.
# Each test_*.sh sources it first. ISTIOD names a pilot-discovery binary, 1.28 or 1.29.

. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
[[ -x ${ISTIOD:-} ]] || skip "no istiod: ISTIOD=/path/to/pilot-discovery (1.28 or 1.29) names one"
ISTIOD_BIN=$ISTIOD
. tests/netns/lib_ads.sh

ISTIOD_NAME=istiod.istio-system.svc
HERE_INTEROP=$PWD/tests/interop
CONF=$TEST_DIR/istiod

# network1 with sleep and v1, network2 with sleep2 and v2, in separate ranges: without Kubernetes,
# istiod gives all endpoints one cluster, so only their addresses distinguish the networks.
istiod_clusters() {
	wan_add
	cluster_add cluster1 192.23.110.1/24
	cluster_add cluster2 192.23.120.1/24
	node_add node1 cluster1 192.23.110.10/24 192.23.110.1
	node_add gw2 cluster2 192.23.120.32/24 192.23.120.1
	pod_add node1 sleep 10.10.0.89
	pod_add node1 v1 10.10.0.90
	pod_add gw2 sleep2 10.32.0.99
	pod_add gw2 v2 10.32.0.17
	ads_host
}

# mesh_networks FILE [GATEWAY1] [GATEWAY2]: Istio's schema; ADDRESS:PORT, or nothing for none
mesh_networks() {
	local gateways=("${@:2}") i
	{
		echo "networks:"
		for i in 0 1; do
			echo "  network$((i + 1)):"
			echo "    endpoints: [{fromCidr: $( ((i)) && echo 10.32 || echo 10.10).0.0/16}]"
			[[ -n ${gateways[i]:-} ]] &&
				echo "    gateways: [{address: ${gateways[i]%:*}, port: ${gateways[i]##*:}}]"
		done
	} | put "$1"
}

# workload NAME ADDRESS NETWORK APP VERSION
workload() {
	cat <<-END
		apiVersion: networking.istio.io/v1
		kind: WorkloadEntry
		metadata: {name: $1, namespace: sample}
		spec:
		  address: $2
		  network: $3
		  serviceAccount: $4
		  labels: {app: $4, version: $5}
		---
	END
}

# workloads [v1] [v2]: those that exist
workloads() {
	local which
	for which in "$@"; do
		case $which in
		v1) workload helloworld-v1 10.10.0.90 network1 helloworld v1 ;;
		v2) workload helloworld-v2 10.32.0.17 network2 helloworld v2 ;;
		esac
	done | put "$CONF/config/workloads.yaml"
}

services() {
	put "$CONF/config/services.yaml" <<-END
		apiVersion: networking.istio.io/v1
		kind: ServiceEntry
		metadata: {name: helloworld, namespace: sample}
		spec:
		  hosts: [$HOST]
		  addresses: [$VIP]
		  location: MESH_INTERNAL
		  resolution: STATIC
		  ports: [{number: 5000, name: tcp, protocol: TCP}]
		  workloadSelector: {labels: {app: helloworld}}
	END
}

# istiod_start [v1] [v2]: 15010 in the clear, 15012 with TLS and client certificates
istiod_start() {
	mkdir -p "$CONF/config"
	rm -f "$CONF"/config/*
	echo "trustDomain: cluster.local" >"$CONF/mesh.yaml"
	certificate server "DNS:$ISTIOD_NAME"
	certificate client URI:spiffe://cluster.local/ns/sample/sa/default
	ENABLE_CA_SERVER=false PILOT_CERT_PROVIDER=none start istiod istiod "$ISTIOD_BIN" discovery \
		--registries= --configDir="$CONF/config" --meshConfig="$CONF/mesh.yaml" \
		--networksConfig="${NETWORKS:-$TOPO_DIR/networks.yaml}" --domain=cluster.local --clusterID=c1 \
		--grpcAddr=0.0.0.0:15010 --secureGRPCAddr=0.0.0.0:15012 --httpAddr=127.0.0.1:8080 \
		--monitoringAddr=127.0.0.1:15014 --httpsAddr= --ctrlz_port=0 \
		--caCertFile="$TEST_DIR/ca.crt" --tlsCertFile="$TEST_DIR/server.crt" \
		--tlsKeyFile="$TEST_DIR/server.key"
	wait_for 30 ads_listens || fail "istiod does not listen: $(tail -n 5 "$TEST_DIR/log/istiod")"
	# istiod sometimes ignores files that exist when it starts.
	sleep 0.5
	services
	workloads "$@"
}

# istiod_cut, istiod_heal: connections end, and none can be made, until healed. A restart would have
# istiod serve nothing at first, see istiod_start.
istiod_cut() {
	in_ns istiod nft add table ip cut
	in_ns istiod nft add chain ip cut input '{ type filter hook input priority 0; }'
	in_ns istiod nft add rule ip cut input tcp dport '{ 15010, 15012 }' reject with tcp reset
	in_ns istiod ss -K '( sport = :15010 or sport = :15012 )' >/dev/null 2>&1
}

istiod_heal() { in_ns istiod nft delete table ip cut; }

# ads_keys plain|tls delta|sotw [MORE]: keys of source.ads
ads_keys() {
	echo "mode: $2"
	[[ $1 == tls ]] && echo "    tls: {caFile: $TEST_DIR/ca.crt, serverName: $ISTIOD_NAME, certificateFile: $TEST_DIR/client.crt, keyFile: $TEST_DIR/client.key}"
	[[ -n ${3:-} ]] && echo "    $3"
	return 0
}

port_of() { [[ $1 == tls ]] && echo 15012 || echo 15010; }
