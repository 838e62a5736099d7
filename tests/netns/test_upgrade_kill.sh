#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An agent that is killed at any step of a handover leaves a data plane that works, and the next start
# finishes it or goes back.
# Long
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_upgrade.sh"

has_tcx || skip "counts updates of TCX links (Linux 6.6)"

killed() { # BUILD CALL NUMBER: starts the agent of node1, which dies at that call
	! KILL_AT="$2 $3" LD_PRELOAD=$T/kill_at.so in_ns node1 "$1/parallaxd" \
		--config "$TEST_DIR/node1/config.yaml" --pin-dir "$(pin_dir node1)" >>"$TEST_DIR/log/killed" 2>&1
}

upgrade_begin
stop agent-node1
from=$THIS to=$NEXT
while read -r call number; do
	check "killed at $call $number" killed "$to" "$call" "$number"
	equal "both answer without an agent" "v1 v2" "$(versions sleep 20)"
	check "the next start serves" start_again node1 "$to"
	refute "and leaves no trace" test -e "$(pin_dir node1)/next"
	stop agent-node1
	read -r from to <<<"$to $from"
done <<-STEPS
	mkdir 1
	bpf_obj_pin 1
	bpf_obj_pin 20
	bpf_link_update 1
	bpf_link_update 5
	bpf_map_lookup_and_delete_elem 1
	bpf_map_lookup_and_delete_elem 50
	bpf_link_update 14
	rename 12
	rename 25
	rmdir 1
STEPS

# A call that fails before the flip: the agent goes back and says why.
failed() { # BUILD CALL NUMBER
	! FAIL_AT="$2 $3" LD_PRELOAD=$T/kill_at.so in_ns node1 "$1/parallaxd" \
		--config "$TEST_DIR/node1/config.yaml" --pin-dir "$(pin_dir node1)" >"$TEST_DIR/log/failed" 2>&1
}
while read -r call number; do
	check "$call $number fails" failed "$to" "$call" "$number"
	check "with a reason" grep -q 'Cannot allocate memory' "$TEST_DIR/log/failed"
	refute "and without a trace" test -e "$(pin_dir node1)/next"
	equal "the older data plane serves on" "v1 v2" "$(BUILD=$from versions sleep 20)"
done <<-STEPS
	mkdir 1
	bpf_obj_pin 20
	bpf_link_update 3
STEPS

# Between the flip and the end only the build that began knows both layouts.
check "killed in the middle once more" killed "$to" bpf_map_lookup_and_delete_elem 20
refute "the older build refuses" in_ns node1 "$from/parallaxd" --config "$TEST_DIR/node1/config.yaml" \
	--pin-dir "$(pin_dir node1)" 2>"$TEST_DIR/refused"
check "with a sentence" grep -q 'start that build again' "$TEST_DIR/refused"
equal "both answer" "v1 v2" "$(versions sleep 20)"
check "that build finishes" start_again node1 "$to"
upgrade_end
