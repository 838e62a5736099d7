#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenario: placeholder, live edit, split horizon in both directions, clean-up.
. "$(dirname "$0")/lib.sh"

two_clusters

# The placeholder: the service works, cluster2's endpoint is excluded although the list names it.
networks network1=cluster1 network2=n2-k8s-config@0.0.0.0:443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
{
	transports network2=geneve
	gateway_role $SNAT1 192.23.120.0/24
} | agent_config node1 network1 cluster1
{
	transports network1=geneve
	gateway_role $SNAT2 192.23.110.0/24
} | agent_config gw2 network2 n2-k8s-config
check "agent on node1 serves" agent_start node1
check "agent on gw2 serves" agent_start gw2
equal "with the placeholder sleep reaches" v1:40 "$(answers sleep)"
equal "and a client in network2" v2:40 "$(answers sleep2)"
nothing_leaked

# The live edit.
agent=$(pid_of agent-node1)
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
check "with the gateway's address sleep reaches both" wait_for 5 versions_are "v1 v2" sleep
equal "by the same agent" "$agent" "$(pid_of agent-node1)"
check "which runs" kill -0 "$agent"
equal "a client in network2 still reaches" "v2" "$(versions sleep2)"

# The reverse direction: network1 has a gateway too.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "a client in network2 now reaches both" wait_for 5 versions_are "v1 v2" sleep2
check "and sleep still does" versions_are "v1 v2" sleep

# The access log.
hello sleep -n 30 >"$TEST_DIR/calls" || fail "calls of sleep"
ctl node1 flows --format envoy >"$TEST_DIR/envoy" || fail "flows --format envoy"
log_line() { # PORT UPSTREAM
	grep -F "\"$2\" outbound|5000||$HOST " "$TEST_DIR/envoy" | grep -F " $VIP_AT $(inner_at "10.10.0.89:$1") "
}
while read -r port _ _ version _; do
	upstream=$(inner_at 10.10.0.90:5000)
	[[ $version == v2, ]] && upstream=$(outer_at 192.23.120.32:15443)
	log_line "$port" "$upstream" >/dev/null ||
		fail "no access-log line for port $port by way of $upstream: $(grep ":$port" "$TEST_DIR/envoy")"
done <"$TEST_DIR/calls"
echo "ok: an access-log line for each of 30 calls"

# Removing the endpoints of cluster2 again.
eds "$HELLO" 10.10.0.90:5000/cluster1
check "without cluster2's endpoint sleep reaches v1 alone" wait_for 5 versions_are v1 sleep
nothing_leaked
nothing_invalid
