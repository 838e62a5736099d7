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

# again NAME COMMAND...: in pod sleep until the end; each failure is a line of its log. An emulated processor
# rests between two calls, else the agents would hardly get it.
again() {
	local name=$1 rest=$((${PATIENCE:-1} - 1))
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	start "$name" sleep bash -c 'until [[ -e $0 ]]; do
			"${@:2}" >/dev/null || echo "failed: $?"
			sleep "$1"
		done' "$TEST_DIR/enough" "$((rest < 5 ? rest : 5))" "$@"
}

# Two agents of this build, 50 connections that stay open, new ones, and datagrams.
upgrade_begin() {
	two_clusters
	start udp-v1 v1 "$T/udp" serve 10.10.0.90 5000 v1
	start udp-v2 v2 "$T/udp" serve 10.10.0.90 5000 v2
	DELIVERY=redirect two_agents
	check "both answer" wait_for 5 versions_are "v1 v2" sleep
	# One pod opens more than the share of one pod; followed live.
	sed -i 's/flows: [0-9]*/&, flowsPerPod: 65536/' "$TEST_DIR"/{node1,gw2}/config.yaml
	start held sleep "$T/hold" -n 50 -u "$TEST_DIR/enough" $VIP:5000
	check "50 connections" wait_for 20 grep -q '^open 50' "$TEST_DIR/log/held"
	again connections "$T/hello" -t 10000 -n 50 -s $VIP 5000
	again datagrams "$T/udp" -t 10000 -n 20 -m 50 call $VIP 5000
}

# No connection was lost, no packet without an answer.
upgrade_end() {
	local name
	touch "$TEST_DIR/enough"
	finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
	echo "ok: 50 connections, $(tail -n 1 "$TEST_DIR/log/held")"
	for name in connections datagrams; do
		finish $name
		equal "failed $name" "" "$(cat "$TEST_DIR/log/$name")"
	done
	nothing_leaked
	nothing_invalid
}
