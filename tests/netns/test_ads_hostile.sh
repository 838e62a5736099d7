#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A control plane that misbehaves: every fault is reported, and the last accepted state serves.
# Time limit: 1200 s
# Long
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

# Every line: below this level, lines of one kind are limited, and the same fault comes again and again.
export PARALLAX_LOG_LEVEL=debug

two_clusters
ads_host

V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/n2-k8s-config
GATEWAYS='{"network1": ["192.23.110.10:15443"], "network2": ["192.23.120.32:15443"]}'
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
ads_start
LIMIT="maxMessageBytes: 1048576"
ADS=$(printf 'mode: delta\n    %s' "$LIMIT") ads_node1
ADS=$(printf 'mode: sotw\n    %s' "$LIMIT") ads_gw2
check "agent on node1" agent_start node1
check "agent on gw2" agent_start gw2
check "sleep reaches both" wait_for 45 versions_are "v1 v2" sleep
check "a client in network2 does" wait_for 45 versions_are "v1 v2" sleep2

# said NODE FROM TEXT: the node's log has TEXT from line FROM on
said() { tail -n "+$2" "$TEST_DIR/log/agent-$1" | seen -- "$3"; }

# misdeed TEXT ORDER...: the server misbehaves by ORDER; both nodes log TEXT, and all clients are served
misdeed() {
	local text=$1 node from1 from2
	shift
	from1=$(($(wc -l <"$TEST_DIR/log/agent-node1") + 1))
	from2=$(($(wc -l <"$TEST_DIR/log/agent-gw2") + 1))
	echo "$@" | put "$ADS_DIR/orders"
	wait_for 45 said node1 "$from1" "$text" || fail "$*: node1 does not log '$text'"
	wait_for 45 said gw2 "$from2" "$text" || fail "$*: gw2 does not log '$text'"
	[[ $(versions sleep 20) == "v1 v2" ]] || fail "$*: sleep reaches $(versions sleep)"
	[[ $(versions sleep2 20) == "v1 v2" ]] || fail "$*: sleep2 reaches $(versions sleep2)"
	: | put "$ADS_DIR/orders"
	mesh "$GATEWAYS" $V1 $V2 # the truth again
	for node in node1 gw2; do
		wait_for 45 recovered "$node" || fail "$*: $node does not recover"
	done
	echo "ok: $*: logged, and the last state serves"
}

# The stream is synced again, and no problem remains.
recovered() { source_says "$1" "eds synced" && ! source_says "$1" "^Problems"; }

misdeed "refused" truncated-resource
misdeed "refused" random-resource
misdeed "refused" wrong-type
misdeed "refused" duplicate
misdeed "refused" bad-address
check "status names the assignment" source_says node1 "$HELLO"
misdeed "away" random
misdeed "away" truncated
misdeed "maxMessageBytes" oversize 2000000
misdeed "INTERNAL (13): on purpose" abort
misdeed "the server ended the stream" end

echo refuse | put "$ADS_DIR/orders"
stop ads
ads_start
check "a refusal is logged with its text" wait_for 45 log_says node1 "UNAVAILABLE (14): not now: 100%"
: | put "$ADS_DIR/orders"
check "found again" wait_for 45 recovered node1

# Streams that are taken and never answered.
: | put "$ADS_DIR/requests"
echo stall | put "$ADS_DIR/orders"
stop ads
ads_start
check "a stalled server is connected to" wait_for 45 grep -q '"open"' "$ADS_DIR/requests"
check "status reports it, and for how long" wait_for 45 source_says node1 \
	"connected for .* nothing said yet, serving on"
check "the problem too" wait_for 45 source_says node1 "control plane silent .*serves on"
refute "and not why the last one ended" source_says node1 "refused"
equal "sleep reaches both meanwhile" "v1 v2" "$(versions sleep)"
: | put "$ADS_DIR/orders"
check "once it speaks it is heard" wait_for 45 recovered node1

# Sent away all the time: every connection lives for a second.
stop ads
ads_start --max-age 1
goaways() { [[ $(grep -c 'GOAWAY' "$TEST_DIR/log/agent-node1") -ge 3 ]]; }
check "GOAWAY after GOAWAY" wait_for 45 goaways
equal "sleep reaches both all the time" "v1 v2" "$(versions sleep)"

# The restarted server announces fewer endpoints: its new state replaces the old one.
stop ads
mesh "$GATEWAYS" $V1
ads_start
check "a server that knows less after its restart is believed" wait_for 45 versions_are v1 sleep
check "in state of the world too" wait_for 45 versions_are v1 sleep2

# A thousand updates a second, for FLOOD_SECONDS; as many where the machine is slower take longer.
mesh "$GATEWAYS" $V1 $V2
check "both again" wait_for 45 versions_are "v1 v2" sleep
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of agent-node1)/status"; }
seconds=${FLOOD_SECONDS:-15}
echo "flood 0.5 1000" | put "$ADS_DIR/orders"
sleep 1
before=$(memory)
echo "flood $seconds 1000" | put "$ADS_DIR/orders"
sleep "$seconds"
check "all of them are sent" wait_for $((10 * seconds + 30)) grep -q "\"flood\": ${seconds}000" "$ADS_DIR/requests"
# No call is made before: one of the flood's endpoints does not exist, and its packets leave the node.
truth() { ! ctl node1 endpoints | grep 10.10.0.91 | seen active; }
check "and the truth at the end" wait_for 45 truth
check "which serves" wait_for 45 versions_are "v1 v2" sleep
after=$(memory)
# Sanitizers keep freed memory.
[[ $BUILD == */san* ]] || ((after - before < 1024)) || fail "memory grew from $before to $after kB"
echo "ok: memory: $before kB before, $after kB after"
nothing_leaked
nothing_invalid
