#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The control plane over TLS: names, authorities, tokens and client certificates, right and wrong; and
# the findings of `parallaxctl check' about the files.
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

# serve CERTIFICATE [ARGUMENT...]: restarts the server with this certificate
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

# is_told NODE TEXT: in its status and in its log
is_told() { source_says "$1" "$2" && log_says "$1" "$2"; }

networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
serve elsewhere
ADS=$(with delta) ads_node1
ADS=$(with sotw) ads_gw2
check "agent on node1 starts" agent_start node1
check "a certificate for another name is refused" wait_for 5 is_told node1 "ostname mismatch"
serve stranger
check "one of another authority is" wait_for 45 is_told node1 "certificate"
serve server
check "an expired token is reported" wait_for 45 is_told node1 "UNAUTHENTICATED (16): authentication failure: token expired"
echo right | put "$TEST_DIR/token"
check "agent on gw2 starts" agent_start gw2
check "the new token is used" wait_for 45 source_says node1 "eds synced"
check "sleep reaches both" wait_for 45 versions_are "v1 v2" sleep
check "a client in network2 does" wait_for 45 versions_are "v1 v2" sleep2
equal "metadata clusterid" 1 "$(requests "r.get('open', {}).get('clusterid') == 'cluster1'" min1)"

# Rotation: the stream outlives its token; the next one needs the new.
echo second | put "$TEST_DIR/server-token"
check "sleep reaches both still" versions_are "v1 v2" sleep
serve server
check "the old token is refused" wait_for 45 is_told node1 "UNAUTHENTICATED"
rm "$TEST_DIR/token"
check "a missing token file is reported" wait_for 45 is_told node1 "tokenFile .*token: No such file"
check "sleep reaches both meanwhile" versions_are "v1 v2" sleep
echo second | put "$TEST_DIR/token"
check "the rotated token is used" wait_for 45 source_says node1 "eds synced"

# A client certificate, first without, then with.
serve server --client-ca "$TEST_DIR/ca.crt"
check "without a client certificate it stays away" wait_for 45 is_told node1 "does it want a client certificate"
check "sleep reaches both meanwhile" versions_are "v1 v2" sleep
ADS=$(with delta ", certificateFile: $TEST_DIR/client.crt, keyFile: $TEST_DIR/client.key") ads_node1
check "with one it is there, by the same agent" wait_for 45 source_says node1 "eds synced"
mesh "$GATEWAYS" $V1
check "a change arrives" wait_for 45 versions_are v1 sleep
nothing_leaked
nothing_invalid

# The findings of `check' about unusable files, before an agent uses them.
config=$TOPO_DIR/node1/config.yaml
# finds TEXT CA CERTIFICATE KEY TOKEN: a finding of these files of $TEST_DIR
finds() {
	local text=$1 dir=$TEST_DIR
	ADS="tls: {caFile: $dir/$2, certificateFile: $dir/$3, keyFile: $dir/$4}
    tokenFile: $dir/$5" ads_node1
	check "check: $text" grep -E "^source .*$text" <(ctl node1 check -c "$config")
}
echo garbage >"$TEST_DIR/garbage"
openssl ec -in "$TEST_DIR/client.key" -aes128 -passout pass:x -out "$TEST_DIR/locked.key" 2>/dev/null
openssl genrsa -out "$TEST_DIR/rsa.key" 2048 2>/dev/null
: >"$TEST_DIR/empty"
PLACE="fail +$config:[0-9]+:[0-9]+: "
finds "ok +tls.caFile .*/ca.crt can be used" ca.crt client.crt client.key token
finds "ok +tls.keyFile .*/client.key can be used" ca.crt client.crt client.key token
finds "ok +tokenFile .*/token can be used" ca.crt client.crt client.key token
finds "${PLACE}tls.caFile .*/garbage: it holds no certificate in PEM" garbage client.crt client.key token
finds "${PLACE}tls.caFile .*/nothing: No such file" nothing client.crt client.key token
finds "${PLACE}tls.certificateFile .*/garbage: it holds no certificate in PEM" ca.crt garbage client.key token
finds "${PLACE}tls.keyFile .*/garbage: it holds no private key in PEM" ca.crt client.crt garbage token
finds "${PLACE}tls.keyFile .*/server.key: it does not match the certificate" ca.crt client.crt server.key token
finds "${PLACE}tls.keyFile .*/rsa.key: it does not match the certificate" ca.crt client.crt rsa.key token
finds "${PLACE}tls.keyFile .*/locked.key: it is encrypted" ca.crt client.crt locked.key token
finds "${PLACE}tokenFile .*/nothing: No such file" ca.crt client.crt client.key nothing
finds "${PLACE}tokenFile .*/empty: it is empty" ca.crt client.crt client.key empty
