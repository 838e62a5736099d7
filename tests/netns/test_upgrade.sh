#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Upgrade to another layout, other limits and a downgrade lose no packet and no connection.
. "$(dirname "$0")/lib.sh"

THIS=$BUILD NEXT=$BUILD/next
[[ -x $NEXT/parallaxd ]] || fail "no $NEXT/parallaxd: make test-programs"

# serves_again NODE TIMES: its agent has written so many times that it serves
serves_again() { [[ $(grep -c 'serving network' "$TEST_DIR/log/agent-$1") -ge $2 ]]; }

# restart NODE BUILD: replaces the agent, and waits until the new one serves
restart() {
	local times
	times=$(grep -c 'serving network' "$TEST_DIR/log/agent-$1")
	stop "agent-$1"
	BUILD=$2 agent_start "$1" && wait_for 10 serves_again "$1" $((times + 1))
}

# carried NODE: the last start carried flows over, and lost none
carried() {
	grep 'entries of flows carried over' "$TEST_DIR/log/agent-$1" | tail -n 1 |
		grep -q 'msg="[1-9][0-9]* entries.*ms"'
}

# again NAME COMMAND...: in pod sleep until the end; each failure is a line of its log
again() {
	local name=$1
	shift
	start "$name" sleep bash -c 'until [[ -e $0 ]]; do "$@" >/dev/null || echo "failed: $?"; done' \
		"$TEST_DIR/enough" "$@"
}

change() { # TEXT BUILD: on both nodes
	local node
	for node in node1 gw2; do
		check "$1: $node" restart $node "$2"
		check "its flows were carried over" carried $node
		refute "no trace of the older data plane" test -e "$(pin_dir $node)/next"
	done
}

set_flows() { sed -i "s/flows: [0-9]*/flows: $1/" "$TEST_DIR"/{node1,gw2}/config.yaml; }

two_clusters
start udp-v1 v1 "$T/udp" serve 10.10.0.90 5000 v1
start udp-v2 v2 "$T/udp" serve 10.10.0.90 5000 v2
DELIVERY=redirect two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep
start held sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" $VIP:5000
check "50 connections" wait_for 20 grep -q '^open 50' "$TEST_DIR/log/held"
again connections "$T/hello" -n 50 -s $VIP 5000
again datagrams "$T/udp" -n 20 -m 50 call $VIP 5000
start bulk sleep "$T/bulk" -r 40 receive $VIP 5000 100000000

change "upgrade" "$NEXT"
set_flows 16384
change "fewer flows" "$NEXT"
set_flows 65536
change "downgrade, more flows" "$THIS"

# A limit that is too small is refused, and nothing changes.
set_flows 16
stop agent-node1
refute "too few flows" in_ns node1 "$THIS/parallaxd" --config "$TEST_DIR/node1/config.yaml" \
	--pin-dir "$(pin_dir node1)" 2>"$TEST_DIR/refused"
check "are refused with a sentence" grep -q 'limits.flows is 16, and [0-9]* flows are open' \
	"$TEST_DIR/refused"
refute "and leave nothing" test -e "$(pin_dir node1)/next"
equal "the data plane serves on" "v1 v2" "$(versions sleep)"
set_flows 65536
check "agent of node1" restart node1 "$THIS"

touch "$TEST_DIR/enough"
finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
echo "ok: 50 connections, $(tail -n 1 "$TEST_DIR/log/held")"
finish bulk || fail "bulk: $(tail -n 3 "$TEST_DIR/log/bulk")"
echo "ok: bulk: $(tail -n 1 "$TEST_DIR/log/bulk")"
for name in connections datagrams; do
	finish $name
	equal "failed $name" "" "$(cat "$TEST_DIR/log/$name")"
done
nothing_leaked
nothing_invalid
