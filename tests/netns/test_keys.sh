#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Keys between two networks: brought in, changed and taken away under load without a lost connection;
# faulty files; clocks that differ; an agent that is gone.
# Families: 6
# More families: 4o6 6o4
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
echo 0 >"$TEST_DIR/shift1"
echo 0 >"$TEST_DIR/shift2"
shifted() { LD_PRELOAD=$T/clock_shift.so CLOCK_SHIFT=$TEST_DIR/shift$1 agent_start "$2"; }

# configure ADMISSION ALLOW NODE...: empty: without keys, without a list
configure() {
	local admission=$1 allow=$2 node
	shift 2
	for node in "$@"; do
		{
			transports network1=geneve network2=geneve
			if [[ $node == node1 ]]; then
				gateway_role $SNAT1 192.23.120.0/24
			else
				gateway_role $SNAT2 192.23.110.0/24
			fi | if [[ $allow ]]; then cat; else sed 's/, allow: .*/}/'; fi
			[[ $admission ]] && echo "tunnel: {keysFile: $TOPO_DIR/$node/keys, admission: $admission}"
		} | agent_config "$node" $(network_of "$node")
	done
}
network_of() { if [[ $1 == node1 ]]; then echo network1 cluster1; else echo network2 n2-k8s-config; fi; }

# key ID: an entry, always the same for one id
declare -A entries=()
key() {
	[[ ${entries[$1]:-} ]] || fail "no key $1"
	echo "${entries[$1]}"
}
for id in 1 2 3; do entries[$id]=$("$BUILD/parallaxctl" keygen network1 network2 --id $id); done

