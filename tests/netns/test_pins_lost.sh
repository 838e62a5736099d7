#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A pin directory that was deleted and cannot be made again, is to be gone, or is another agent's.
. "$(dirname "$0")/lib.sh"

says() { grep -q "$1" "$TEST_DIR/log/agent-node1"; }
look() { kill -HUP "$(pid_of agent-node1)"; } # not to wait for the next tick
left() { ! kill -0 "$1"; }

two_clusters
two_agents
rm -rf "$(pin_dir node1)"
bpftool map create "$(pin_dir node1)" type array key 4 value 8 entries 4 name somebodys
look
check "a problem when it cannot be made again" wait_for 15 says "cannot be made again: Not a dir"
rm "$(pin_dir node1)"
look
check "is over when it can" wait_for 25 says "all problems are over"
check "status" quietly ctl node1 status
check "uninstall by force" ctl node1 uninstall --force
look
check "ends the agent" wait_for 15 left "$(pid_of agent-node1)"
equal "left on node1" "" "$(left_behind node1)"
check "its exit is no failure" finish agent-node1

# Something is pinned while all pins are removed: `uninstall' looks again, and what comes even later the
# agent takes with it.
check "an agent" agent_start node1
check "uninstall by force, beside a late pin" env LATE_PINS=1 LD_PRELOAD="$T/late_pin.so" \
	nsenter --net="$(netns_path node1)" "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" uninstall --force
refute "no directory is left" test -e "$(pin_dir node1)"
look
check "ends the agent" wait_for 15 left "$(pid_of agent-node1)"
check "an agent" agent_start node1
kill -STOP "$(pid_of agent-node1)"
refute "pins that come again and again" env LATE_PINS=1000 LD_PRELOAD="$T/late_pin.so" \
	nsenter --net="$(netns_path node1)" "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" uninstall --force \
	2>"$TEST_DIR/again"
check "are named" seen 'was pinned in .* again and again' <"$TEST_DIR/again"
check "leave a directory" test -e "$(pin_dir node1)"
kill -CONT "$(pid_of agent-node1)" # which finds the messages about its interfaces
check "the agent leaves" wait_for 15 left "$(pid_of agent-node1)"
check "its exit is no failure" finish agent-node1
equal "left on node1" "" "$(left_behind node1)"

check "an agent" agent_start node1
rm -rf "$(pin_dir node1)"
first=$(pid_of agent-node1)
check "another takes the place that was deleted" agent_start node1
kill -HUP "$first"
check "and the first leaves" wait_for 15 left "$first"
check "its log names the reason" says "another agent.* runs on"
check "both answer" wait_for 5 versions_are "v1 v2" sleep
nothing_invalid
