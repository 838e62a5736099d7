#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A real istiod in two dual-stack clusters: virtual IPs, pods and gateways of both families.
export FAMILY=46
. "$(dirname "$0")/lib_istiod.sh"
. tests/interop/lib_kubernetes.sh

VIP6=$(inner 10.20.194.146 6)
GATEWAY4=192.23.120.32 GATEWAY6=$(outer 192.23.120.32 6)

istiod_clusters
pod_add node1 v3 10.10.0.91
for version in v1 v2 v3; do
	start_server $version $version
done

# gateways ADDRESS...: of network2
gateways() {
	local list=
	(($#)) && list=", gateways: [$(printf '{address: "%s", port: 15443}, ' "$@" | sed 's/, $//')]"
	printf '%s\n' "networks:" "  network1: {endpoints: [{fromRegistry: cluster1}]}" \
		"  network2: {endpoints: [{fromRegistry: n2-k8s-config}]$list}" | put "$TOPO_DIR/networks.yaml"
}

istiod_of_cluster1() {
	mkdir -p "$CONF"
	printf '%s\n' "trustDomain: cluster.local" \
		"discoverySelectors: [{matchLabels: {kubernetes.io/metadata.name: sample}}]" >"$CONF/mesh.yaml"
	ISTIO_DUAL_STACK=true ENABLE_CA_SERVER=false PILOT_CERT_PROVIDER=none INJECT_ENABLED=false \
		CLUSTER_ID=cluster1 POD_NAME=istiod POD_NAMESPACE=istio-system \
		start istiod istiod "$ISTIOD_BIN" discovery --kubeconfig="$TOPO_DIR/cluster1/kubeconfig" \
		--meshConfig="$CONF/mesh.yaml" --networksConfig="$TOPO_DIR/networks.yaml" \
		--domain=cluster.local --clusterID=cluster1 --grpcAddr=0.0.0.0:15010 --secureGRPCAddr= \
		--httpAddr=127.0.0.1:8080 --monitoringAddr=127.0.0.1:15014 --httpsAddr= --ctrlz_port=0
	wait_for 30 ads_listens || fail "istiod does not listen: $(tail -n 5 "$TEST_DIR/log/istiod")"
}

# reach IPV4 IPV6: the versions behind the virtual IP of each family
reach() { versions_are "$1" sleep && VIP=$VIP6 versions_are "$2" sleep; }

# edit TEXT IPV4 IPV6: what an edit of istiod's leads to
edit() { check "$1" wait_for 20 reach "$2" "$3"; }

gateways $GATEWAY4 "$GATEWAY6"
etcd_start
api_start cluster1 6443
api_start n2-k8s-config 6444
check "a service of both families" service_add cluster1
check "and in the other cluster" service_add n2-k8s-config
check "v1 in cluster1" pod_of cluster1 v1 10.10.0.90 "$(inner 10.10.0.90 6)"
check "v2 in the other" pod_of n2-k8s-config v2 10.32.0.17 "$(inner 10.32.0.17 6)"
check "istiod may watch it" remote_secret n2-k8s-config
istiod_of_cluster1

transports network2=geneve | ads_config node1 network1 cluster1
printf '%s\n' "gateway:" "  listen: {interface: eth0, port: 6081}" "  snat: [$(inner_list "$SNAT2")]" \
	"  allow: [192.23.110.0/24, \"$(outer 192.23.110.0/24 6)\"]" |
	CAPTURE=all ads_config gw2 network2 n2-k8s-config
check "agent on node1" agent_start node1
check "agent on gw2" agent_start gw2
edit "sleep reaches both pods by both virtual IPs" "v1 v2" "v1 v2"
check "each by both gateways" test 4 = "$(ctl node1 endpoints | grep -c 'gateway .*active')"
pod_of cluster1 v3 "$(inner 10.10.0.91 6)"
edit "a pod of IPv6 is reached in IPv6" "v1 v2" "v1 v2 v3"
gateways $GATEWAY4
edit "through the IPv4 gateway" "v1 v2" "v1 v2 v3"
gateways "$GATEWAY6"
edit "through the IPv6 gateway" "v1 v2" "v1 v2 v3"
gateways
edit "no gateway: pods of this network" v1 "v1 v3"
gateways $GATEWAY4 "$GATEWAY6"
edit "and both again" "v1 v2" "v1 v2 v3"
nothing_leaked
nothing_invalid
