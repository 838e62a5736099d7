#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Shares over a thousand connections are close to the weights.
. "$(dirname "$0")/lib.sh"

two_clusters
pod_add node1 v1b 10.10.0.91
start_server v1b v1b
two_agents

# between TEXT VALUE LOW HIGH
between() {
	(($2 >= $3 && $2 <= $4)) || fail "$1: $2, not within $3..$4"
	echo "ok: $1: $2 of 1000"
}
count_of() { sed -n "s/.*\\b$1:\\([0-9]*\\).*/\\1/p" <<<"$counts"; }

eds "$HELLO" '10.10.0.90:5000/cluster1*1' '10.10.0.91:5000/cluster1*2' \
	'10.10.0.90:5000/n2-k8s-config*5'
check "all three answer" wait_for 5 versions_are "v1 v1b v2" sleep
counts=$(answers sleep 1000)
# Bounds five standard deviations wide.
between "v1 with weight 1 of 8" "$(count_of v1)" 72 178
between "v1b with weight 2 of 8" "$(count_of v1b)" 181 319
between "v2 with weight 5 of 8" "$(count_of v2)" 548 702

eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
check "two answer" wait_for 5 versions_are "v1 v2" sleep2
counts=$(answers sleep2 1000)
between "from network2, v1 with half" "$(count_of v1)" 421 579
nothing_invalid
