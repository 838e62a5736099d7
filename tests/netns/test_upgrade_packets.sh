#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Upgrades, downgrades and other limits under full load: every TCP segment that one pod sends reaches another.
# With BYTES=8000000000 for each of two transfers there are more than ten million.
# Long
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_upgrade.sh"

BYTES=${BYTES:-250000000}
PODS=(sleep v1 v2)

# Sums of all pods: segments sent, and received. Retransmissions count as sent: packets in another order cause them.
segments() {
	local pod
	for pod in "${PODS[@]}"; do
		in_ns $pod awk '/^Tcp: [0-9]/ { print $12 + $13, $11 }' /proc/net/snmp
	done | awk '{ sent += $1; received += $2 } END { print sent, received }'
}

change() { # FLOWS BUILD: on both nodes
	local node
	sed -i "s/flows: [0-9]*/flows: $1/" "$TEST_DIR"/{node1,gw2}/config.yaml
	for node in node1 gw2; do
		stop agent-$node
		check "$node: $1 flows" start_again $node "$2"
	done
}

lasts() { kill -0 "$(pid_of bulk-send)" || kill -0 "$(pid_of bulk-receive)"; } 2>/dev/null

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
# Counters count packets where nothing puts them together; little of them is under way, so that no queue overflows.
for pod in "${PODS[@]}"; do
	in_ns $pod ethtool -K eth0 tso off gso off gro off >"$TEST_DIR/log/ethtool"
	in_ns $pod sysctl -q net.ipv4.tcp_rmem="4096 131072 262144" net.ipv4.tcp_wmem="4096 131072 262144"
done

start held sleep "$T/hold" -n 50 -t 5000 -u "$TEST_DIR/enough" $VIP:5000
for way in send receive; do start bulk-$way sleep "$T/bulk" $way $VIP 5000 "$BYTES"; done
rounds=0
while ((!rounds)) || lasts; do
	change 131072 "$NEXT"
	change 16384 "$NEXT"
	change 65536 "$THIS"
	((++rounds))
done
for way in send receive; do
	check "bulk, $way" finish bulk-$way
done
touch "$TEST_DIR/enough"
check "no connection was lost" finish held

counts=
arrived() { counts=$(segments) && [[ ${counts% *} == "${counts#* }" ]]; }
check "every segment arrived" wait_for 5 arrived
((${counts% *} > BYTES / 1000)) || fail "only $counts segments"
echo "ok: $((6 * rounds)) changes, ${counts% *} segments sent and received"
nothing_leaked
