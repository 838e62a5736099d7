#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agent's own configuration names no gateway: only istiod announces a stock one, entered by
# passthrough with Istio mTLS end to end.
. "$(dirname "$0")/lib_istiod.sh"

istiod_clusters
SNI=outbound_.5000_._.$HOST
mkdir "$TEST_DIR/tls"
check "certificates" "$HERE/certificates.sh" "$TEST_DIR/tls"
start tls-v1 v1 "$HERE/tls_peer.py" serve "$TEST_DIR/tls" 10.10.0.90:5000 v1
start tls-v2 v2 "$HERE/tls_peer.py" serve "$TEST_DIR/tls" 10.32.0.17:5000 v2
start gateway gw2 "$HERE/stock_gateway.py" 192.23.120.32:15443 "$SNI" 10.32.0.17:5000
for at in v1:5000 v2:5000 gw2:15443; do
	wait_for 5 listens ${at/:/ } || fail "no server at $at"
done

mesh_networks "$TOPO_DIR/networks.yaml" "" 0.0.0.0:15443
istiod_start v1 v2
{
	transports network2=passthrough
	echo "meshNetworks: {networks: {network1: {endpoints: [{fromCidr: 10.10.0.0/16}]}, network2: {endpoints: [{fromCidr: 10.32.0.0/16}]}}}"
} | SERVER=$ISTIOD:15012 ADS=$(ads_keys tls delta) CAPTURE=all ads_config node1 network1 c1
sed -i '/^meshNetworksFile/d' "$TOPO_DIR/node1/config.yaml"
check "no gateway in the agent's configuration" \
	test -z "$(grep -E '192.23.120.32|gateways' "$TOPO_DIR/node1/config.yaml")"
check "agent on node1" agent_start node1

# who: versions that answer mTLS calls
who() {
	in_ns sleep "$HERE/tls_peer.py" call "$TEST_DIR/tls" $VIP:5000 "$SNI" istio 16 2>/dev/null |
		sed 's/.*version: \(v.\).*/\1/' | sort -u | paste -sd' '
}
who_is() { [[ $(who) == "$1" ]]; }

check "with the placeholder sleep reaches v1" wait_for 15 who_is v1
mesh_networks "$TOPO_DIR/networks.yaml" "" 192.23.120.32:15443
check "after istiod's live edit sleep reaches both" wait_for 10 who_is "v1 v2"
# The raw address of the remote pod arrives.
mesh_networks "$TOPO_DIR/networks.yaml"
check "the last gateway gone, sleep reaches v1" wait_for 10 who_is v1
sleep 0.5
equal "and stays so" v1 "$(who)"
check "the raw pod is excluded" grep -q 10.32.0.17:5000 \
	<(ctl node1 endpoints -o json | sed -n '/excluded/,$p')
nothing_leaked
