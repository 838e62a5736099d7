#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agents of a gateway of mode forward and of a pod's node are restarted, killed, and upgraded to another
# layout and back, under connections in use and idle, streams in each direction and UDP: none ends. And what a
# gateway holds does not grow with connections.
# Families: 6
# Long
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_upgrade.sh"
. "$(dirname "$0")/lib_forward.sh"

forward_begin
traffic_begin

# again_on NODE BUILD SIGNAL: its agent ends, and one of that build takes over
again_on() {
	stop "agent-$1" "$3"
	start_again "$1" "$2"
}
# goes TEXT NODE BUILD SIGNAL
goes() {
	transfers_begin
	check "$1" again_on "$2" "$3" "$4"
	transfers_end "$1"
}
goes "a gateway's agent is restarted" gw2 "$THIS" TERM
goes "a gateway's agent is killed" gw2 "$THIS" KILL
goes "the agent of the pod's node is killed" worker2 "$THIS" KILL
goes "a gateway is upgraded" gw2 "$NEXT" TERM
goes "the pod's node is upgraded" worker2 "$NEXT" TERM
goes "the pod's node is downgraded" worker2 "$THIS" TERM
check "the pod answers" wait_for 5 versions_are v2b sleep
traffic_end

# ------------------------------------------------------------------ what a gateway holds

# held NODE: entries of its maps, and the bytes of all of them
held() {
	local pin
	ctl "$1" status | sed -n 's/^Maps *//p'
	for pin in "$(pin_dir "$1")"/*; do
		bpftool map show pinned "$pin" 2>/dev/null
	done | grep -o 'memlock [0-9]*B' | awk '{ sum += $2 } END { print sum " bytes" }'
}

before=$(held gw4)
went=$(counted gw4 uplink forwards gateway_in)
check "3,000 flows" in_ns sleep "$T/udp" -n 3000 -m 1 -r 1500 -k 20 -t 200 call "$VIP" 5000
went=$(($(counted gw4 uplink forwards gateway_in) - went))
check "of which $went packets went by gw4" test $went -gt 500
equal "a gateway holds as much as before" "$before" "$(held gw4)"
