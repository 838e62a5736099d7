#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel refuses one call of bpf(2), with ENOMEM or E2BIG, wherever that is in a start: it fails with
# its reason and leaves nothing behind, or serves; the next start serves. A running agent tries again.
# Long
. "$(dirname "$0")/lib.sh"

[[ -x $(command -v strace) ]] || skip "needs strace"
two_clusters
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 # gw2 has no agent here
transports network2=geneve | agent_config node1 network1 cluster1
pins=$(pin_dir node1)
log=$TOPO_DIR/log/agent-node1
echo "$pins" >>"$TOPO_DIR/pins"

# begin OPTION...: an agent under strace
begin() {
	: >"$log"
	start agent-node1 node1 strace -D -f -qq --seccomp-bpf -e trace=bpf "$@" "$BUILD/parallaxd" \
		--config "$TOPO_DIR/node1/config.yaml" --pin-dir "$pins"
}
ended() { ! quietly kill -0 "$(pid_of agent-node1)"; }
settled() { ended || agent_serves node1; }

begin -o "$TEST_DIR/calls"
check "a start without faults" wait_for 10 agent_serves node1
# The first and the last call of each command. The start asks for the time (BPF_PROG_TEST_RUN) until that
# moves on, so the calls behind it are other ones in another start.
calls=$(sed -E 's/^[0-9]+ +bpf\(([A-Z_]+).*/\1/' "$TEST_DIR/calls" | awk '
	!($1 in first) { first[$1] = NR }
	{ last[$1] = NR }
	END { for (c in first) print first[c] "\n" last[c] }' | sort -nu)
stop agent-node1
check "uninstall" ctl node1 uninstall
# Without BTF, as after a fault of libbpf's first probe for it, the verifier follows each call, for ten seconds.
probe=$(grep -nm1 BPF_BTF_LOAD "$TEST_DIR/calls" | cut -d: -f1)
[[ ${TEST_ROWS:-} == all ]] || calls=$(grep -vx "$probe" <<<"$calls")

served=0 failed=0
for call in $calls; do
	((call % 2)) && error=ENOMEM || error=E2BIG
	begin -o /dev/null -e "inject=bpf:error=$error:when=$call"
	wait_for 30 settled || fail "call $call, $error: neither serves nor ends"
	if ended; then
		failed=$((failed + 1))
		grep -q "level=error" "$log" || fail "call $call, $error: ends without a reason"
	else
		served=$((served + 1))
		wait_for 15 hello sleep || fail "call $call, $error: serves, but does not answer"
		stop agent-node1
		quietly ctl node1 uninstall || fail "call $call, $error: uninstall"
	fi
	equal "call $call, $error: left on node1" "" "$(left_behind node1)"
done
check "some starts fail" test $failed -gt 3
echo "ok: $failed starts failed, $served served"

# ---- a running agent: an update that cannot be written is a problem, and the old set serves
check "agent of node1" agent_start node1
pid=$(pid_of agent-node1)
start tracer node1 strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:error=ENOMEM -p "$pid"
traced() { ! grep -q '^TracerPid:.0$' "/proc/$pid/status"; }
untraced() { ! traced; }
check "every call of it fails" wait_for 5 traced
sed -i "s/addresses: \[/&10.20.194.147, /" "$TOPO_DIR/node1/config.yaml"
failing() { grep -q "writing the maps failed: Cannot allocate memory; tried again soon" "$log"; }
check "a virtual IP more is a problem" wait_for 5 failing
check "the old set serves" hello sleep
stop tracer
check "the calls succeed again" wait_for 5 untraced
kill -HUP "$pid" # as at each tick
both_vips() { in_ns sleep "$T/hello" 10.20.194.147 5000 && hello sleep; }
check "the update is written" wait_for 5 both_vips
over() { ctl node1 status | seen "pid $pid" && ! ctl node1 status | grep "^Problems" >/dev/null; }
check "and the problem is over" wait_for 5 over
stop agent-node1
check "uninstall" ctl node1 uninstall
equal "left on node1" "" "$(left_behind node1)"
nothing_invalid
