#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A server made with go-control-plane: delta and state of the world. Needs Go 1.25 and its modules.
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lib.sh"
version=$(go env GOVERSION 2>/dev/null)
[[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 25)) || skip "needs Go 1.25 or newer"
GCP=$BUILD/tests/gcp
(cd tests/interop/gcp && CGO_ENABLED=0 go build -o "$GCP" .) >"$TEST_DIR/go" 2>&1 ||
	skip "go-control-plane cannot be built: $(tail -n 1 "$TEST_DIR/go")"
. tests/netns/lib_ads.sh

two_clusters
ads_host
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
V1=10.10.0.90:5000
GATEWAY=192.23.120.32:15443
eds "$HELLO" $V1/n2-k8s-config
gateway_role $SNAT2 192.23.110.0/24 | agent_config gw2 network2 n2-k8s-config
check "agent on gw2" agent_start gw2
echo $V1 $GATEWAY | put "$TEST_DIR/endpoints"
start ads istiod "$GCP" 0.0.0.0:15010 the-node "$HELLO" "$TEST_DIR/endpoints"
wait_for 10 ads_listens || fail "no server: $(tail "$TEST_DIR/log/ads")"

for mode in delta sotw; do
	{
		transports network2=geneve
		echo "services: [{host: $HOST, addresses: [$VIP], ports: [{port: 5000, protocol: TCP}]}]"
	} | ADS=$(printf 'mode: %s' $mode) CAPTURE=all ads_config node1 network1 cluster1
	sed -i 's/node: {.*/node: {id: the-node}/' "$TOPO_DIR/node1/config.yaml"
	check "$mode: agent on node1" agent_start node1
	check "$mode: sleep reaches both" wait_for 15 versions_are "v1 v2" sleep
	echo $V1 | put "$TEST_DIR/endpoints"
	check "$mode: a change arrives" wait_for 10 versions_are v1 sleep
	echo $GATEWAY | put "$TEST_DIR/endpoints"
	check "$mode: another" wait_for 10 versions_are v2 sleep
	echo $V1 $GATEWAY | put "$TEST_DIR/endpoints"
	check "$mode: and both" wait_for 10 versions_are "v1 v2" sleep
	check "$mode: nothing was refused" quietly test -z "$(ctl node1 status | grep 'last nack')"
	stop agent-node1
	ctl node1 uninstall >/dev/null || fail "uninstall"
done
nothing_leaked
nothing_invalid
