#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The control plane over TLS: names, authorities, tokens and client certificates, right and wrong.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host

V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/n2-k8s-config
GATEWAYS='{"network1": ["192.23.110.10:15443"], "network2": ["192.23.120.32:15443"]}'
ISTIOD_NAME=istiod.istio-system.svc

certificate server "DNS:$ISTIOD_NAME"
certificate elsewhere DNS:istiod.example.com
certificate stranger "DNS:$ISTIOD_NAME" other-ca
certificate client URI:spiffe://cluster.local/ns/sample/sa/default
echo right >"$TEST_DIR/server-token"
echo stale >"$TEST_DIR/token"

# serve CERTIFICATE [ARGUMENT...]: instead of what was there
serve() {
	local pair=$TEST_DIR/$1
	stop ads
	shift
	ads_start --tls "$pair.crt" "$pair.key" --token "$TEST_DIR/server-token" "$@"
}

# with MODE [MORE]: keys of source.ads
with() {
	echo "mode: $1
    tls: {caFile: $TEST_DIR/ca.crt, serverName: $ISTIOD_NAME${2:-}}
    tokenFile: $TEST_DIR/token
    clusterId: cluster1"
}

# seen NODE TEXT: in its status and in its log
seen() { source_says "$1" "$2" && log_says "$1" "$2"; }

networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
serve elsewhere
ADS=$(with delta) ads_node1
ADS=$(with sotw) ads_gw2
check "agent on node1 starts" agent_start node1
check "a certificate for another name is refused" wait_for 5 seen node1 "ostname mismatch"
serve stranger
check "one of another authority is" wait_for 45 seen node1 "certificate"
serve server
check "an expired token is told" wait_for 45 seen node1 "UNAUTHENTICATED (16): authentication failure: token expired"
echo right | put "$TEST_DIR/token"
check "agent on gw2 starts" agent_start gw2
check "the new token is taken" wait_for 45 source_says node1 "eds synced"
check "sleep reaches both" wait_for 45 versions_are "v1 v2" sleep
check "a client in network2 does" wait_for 45 versions_are "v1 v2" sleep2
equal "metadata clusterid" 1 "$(requests "r.get('open', {}).get('clusterid') == 'cluster1'" min1)"

# Rotation: the stream outlives its token; the next one needs the new.
echo second | put "$TEST_DIR/server-token"
check "sleep reaches both still" versions_are "v1 v2" sleep
serve server
check "the old token is refused" wait_for 45 seen node1 "UNAUTHENTICATED"
rm "$TEST_DIR/token"
check "that there is none is told" wait_for 45 seen node1 "tokenFile .*token: No such file"
check "sleep reaches both meanwhile" versions_are "v1 v2" sleep
echo second | put "$TEST_DIR/token"
check "the rotated one is taken" wait_for 45 source_says node1 "eds synced"

# A client certificate, first without, then with.
serve server --client-ca "$TEST_DIR/ca.crt"
check "without a client certificate it stays away" wait_for 45 seen node1 "does it want a client certificate"
check "sleep reaches both meanwhile" versions_are "v1 v2" sleep
ADS=$(with delta ", certificateFile: $TEST_DIR/client.crt, keyFile: $TEST_DIR/client.key") ads_node1
check "with one it is there, by the same agent" wait_for 45 source_says node1 "eds synced"
mesh "$GATEWAYS" $V1
check "a change arrives" wait_for 45 versions_are v1 sleep
nothing_leaked
nothing_invalid
