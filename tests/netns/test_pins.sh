#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The pin directory is deleted under a running agent: no hook leaves its interface, no connection is
# lost, and the directory is made again, with all its pins.
. "$(dirname "$0")/lib.sh"

LOG=$TEST_DIR/log/agent-node1
pins() { ls "$(pin_dir node1)" 2>/dev/null; }
pins_are() { [[ $(pins) == "$1" ]]; }
map_id() { bpftool -j map show pinned "$(pin_dir node1)/$1" | sed 's/.*"id":\([0-9]*\),"type.*/\1/'; }
says() { grep -q "$1" "$LOG"; }
look() { kill -HUP "$(pid_of agent-node1)"; } # not to wait for the next tick
open() { grep -q '^open 20' "$TEST_DIR/log/$1"; }

two_clusters
for ATTACH in auto clsact; do
	two_agents
	check "$ATTACH: both answer" wait_for 5 versions_are "v1 v2" sleep
	expected=$(pins) flows=$(map_id flows)
	start held-$ATTACH sleep "$T/hold" -n 20 -t 30000 -u "$TEST_DIR/$ATTACH-enough" $VIP:5000
	check "$ATTACH: 20 connections" wait_for 5 open held-$ATTACH
	hooks=$(attached_programs node1)
	rm -rf "$(pin_dir node1)"
	equal "$ATTACH: the hooks stay" "$hooks" "$(attached_programs node1)"
	[[ $ATTACH == auto ]] || look
	check "$ATTACH: the pins are made again" wait_for 15 pins_are "$expected"
	equal "$ATTACH: the map of flows" "$flows" "$(map_id flows)"
	check "$ATTACH: and the log reports it" says "were removed: made again"
	check "$ATTACH: both answer again" wait_for 5 versions_are "v1 v2" sleep
	rm "$(pin_dir node1)/vips"
	look
	check "$ATTACH: so is a single one" wait_for 15 pins_are "$expected"
	touch "$TEST_DIR/$ATTACH-enough"
	finish held-$ATTACH || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held-$ATTACH")"
	refute "$ATTACH: a second agent is refused still" in_ns node1 "$BUILD/parallaxd" \
		--config "$TOPO_DIR/node1/config.yaml" --pin-dir "$(pin_dir node1)"
	for node in node1 gw2; do
		stop agent-$node
		check "$ATTACH: uninstall on $node" ctl $node uninstall
	done
	equal "$ATTACH: programs left on node1" "" "$(left_behind node1)"
done
nothing_invalid
