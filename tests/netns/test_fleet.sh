#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A node of a large mesh, 50 networks with three gateways each: what its agent takes to probe them all.
. "$(dirname "$0")/lib.sh"

two_clusters
mesh=(network1=cluster1)
for ((n = 2; n <= 50; n++)); do
	mesh+=("network$n=c$n@192.23.120.$((3 * n + 1)):15443,192.23.120.$((3 * n + 2)):15443,192.23.120.$((3 * n + 3)):15443")
done
networks "${mesh[@]}"
eds "$HELLO" $(for ((n = 2; n <= 50; n++)); do echo "10.10.0.90:5000/c$n"; done)
transports $(for ((n = 2; n <= 50; n++)); do echo network$n=geneve; done) | agent_config node1 network1 cluster1
check "agent on node1" agent_start node1
equal "gateways" 147 "$(ctl node1 gateways | grep -c ' geneve ')"

# processor_ms PID: time that it has taken
processor_ms() { awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"; }
# probed: probes that left, in the wide area's direction
probed() { in_ns node1 nft list counter netdev probes out | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }
in_ns node1 nft -f - <<-RULES
	table netdev probes {
		counter out {}
		chain leaves { type filter hook egress device eth0 priority 0; udp dport 6081 counter name out; }
	}
RULES
pid=$(pid_of agent-node1)
sleep 2
before=$(processor_ms "$pid") sent=$(probed)
sleep 10
spent=$(($(processor_ms "$pid") - before)) sent=$(($(probed) - sent))
echo "probes a second: $((sent / 10)); agent: $((spent / 10)) ms of processor a second," \
	"$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status") kB resident"
check "the agent takes less than a tenth of a processor" test $spent -lt 1000
check "one probe a second for each gateway, or somewhat more" test $sent -gt 700 -a $sent -lt 3000
