# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Agents of two layouts, and load that must not notice which one serves. To be sourced after lib.sh.

THIS=$BUILD
NEXT=$BUILD/next # the same programs with the layout of a later version
[[ -x $NEXT/parallaxd ]] || fail "no $NEXT/parallaxd: make test-programs"

# serves_again NODE TIMES: its agent has written so many times that it serves
serves_again() { [[ $(grep -c 'serving network' "$TEST_DIR/log/agent-$1") -ge $2 ]]; }

# start_again NODE BUILD: starts its agent, and waits until it serves
start_again() {
	local times
	times=$(grep -c 'serving network' "$TEST_DIR/log/agent-$1")
	BUILD=$2 agent_start "$1" && wait_for ${WAIT:-20} serves_again "$1" $((times + 1))
}

# again NAME COMMAND...: in pod sleep until the end; its log has the output of each call that fails. An emulated
# processor rests between two calls, else the agents would hardly get it.
again() {
	local name=$1 rest=$((${PATIENCE:-1} - 1))
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	start "$name" sleep bash -c 'until [[ -e $0 ]]; do
			output=$("${@:2}" 2>&1) || echo "failed: $?": $output
			sleep "$1"
		done' "$TEST_DIR/enough" "$((rest < 5 ? rest : 5))" "$@"
}

# each_vip COMMAND...: with each family of services, and the virtual IP
each_vip() {
	local family
	for family in $(inner_families); do "$@" "$family" "$(inner 10.20.194.146 "$family")"; done
}

serve_datagrams() { # FAMILY
	start "udp-v1-$1" v1 "$T/udp" serve "$(inner 10.10.0.90 "$1")" 5000 v1
	start "udp-v2-$1" v2 "$T/udp" serve "$(inner 10.10.0.90 "$1")" 5000 v2
}

# The kernels of both ends learn by losses what fits into the tunnel.
fragments_pass() { in_ns sleep "$T/udp" -t 500 -n 10 -m 2 -l 4000 call "$2" 5000 >/dev/null; }

load() { # FAMILY VIP
	again "connections-$1" "$T/hello" -t 10000 -i 10 -n 100 -s "$2" 5000
	again "datagrams-$1" "$T/udp" -t 10000 -i 4 -n 10 -m 50 call "$2" 5000
	check "datagrams in fragments, IPv$1" wait_for 10 fragments_pass "$@"
	again "fragments-$1" "$T/udp" -t 10000 -i 20 -n 5 -m 20 -l 4000 call "$2" 5000
}

held_open() { grep "^open $((50 * $(inner_families | wc -w)))" "$TEST_DIR/log/held" >/dev/null; }

# Two agents of this build, and for each family 50 connections that stay open, new ones, and datagrams, also
# in fragments; with pauses, since what is measured is loss.
upgrade_begin() {
	two_clusters
	each_vip serve_datagrams
	DELIVERY=redirect two_agents
	check "both answer" wait_for 5 versions_are "v1 v2" sleep
	# One pod opens more than the share of one pod; followed live.
	sed -i 's/flows: [0-9]*/&, flowsPerPod: 65536/' "$TEST_DIR"/{node1,gw2}/config.yaml
	start held sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" $(each_vip held_at)
	check "50 connections" wait_for 20 held_open
	each_vip load
}

held_at() { at "$2" 5000; }

# answered FAMILY: all calls were
answered() {
	local name
	for name in connections datagrams fragments; do
		finish "$name-$1"
		equal "failed $name, IPv$1" "" "$(cat "$TEST_DIR/log/$name-$1")"
	done
}

# No connection was lost, no packet without an answer.
upgrade_end() {
	touch "$TEST_DIR/enough"
	finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
	echo "ok: open connections, $(tail -n 1 "$TEST_DIR/log/held")"
	each_vip answered
	nothing_leaked
	nothing_invalid
}
