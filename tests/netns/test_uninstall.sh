#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# uninstall removes everything of Parallax, also under load, and nothing else.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
equal "programs attached on node1" 8 "$(attached_programs node1 | wc -l)"
refute "uninstall refuses while the agent runs" ctl node1 uninstall
equal "and nothing happened" "v1 v2" "$(versions sleep)"

# Not to port 5000, where a direct connection that was there first may share its port with a call.
start_server v1 v1 6000
start direct sleep "$T/hold" -n 20 -u "$TEST_DIR/enough" 10.10.0.90:6000
direct_open() { grep -q '^open 20' "$TEST_DIR/log/direct"; }
check "20 connections that are none of ours" wait_for 5 direct_open
start ours sleep "$T/hold" -n 20 -u "$TEST_DIR/never" -w "$TEST_DIR/rest" $VIP:5000
ours_say() { grep -q "^$1" "$TEST_DIR/log/ours"; }
check "20 connections to the virtual IP" wait_for 5 ours_say "open 20"
# Between two hooks that go, a packet could meet the uplink's alone and be refused already.
touch "$TEST_DIR/rest"
check "these rest meanwhile" wait_for 5 ours_say resting
for node in node1 gw2; do
	stop agent-$node
done
equal "without agents the data plane serves" "v1 v2" "$(versions sleep)"
for node in node1 gw2; do
	check "uninstall on $node" ctl $node uninstall
	equal "left on $node" "" "$(left_behind $node)"
	check "uninstall again is no error" ctl $node uninstall
done
touch "$TEST_DIR/enough"
says() { [[ $("${@:2}" 2>&1) == *"$1"* ]]; }
mkdir "$(pin_dir node1)"
bpftool map create "$(pin_dir node1)/somebodys" type array key 4 value 8 entries 4 name somebodys
check "a directory with foreign pins is refused" says "but pins of others" ctl node1 uninstall
equal "and not changed" somebodys "$(ls "$(pin_dir node1)")"
rm -r "$(pin_dir node1)"
finish direct || fail "other traffic was hurt: $(cat "$TEST_DIR/log/direct")"
refute "the virtual IP leads nowhere now" hello sleep -t 1000

check "an agent can be installed again" agent_start node1
check "and the other" agent_start gw2
check "both answer again" wait_for 5 versions_are "v1 v2" sleep

# The connections of the uninstalled data plane: refused where they would leave the node.
leaked=$(wan_count pods)
rm "$TEST_DIR/rest"
all_reset() { [[ $(grep -c 'reset by peer' "$TEST_DIR/log/ours") -eq 20 ]]; }
check "its connections end by RST" wait_for 30 all_reset
check "which is counted" eval '(($(drops node1 escaped) >= 20))'
equal "packets for the virtual IP that left meanwhile" "$leaked" "$(wan_count pods)"
