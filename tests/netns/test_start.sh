#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file that is replaced right after the starting agent has read it takes effect as soon as the agent
# serves, before its poll of all files every 10 seconds.
. "$(dirname "$0")/lib.sh"

two_clusters
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
transports network2=geneve | agent_config node1 network1 cluster1

shows() { ctl node1 "$1" | grep -F "$2" >/dev/null; }
says() { grep -qx "$2" "$TOPO_DIR/log/$1"; }

# start_replacing FILE SED_SCRIPT: replaces FILE by the script's output once the agent has read it
start_replacing() {
	local name=replace-$round-${1##*/}
	cp "$1" "$TEST_DIR/before"
	sed "$2" "$1" >"$TEST_DIR/after"
	start "$name" node1 "$HERE/replace_once_read.py" "$1" "$TEST_DIR/after"
	wait_for 5 says "$name" waiting || fail "no process waits for $1 to be read"
	agent_start node1 || fail "agent on node1"
	check "$round start: ${1##*/} was replaced meanwhile" says "$name" replaced
}

# restore FILE
restore() {
	stop agent-node1
	put "$1" <"$TEST_DIR/before"
}

# ---- ready once the source has answered, or its first wait has run out
ready() { in_ns node1 curl -s -m $((5 * ${PATIENCE:-1})) http://127.0.0.1:15100/ready; }
ready_is() { [[ $(ready) == "$1" ]]; }
cp "$TOPO_DIR/node1/config.yaml" "$TEST_DIR/files.yaml"
cp "$TOPO_DIR/eds.yaml" "$TEST_DIR/kept.yaml"
rm "$TOPO_DIR/eds.yaml"
echo "admin: {}" >>"$TOPO_DIR/node1/config.yaml"
check "an agent without its file starts" agent_start node1
equal "and is not ready" "the source has not answered yet" "$(ready)"
put "$TOPO_DIR/eds.yaml" <"$TEST_DIR/kept.yaml"
check "it is once the file is there" wait_for 5 ready_is ready
rm "$TOPO_DIR/eds.yaml"
shows_missing() { ctl node1 status | grep "No such file" >/dev/null; }
check "the file goes" wait_for 5 shows_missing
equal "it stays ready" ready "$(ready)"
stop agent-node1
put "$TOPO_DIR/eds.yaml" <"$TEST_DIR/kept.yaml"
# waits_for DURATION: for the first answer of a control plane that is not there
waits_for() {
	sed "s|^source: .*|source: {ads: {addresses: [\"192.23.100.2:15010\"], timeouts: {initialFetch: $1}}}|" \
		"$TOPO_DIR/node1/config.yaml" | put "$TOPO_DIR/node1/config.yaml"
}
waits_for 600s
check "an agent without its control plane starts" agent_start node1
equal "and is not ready" "the source has not answered yet" "$(ready)"
stop agent-node1
waits_for 1s
check "and again" agent_start node1
check "it is ready once its first wait has run out" wait_for 5 ready_is ready
stop agent-node1
put "$TOPO_DIR/node1/config.yaml" <"$TEST_DIR/files.yaml"

for round in first second; do
	start_replacing "$TOPO_DIR/eds.yaml" "s/n2-k8s-config/nowhere/"
	check "$round start: the new assignments serve" wait_for 3 shows endpoints "of another cluster"
	restore "$TOPO_DIR/eds.yaml"

	start_replacing "$TOPO_DIR/networks.yaml" "s/192.23.120.32/192.23.120.33/"
	check "$round start: the new gateway serves" wait_for 3 shows endpoints 192.23.120.33
	restore "$TOPO_DIR/networks.yaml"

	start_replacing "$TOPO_DIR/node1/config.yaml" "s/$VIP/10.20.194.147/"
	check "$round start: the new virtual IP serves" wait_for 3 shows services 10.20.194.147
	restore "$TOPO_DIR/node1/config.yaml"
done

# ---- SIGHUP at any moment of its life ends no agent
stop agent-node1
start agent-node1 node1 "$BUILD/parallaxd" --config "$TOPO_DIR/node1/config.yaml" --pin-dir "$(pin_dir node1)"
pid=$(pid_of agent-node1)
# minds_hangup: the process ignores or catches it, as the agent does before it reads anything; its loader, and
# nsenter before it, cannot
minds_hangup() {
	local masks
	masks=$(sed -n 's/^Sig\(Ign\|Cgt\):\s*/0x/p' "/proc/$pid/status" | paste -sd'|')
	((masks & 1))
}
wait_for 5 minds_hangup || fail "the agent does not mind SIGHUP"
(while kill -HUP "$pid" 2>/dev/null; do pause 0.01; done) &
check "beside SIGHUPs an agent starts" wait_for 10 agent_serves node1
kill "$pid"
check "and ends as told" finish agent-node1
