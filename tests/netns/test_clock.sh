#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The wall clock of a running agent jumps a day forward and two back: nothing expires, nothing waits, and
# changes apply; only times for display follow.
. "$(dirname "$0")/lib.sh"

two_clusters
shift_file=$TEST_DIR/shift
echo 0 >"$shift_file"
export CLOCK_SHIFT=$shift_file LD_PRELOAD=$T/clock_shift.so
two_agents
unset LD_PRELOAD
# fresh ENDPOINT...: assignments that are stale an hour after they came
fresh() {
	eds "$HELLO" "$@"
	{
		cat "$TOPO_DIR/eds.yaml"
		echo "  policy: {endpoint_stale_after: 3600s}"
	} | put "$TOPO_DIR/eds.yaml"
}
log_has() { grep -q -- "$1" "$TEST_DIR/log/agent-node1"; }
open() { grep -q '^open 20' "$TEST_DIR/log/held"; }

fresh 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
check "both answer" wait_for 5 versions_are "v1 v2" sleep
start held sleep "$T/hold" -n 20 -t 30000 -u "$TEST_DIR/enough" $VIP:5000
check "20 connections" wait_for 5 open
for jump in 86400 -86400; do
	echo $jump >"$shift_file"
	kill -HUP "$(pid_of agent-node1)" "$(pid_of agent-gw2)" # as at each tick: sweeps, looks at files
	equal "by $jump s: no endpoint is stale" "v1 v2" "$(versions sleep)"
	fresh 10.10.0.90:5000/cluster1
	check "a change applies" wait_for 5 versions_are v1 sleep
	fresh 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
	check "and the next" wait_for 5 versions_are "v1 v2" sleep
	check "the log has the new day" wait_for 5 log_has "^time=$(date -u -d "$jump seconds" +%F)"
	refute "there is no problem" grep "^Problems" <(ctl node1 status)
done
touch "$TEST_DIR/enough"
finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
nothing_leaked
nothing_invalid
