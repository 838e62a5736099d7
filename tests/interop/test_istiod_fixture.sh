#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The steps of the placeholder fixture, istiod and nodes edited in either order: whatever istiod
# sends, no packet for a remote pod, or for 0.0.0.0, leaves a node.
. "$(dirname "$0")/lib_istiod.sh"

istiod_clusters
start_server v1 v1
start_server v2 v2
ISTIOD_NETWORKS=$TEST_DIR/istiod-networks.yaml

# step istiod|nodes [GATEWAY...]: network2's gateways, as that side knows them
step() {
	local file=$TOPO_DIR/networks.yaml gateway
	[[ $1 == istiod ]] && file=$ISTIOD_NETWORKS
	shift
	{
		echo "networks:"
		echo "  network1: {endpoints: [{fromCidr: 10.10.0.0/16}]}"
		echo "  network2:"
		echo "    endpoints: [{fromCidr: 10.32.0.0/16}]"
		(($#)) && echo "    gateways:"
		for gateway; do
			echo "    - {address: $gateway, port: 15443}"
		done
	} | put "$file"
}

# busy: sleep calls all the time, whatever the answer
busy() {
	while [[ ! -e $TEST_DIR/enough ]]; do
		hello sleep -n 5 -s
	done >"$TEST_DIR/busy" 2>&1
}

good=192.23.120.32 second=192.23.120.33
for mode in delta sotw; do
	echo "-- $mode"
	rm -f "$TEST_DIR/enough"
	step istiod 0.0.0.0
	step nodes 0.0.0.0
	NETWORKS=$ISTIOD_NETWORKS istiod_start v1 v2
	SERVER=$ISTIOD:15010 ADS=$(ads_keys plain $mode) CAPTURE=all ads_node1
	SERVER=$ISTIOD:15010 ADS=$(ads_keys plain $mode) CAPTURE=all ads_gw2
	check "agent on node1" agent_start node1
	check "agent on gw2" agent_start gw2
	check "00: sleep reaches v1" wait_for 20 versions_are v1 sleep
	busy &
	for first in istiod nodes; do
		second_side=$([[ $first == istiod ]] && echo nodes || echo istiod)
		for gateways in "$good" "" broken "$good $second" "$good" 0.0.0.0; do
			if [[ $gateways == broken ]]; then
				echo "networks: {network2: {gateways: 192.23.120.32}}" |
					put "$ISTIOD_NETWORKS"
				sleep 0.5
				continue
			fi
			# shellcheck disable=SC2086 # a list
			step $first $gateways
			sleep 0.7
			# shellcheck disable=SC2086
			step $second_side $gateways
			sleep 0.7
		done
		nothing_leaked
	done
	step nodes $good
	step istiod $good
	check "and both are reached in the end" wait_for 10 versions_are "v1 v2" sleep
	touch "$TEST_DIR/enough"
	wait $!
	calls=$(awk '{ n += $2 } END { print n + 0 }' "$TEST_DIR/busy")
	((calls > 50)) || fail "only $calls calls were made"
	equal "calls that failed meanwhile" 0 "$(grep -vc '^v[12] ' "$TEST_DIR/busy")"
	nothing_leaked
	stop agent-node1
	stop agent-gw2
	stop istiod
	ctl node1 uninstall >/dev/null
	ctl gw2 uninstall >/dev/null
done
nothing_invalid
