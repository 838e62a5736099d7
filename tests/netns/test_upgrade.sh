#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Upgrade to another layout, other limits and a downgrade lose no packet and no connection.
# Families: 46o6
# More families: 46
# Long
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_upgrade.sh"

# carried NODE: the last start carried flows over, and lost none
carried() {
	grep 'entries of flows carried over' "$TEST_DIR/log/agent-$1" | tail -n 1 |
		grep -q 'msg="[1-9][0-9]* entries.*ms"'
}

change() { # TEXT BUILD: on both nodes
	local node
	for node in node1 gw2; do
		stop agent-$node
		check "$1: $node" start_again $node "$2"
		check "its flows were carried over" carried $node
		refute "no trace of the older data plane" test -e "$(pin_dir $node)/next"
	done
}

set_flows() { sed -i "s/flows: [0-9]*/flows: $1/" "$TEST_DIR"/{node1,gw2}/config.yaml; }

XDP=always upgrade_begin
bulk() { start "bulk-$1" sleep "$T/bulk" -r 40 receive "$2" 5000 100000000; }
bulk_ends() {
	finish "bulk-$1" || fail "bulk: $(tail -n 3 "$TEST_DIR/log/bulk-$1")"
	echo "ok: bulk, IPv$1: $(tail -n 1 "$TEST_DIR/log/bulk-$1")"
}
each_vip bulk

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
check "agent of node1" start_again node1 "$THIS"

each_vip bulk_ends
upgrade_end

for node in node1 gw2; do
	stop agent-$node
	check "uninstall on $node" ctl $node uninstall
	equal "left on $node" "" "$(left_behind $node)"
done
