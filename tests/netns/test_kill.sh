#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agent is killed in the middle of 1 GB across networks; a restart adopts the pinned maps.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
check "v2 alone takes new connections" wait_for 5 versions_are v2 sleep

pinned_ids() { # NODE: name and kernel id of each pinned map and link; programs may be renewed
	local path
	for path in "$(pin_dir "$1")"/*; do
		case ${path##*/} in
		prog_*) ;;
		link_*) in_ns "$1" bpftool -j link show pinned "$path" ;;
		*) in_ns "$1" bpftool -j map show pinned "$path" ;;
		esac 2>/dev/null | sed -n "s|.*\"id\":\([0-9]*\).*|${path##*/} \1|p"
	done
}

for way in send receive; do
	start "bulk-$way" sleep "$T/bulk" -r 50 $way $VIP 5000 400000000
done
start held sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" $VIP:5000
under_way() {
	grep -q '^progress' "$TEST_DIR/log/bulk-send" && grep -q '^progress' "$TEST_DIR/log/bulk-receive" &&
		grep -q '^open 50' "$TEST_DIR/log/held"
}
check "a tenth of each transfer is through" wait_for 20 under_way
ids=$(pinned_ids node1)
[[ $(wc -l <<<"$ids") -ge 15 ]] || fail "too little is pinned: $ids"
is_dead() { ! kill -0 "$(pid_of "$1")"; }
for node in node1 gw2; do
	stop agent-$node KILL
	check "the agent of $node is dead" wait_for 5 is_dead agent-$node
done
check "transfers still run" kill -0 "$(pid_of bulk-send)" "$(pid_of bulk-receive)"
equal "new connections without any agent" v2:40 "$(answers sleep)"
check "status works while the agent is dead" quietly ctl node1 status
check "flows too" quietly ctl node1 flows
for node in node1 gw2; do
	check "the agent of $node is back" agent_start $node
done
diff <(echo "$ids") <(pinned_ids node1) || fail "the restarted agent did not adopt the pinned maps and links"
echo "ok: the same $(wc -l <<<"$ids") maps and links"
for way in send receive; do
	finish "bulk-$way" || fail "$way: $(tail -n 3 "$TEST_DIR/log/bulk-$way")"
	echo "ok: $way: $(tail -n 1 "$TEST_DIR/log/bulk-$way")"
done
touch "$TEST_DIR/enough"
finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
echo "ok: 50 connections, $(tail -n 1 "$TEST_DIR/log/held")"
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
check "the restarted agents apply changes" wait_for 5 versions_are "v1 v2" sleep
nothing_leaked
nothing_invalid
