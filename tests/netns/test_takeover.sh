#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Connections that go through an nft DNAT of the virtual IP when Parallax arrives survive it.
. "$(dirname "$0")/lib.sh"

two_clusters
in_ns node1 nft -f - <<-RULES
	table $(ip_table "${FAMILY:0:1}") proxy {
		chain services {
			type nat hook prerouting priority -100;
			$(ip_table "${FAMILY:0:1}") daddr $VIP tcp dport 5000 counter dnat to $(inner_at 10.10.0.90:5000)
		}
	}
RULES
start old sleep "$T/hold" -n 30 -u "$TEST_DIR/enough" $VIP_AT
old_open() { grep -q '^open 30' "$TEST_DIR/log/old"; }
check "30 connections through the DNAT" wait_for 5 old_open

two_agents
check "new connections reach both" wait_for 5 versions_are "v1 v2" sleep
start new sleep "$T/hold" -n 30 -u "$TEST_DIR/enough" $VIP_AT
new_open() { grep -q '^open 30' "$TEST_DIR/log/new"; }
check "30 new connections" wait_for 5 new_open
sleep 2
check "an agent that is restarted" stop agent-node1
check "comes back" agent_start node1
sleep 2
touch "$TEST_DIR/enough"
finish old || fail "an older connection was lost: $(tail -n 5 "$TEST_DIR/log/old")"
finish new || fail "a new connection was lost: $(tail -n 5 "$TEST_DIR/log/new")"
echo "ok: old $(tail -n 1 "$TEST_DIR/log/old"), new $(tail -n 1 "$TEST_DIR/log/new")"
ctl node1 status -o json >/dev/null || fail "status"
nothing_invalid
