#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A gateway by a name that has addresses of both families: pods of either use its IPv4 address from a node
# that has one, too, and else its IPv6 address.
# Families: 6
export FAMILY=${FAMILY:-46}
. "$(dirname "$0")/lib.sh"

GATEWAY=gateway.cluster2.example
V4=192.23.120.32 V6=$(outer 192.23.120.32 6)
printf '%s\n' "127.0.0.1 localhost" "$V4 $GATEWAY" "$V6 $GATEWAY" >"$TEST_DIR/hosts"

# As agent_start, with that file in the place of /etc/hosts.
agent_with_hosts() {
	echo "$(pin_dir "$1")" >>"$TOPO_DIR/pins"
	start "agent-$1" "$1" unshare --mount sh -ec 'mount --bind "$0" /etc/hosts; exec "$@"' \
		"$TEST_DIR/hosts" "$BUILD/parallaxd" --config "$TOPO_DIR/$1/config.yaml" \
		--pin-dir "$(pin_dir "$1")"
	wait_for 10 agent_serves "$1"
}

two_clusters
networks network1=cluster1 network2=n2-k8s-config@$GATEWAY:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
transports network2=geneve | agent_config node1 network1 cluster1
from=$(for family in $(node_families); do outer 192.23.110.0/24 "$family"; done)
gateway_role $SNAT2 $from | agent_config gw2 network2 n2-k8s-config
check "agent on node1 serves" agent_with_hosts node1
check "agent on gw2 serves" agent_start gw2

# share ADDRESS: in percent, of the first service that endpoints shows
share() { ctl node1 endpoints | awk -v at="$(at "$1" 15443)" '$3 == at { print $10; exit }'; }
shares_are() { [[ "$(share $V4) $(share "$V6")" == "$1" ]]; }
[[ $OUTER == 4 ]] && used=$V4 expected="50.0% " || used=$V6 expected=" 50.0%"
check "of the gateway's addresses $used has the share" wait_for 10 shares_are "$expected"

for family in $(inner_families); do
	in_ns sleep "$T/hello" -s -n 60 "$(inner 10.20.194.146 "$family")" 5000 >"$TEST_DIR/answers" ||
		fail "calls over IPv$family"
	equal "all calls over IPv$family are answered, by" "v1 v2" \
		"$(sort "$TEST_DIR/answers" | cut -d' ' -f1 | paste -sd' ')"
done
for family in $(inner_families); do
	check "those of v2 over IPv$family by the tunnel to $used" seen \
		"\"$(at "$used" 15443 | sed 's/[][]/\\&/g')\" .* $(inner_at 10.20.194.146:5000 "$family" | sed 's/[][]/\\&/g') " \
		< <(ctl node1 flows --format envoy)
done
nothing_leaked
nothing_invalid
