#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agent's memory with 10,000 endpoints in one assignment, over TLS, and again and again: on an
# ordinary node, and on a gateway that is one for its own pods as well.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

[[ $(realpath "$BUILD") != */san* ]] || skip "sanitizers have memory of their own"
two_clusters
ads_host
certificate server DNS:istiod.example.com
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
LIMITS='{services: 256, backends: 65536, flows: 65536}' CAPTURE=all ADS="mode: delta
    tls: {caFile: $TEST_DIR/ca.crt, serverName: istiod.example.com}"

# many WEIGHT [SUBNET]: v1 and 9,999 that never answer, in the network of $NODE, are known; WEIGHT is
# that of the last alone, or with SUBNET of all, which then have other addresses
many() {
	"$PYTHON" - "$HOST" "$VIP" "$NETWORK" "$CLUSTER" "$1" "${2-}" <<-'END' | put "$ADS_DIR/mesh.json"
		import json, sys
		host, vip, network, cluster, weight, subnet = sys.argv[1:]
		at = [{"address": "10.%s.%d.%d" % (subnet or 10, i // 250, i % 250 + 1), "port": 5000,
		       "network": network, "cluster": cluster, "weight": int(weight) if subnet else 1}
		      for i in range(10000)]
		at[-1]["weight"] = int(weight)
		print(json.dumps({"services": {host: {"vips": [vip], "port": 5000, "endpoints": at}}}))
	END
}

# in_tables KEY: endpoints in the table of this name
in_tables() {
	ctl $NODE endpoints -o json | "$PYTHON" -c 'import json, sys
print(sum(e[sys.argv[1]] > 0 for e in json.load(sys.stdin)["endpoints"]))' "$1"
}
all_there() { [[ $(in_tables slots) == 10000 && ($ROLE != gateway || $(in_tables gateway_slots) == 10000) ]]; }
moved() { [[ $(ctl $NODE endpoints) == *10.11.39.250:5000* ]] && all_there; }
memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(pid_of agent-$NODE)/status"; }
responses() { ctl $NODE status -o json | grep '"responses"' | md5sum; }

# update WEIGHT [SUBNET]
update() {
	local before
	before=$(responses)
	many "$@"
	said_more() { [[ $(responses) != "$before" ]]; }
	wait_for 10 said_more || fail "update $* does not arrive"
	sleep 0.5
}

# measure ROLE NODE NETWORK CLUSTER MOST: of MOST kB at its peak; standard input adds to the configuration.
# The growth is small, and not the agent's own memory: pages of the maps become resident as rows are used, and
# those of libnftables at the first tick. The peak is the start's: libbpf reads the kernel's BTF, some 6 MB, to
# find the look-up of connection tracking.
measure() {
	local most=$5 first now=0 own peak
	ROLE=$1 NODE=$2 NETWORK=$3 CLUSTER=$4
	ads_config $NODE $NETWORK $CLUSTER
	many 1
	check "$ROLE: agent on $NODE" agent_start $NODE
	check "$ROLE: 10,000 endpoints are there" wait_for 20 all_there
	first=$(memory VmRSS) own=$(memory RssAnon)
	for weight in 2 3 4 5; do
		update $weight
	done
	echo "$ROLE: peak after updates of one endpoint: $(memory VmHWM) kB"
	update 1 11
	check "$ROLE: all of them have moved" wait_for 10 moved
	settled() { now=$(memory VmRSS) && ((now < most && now - first < 3072 && $(memory RssAnon) - own < 384)); }
	wait_for 5 settled || fail "$ROLE: the agent has $now kB, $first kB at first; its own $(memory RssAnon), $own at first"
	peak=$(memory VmHWM)
	((peak < most)) || fail "$ROLE: the agent had $peak kB at its largest"
	echo "ok: $ROLE: resident: $first kB, after all updates $now kB; its own $own and $(memory RssAnon) kB; peak $peak kB"
	stop agent-$NODE
}

NETWORK=network1 CLUSTER=cluster1 many 1
ads_start --tls "$TEST_DIR/server.crt" "$TEST_DIR/server.key"
measure client node1 network1 cluster1 $((22 * 1024)) </dev/null
{
	transports network1=geneve
	gateway_role $SNAT2 192.23.110.0/24
} >"$TEST_DIR/role"
measure gateway gw2 network2 n2-k8s-config $((24 * 1024)) <"$TEST_DIR/role"
