#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One source port to several virtual IPs that share a pod or a gateway, and to the pod itself.
# Families: 6
. "$(dirname "$0")/lib.sh"

VIP2=$(inner 10.20.194.147)
VIP2_AT=$(at "$VIP2" 5000)
SERVICES="
- {host: $HOST, addresses: ["$VIP"], ports: [{port: 5000, protocol: TCP}]}
- {host: other.sample.svc.cluster.local, addresses: ["$VIP2"], ports: [{port: 5000, protocol: TCP}]}"
OTHER="outbound|5000||other.sample.svc.cluster.local"
two_clusters
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 "$OTHER" 10.10.0.90:5000/cluster1
transports network2=geneve | agent_config node1 network1 cluster1
gateway_role $SNAT2 192.23.110.0/24 | agent_config gw2 network2 n2-k8s-config
check "agent on node1 serves" agent_start node1
check "agent on gw2 serves" agent_start gw2

clash() { # TEXT DESTINATION...
	local text=$1
	shift
	in_ns sleep "$T/hold" -t 4000 -p $port -r 5 "$@" >"$TEST_DIR/clash" ||
		fail "$text: $(cat "$TEST_DIR/clash")"
	equal "$text: different peers at the server" $# \
		"$(awk '$1 ~ /:5000$/ { print $2, $3 }' "$TEST_DIR/clash" | sort -u | wc -l)"
	port=$((port + 1))
}

port=20000 # below the kernel's ephemeral ports
clash "two virtual IPs, one pod" $VIP_AT $VIP2_AT
clash "a virtual IP and the pod itself" $VIP_AT "$(inner_at 10.10.0.90:5000)"
clash "the pod itself, then a virtual IP" "$(inner_at 10.10.0.90:5000)" $VIP_AT
clash "both virtual IPs and the pod" $VIP2_AT $VIP_AT "$(inner_at 10.10.0.90:5000)"

put "$TOPO_DIR/node1/config.yaml" < <(sed 's/^delivery: .*/delivery: redirect/' \
	"$TOPO_DIR/node1/config.yaml")
sleep 1
clash "redirect: two virtual IPs, one pod" $VIP_AT $VIP2_AT
clash "redirect: the pod itself, then a virtual IP" "$(inner_at 10.10.0.90:5000)" $VIP_AT
clash "redirect: a virtual IP and the pod itself" $VIP_AT "$(inner_at 10.10.0.90:5000)"

# Many connections at once, as from a busy client.
for destination in $VIP $VIP2; do
	start "many-$destination" sleep "$T/hold" -n 1500 -r 3 "$(at "$destination" 5000)"
done
for destination in $VIP $VIP2; do
	finish "many-$destination" ||
		fail "1500 to $destination: $(grep -v '^open' "$TEST_DIR/log/many-$destination" | head -n 3)"
	echo "ok: 1500 connections to $destination"
done

# The same behind one gateway: inner packets differ by the virtual IP.
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config "$OTHER" 10.10.0.90:5000/n2-k8s-config
check "v2 alone" wait_for 5 versions_are v2 sleep
clash "two virtual IPs, one Parallax gateway" $VIP_AT $VIP2_AT

# And behind one stock gateway, where both would become one tuple.
stop agent-node1
{
	transports network2=passthrough
} | agent_config node1 network1 cluster1
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
start plain-gateway gw2 "$T/server" "$(outer 192.23.120.32)" 15443 gateway plain
check "agent on node1 is back" agent_start node1
check "all enter by the stock gateway" wait_for 5 versions_are gateway sleep
clash "two virtual IPs, one stock gateway" $VIP_AT $VIP2_AT
nothing_invalid