# keys NODE ID...: the file of that node
keys() {
	local node=$1 id
	shift
	(
		umask 077
		{
			(($#)) || echo "[]"
			for id in "$@"; do key "$id"; done
		} | put "$TOPO_DIR/$node/keys"
	)
}

# holds NODE ID...: its kernel holds these keys, the first of which signs
holds() {
	local node=$1
	shift
	[[ $(ctl "$node" status -o json | python3 -c 'import json, sys
tunnel = json.load(sys.stdin)["tunnel"]
keys = tunnel["keys"] if tunnel else []
print(*[k["id"] for k in keys if k["signs"]], *[k["id"] for k in keys if not k["signs"]])') == "$*" ]]
}
says() { ctl "$1" status | seen -- "$2"; }
unproblematic() { ! says "$1" "^Problems"; }
health_is() { # of gw2, as node1 knows it
	[[ $(ctl node1 gateways -o json | tr -d ' \n' | grep -o '"health":"[a-z]*"') == *"\"$1\"" ]]
}
gateway_is() { says "$1" "^Gateway .*open, $2"; }

# ------------------------------------------------------------------ load
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
configure "" allow node1 gw2
shifted 1 node1 || fail "agent on node1"
shifted 2 gw2 || fail "agent on gw2"
check "without keys the other network answers" wait_for 5 versions_are v2 sleep
check "and status says so" gateway_is gw2 "not authenticated"

caller() { while [[ ! -e $TEST_DIR/enough ]]; do hello sleep -i 10 -n 50 -t 5000 -s >/dev/null || echo lost; done; }
start held sleep "$T/hold" -n 50 -t 30000 -u "$TEST_DIR/enough" $VIP:5000
held() { grep -q '^open 50' "$TEST_DIR/log/held"; }
check "50 connections" wait_for 10 held
caller >"$TEST_DIR/lost" 2>&1 &
caller_pid=$!

# ------------------------------------------------------------------ keys are brought in
keys node1 1
keys gw2 1
configure verify allow node1
check "node1 knows the key" wait_for 5 holds node1 1
configure verify allow gw2
check "gw2 knows the key" wait_for 5 holds gw2 1
configure sign allow gw2
check "gw2 signs" wait_for 5 says gw2 "admission sign"
sleep 1
configure sign allow node1
check "node1 signs" wait_for 5 says node1 "admission sign"
sleep 1
configure require allow node1
check "node1 requires tags" wait_for 5 gateway_is node1 authenticated
sleep 1
configure require "" gw2
check "gw2 requires tags, and needs no list" wait_for 5 gateway_is gw2 authenticated
sleep 1

# ------------------------------------------------------------------ another key, three times around
turn() { # turn OLD NEW
	keys node1 "$1" "$2"
	check "key $2 is added at the end on node1" wait_for 5 holds node1 "$1" "$2"
	keys gw2 "$1" "$2"
	check "and on gw2" wait_for 5 holds gw2 "$1" "$2"
	sleep 1
	keys gw2 "$2" "$1"
	check "moved to the front on gw2" wait_for 5 holds gw2 "$2" "$1"
	sleep 1
	keys node1 "$2" "$1"
	check "and on node1" wait_for 5 holds node1 "$2" "$1"
	sleep 1
	keys node1 "$2"
	check "key $1 is removed on node1" wait_for 5 holds node1 "$2"
	keys gw2 "$2"
	check "and on gw2" wait_for 5 holds gw2 "$2"
}
turn 1 2
turn 2 3
turn 3 1
check "signed probes are answered" health_is up

# ------------------------------------------------------------------ faulty files
faulty() { # faulty TEXT PROBLEM; standard input is the file
	cat >"$TOPO_DIR/gw2/keys.bad"
	chmod 0400 "$TOPO_DIR/gw2/keys.bad"
	mv "$TOPO_DIR/gw2/keys.bad" "$TOPO_DIR/gw2/keys"
	check "$1: $2" wait_for 5 says gw2 "$2"
	check "the key before serves on" holds gw2 1
}
key 2 | sed 's/secret: ./secret: /' | faulty "a short secret" "expected base64 of 32 bytes"
key 2 | tr -d '\n' | faulty "one line" "keys:1:"
{ key 1; key 1; } | faulty "the same id twice" "stands above"
keys gw2 1
check "a good file again" wait_for 5 unproblematic gw2
chmod 0444 "$TOPO_DIR/gw2/keys"
check "a file that everybody may read" wait_for 15 says gw2 "use mode 0400"
check "the key before serves on" holds gw2 1
rm "$TOPO_DIR/gw2/keys"
mkfifo -m 0400 "$TOPO_DIR/gw2/keys"
check "a pipe" wait_for 15 says gw2 "not a regular file"
rm "$TOPO_DIR/gw2/keys"
truncate -s 2M "$TOPO_DIR/gw2/keys.bad"
chmod 0400 "$TOPO_DIR/gw2/keys.bad"
mv "$TOPO_DIR/gw2/keys.bad" "$TOPO_DIR/gw2/keys"
check "a file that is too large" wait_for 15 says gw2 "File too large"
keys gw2 1
check "a good file again" wait_for 15 unproblematic gw2

# ------------------------------------------------------------------ clocks
echo 60 >"$TEST_DIR/shift2"
kill -HUP "$(pid_of agent-gw2)"
sleep 2
kill -KILL "$(pid_of agent-node1)"
check "the agent of node1 is gone" wait_for 5 says node1 "dead"
sleep 1

touch "$TEST_DIR/enough"
wait $caller_pid
equal "failed calls under all this" "" "$(head -c 200 "$TEST_DIR/lost")"
finish held || fail "a connection was lost: $(tail -n 5 "$TEST_DIR/log/held")"
for reason in tunnel_unsigned tunnel_key tunnel_epoch tunnel_forged; do
	for node in node1 gw2; do equal "$node dropped as $reason" 0 "$(drops $node $reason)"; done
done
refute "a gateway was down meanwhile" grep -F "is down" "$TEST_DIR"/log/agent-*
equal "clocks 60 s apart, an agent dead" v2 "$(versions sleep)"

late_call() { hello sleep -t 300 >/dev/null; [[ $? == 2 ]]; }
echo 200 >"$TEST_DIR/shift2"
kill -HUP "$(pid_of agent-gw2)"
check "clocks 200 s apart: nothing enters" wait_for 5 late_call
check "counted" test "$(drops gw2 tunnel_epoch)" -gt 0
echo 0 >"$TEST_DIR/shift2"
kill -HUP "$(pid_of agent-gw2)"
check "the clock is right again" wait_for 5 versions_are v2 sleep
echo -100000000 >"$TEST_DIR/shift2"
kill -HUP "$(pid_of agent-gw2)"
check "a clock years ago is a problem" wait_for 15 says gw2 "obviously wrong"
equal "and the last good time serves on" v2 "$(versions sleep)"
echo 0 >"$TEST_DIR/shift2"
kill -HUP "$(pid_of agent-gw2)"

# ------------------------------------------------------------------ a start with a faulty file
shifted 1 node1 || fail "agent on node1"
kill -TERM "$(pid_of agent-gw2)"
check "the agent of gw2 is gone" wait_for 5 says gw2 "dead"
echo nothing | put "$TOPO_DIR/gw2/keys"
shifted 2 gw2 || fail "agent on gw2"
check "a new one finds a faulty file" wait_for 5 says gw2 "use mode 0400"
equal "the keys of the one before serve on" v2 "$(versions sleep)"
equal "and it is not open to others" 1 "$(ctl gw2 status | grep -c 'open, authenticated')"
keys gw2 1
check "a good file again" wait_for 15 unproblematic gw2

# ------------------------------------------------------------------ who has no key
configure "" allow node1
check "node1 without keys" wait_for 5 gateway_is node1 "not authenticated"
check "enters no longer" wait_for 5 late_call
check "counted" test "$(drops gw2 tunnel_unsigned)" -gt 0
check "and its probes are not answered" wait_for 10 health_is panic
keys node1 2
configure require allow node1
check "node1 with another key" wait_for 5 holds node1 2
check "enters no longer" late_call
check "counted" test "$(drops gw2 tunnel_key)" -gt 0
keys node1
check "a pair without a key is a problem" wait_for 5 says node1 "no key for the networks network1 and network2"
keys node1 1
check "with the right key" wait_for 5 versions_are v2 sleep
check "its probes are answered again" wait_for 20 health_is up

# ------------------------------------------------------------------ nothing tells a secret
secrets=$(for id in 1 2 3; do key $id; done | sed -n 's/.*secret: //p')
{
	cat "$TEST_DIR"/log/*
	for node in node1 gw2; do
		ctl $node status
		ctl $node status -o json
		ctl $node bugreport -o - 2>/dev/null
		ctl $node check --config "$TOPO_DIR/$node/config.yaml"
	done
} >"$TEST_DIR/told" 2>&1
refute "a secret was told" grep -F "$secrets" "$TEST_DIR/told"
nothing_leaked
nothing_invalid
