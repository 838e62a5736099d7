#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenario with a control plane: delta and state of the world, in the clear.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

two_clusters
ads_host

V1=10.10.0.90:5000/network1/cluster1
V2=10.10.0.90:5000/network2/n2-k8s-config
GATEWAYS='{"network1": ["192.23.110.10:15443"], "network2": ["192.23.120.32:15443"]}'

# The agents start before the control plane.
networks network1=cluster1 network2=n2-k8s-config@0.0.0.0:443
CAPTURE=all ADS="mode: delta" ads_node1
CAPTURE=all ADS="mode: sotw" ads_gw2
check "agent on node1 starts without a control plane" agent_start node1
check "agent on gw2 starts without a control plane" agent_start gw2
check "status of node1 reports it" wait_for 5 source_says node1 "control plane away for"
NEVER="no response was accepted since this agent started"
check "and that there is nothing to serve on" wait_for 5 source_says node1 "control plane away .*$NEVER"

mesh '{"network2": ["0.0.0.0:443"]}' $V1 $V2
ads_start
check "the control plane is found" wait_for 20 source_says node1 "eds synced"
check "by the other as well" wait_for 20 source_says gw2 "eds synced"
equal "names asked for" 1 "$(requests "r.get('subscribe') == ['$HELLO'] and r['mode'] == 'delta'")"
equal "with the placeholder sleep reaches" v1:40 "$(answers sleep)"
equal "and a client in network2" v2:40 "$(answers sleep2)"
nothing_leaked

# The live edit, on both sides.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
mesh "$GATEWAYS" $V1 $V2
check "sleep reaches both" wait_for 10 versions_are "v1 v2" sleep
check "a client in network2 does" wait_for 10 versions_are "v1 v2" sleep2
equal "networks asked for" 1 "$(requests "'REQUESTED_NETWORK_VIEW' in ((r.get('node') or {}).get('metadata') or {}) and \
	r['node']['metadata']['REQUESTED_NETWORK_VIEW'] == 'network1,network2'" min1)"
nothing_leaked

# `diff` compares the last accepted endpoints with a kernel map that another program has changed.
meddle() { # FROM TO: an address of the backends becomes another one
	"$PYTHON" - "$(pin_dir node1)/backends" "$@" <<-'END'
		import json, socket, subprocess, sys
		path, old, new = sys.argv[1], *map(socket.inet_aton, sys.argv[2:])
		call = lambda *words: subprocess.run(["bpftool", "-j", "map", *words], check=True,
		                                     capture_output=True).stdout
		for row in range(1, 50):
		    key = ["hex", *["%02x" % b for b in row.to_bytes(4, "little")]]
		    value = bytes(int(b, 16) for b in json.loads(call("lookup", "pinned", path, "key", *key))["value"])
		    if old in value:
		        call("update", "pinned", path, "key", *key, "value", "hex",
		             *["%02x" % b for b in value.replace(old, new)])
	END
}
check "diff: the kernel is in step" wait_for 5 quietly ctl node1 diff
sleep 1 # the agent itself would put it right with its next change
meddle 10.10.0.90 10.10.0.91
ctl node1 diff >"$TEST_DIR/diff" && fail "diff sees nothing: $(cat "$TEST_DIR/diff")"
check "diff lists the missing backend" grep -q "missing *10.10.0.90:5000" "$TEST_DIR/diff"
check "and the extra one" grep -q "extra *10.10.0.91:5000" "$TEST_DIR/diff"
meddle 10.10.0.91 10.10.0.90
check "diff: in step again" quietly ctl node1 diff

# The control plane goes away and returns: the last accepted state serves, later changes arrive.
stop ads
check "status reports it as away" wait_for 10 source_says node1 "away for"
check "and the log" wait_for 5 log_says node1 "control plane away.*the last accepted state serves on"
check "sleep reaches both without it" versions_are "v1 v2" sleep
ads_start
check "found again" wait_for 30 source_says node1 "eds synced"
mesh "$GATEWAYS" $V1
check "a change arrives" wait_for 10 versions_are v1 sleep
check "also by state of the world" wait_for 40 versions_are v1 sleep2

# The address of an endpoint is no virtual IP.
unnamed() { ! named; }
mesh "$GATEWAYS" $V1 $VIP:5000/network1/cluster1
check "an endpoint gets the virtual IP's address: that is none any more" wait_for 10 unnamed
mesh "$GATEWAYS" $V1
check "the endpoint leaves: it is one again" wait_for 10 named
check "and serves" wait_for 10 versions_are v1 sleep
nothing_leaked
nothing_invalid
