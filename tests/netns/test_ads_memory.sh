#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agent's memory with 10,000 endpoints in one assignment, over TLS, and again and again.
. "$(dirname "$0")/lib.sh"
. tests/netns/lib_ads.sh

[[ $(realpath "$BUILD") != */san* ]] || skip "sanitizers have memory of their own"
two_clusters
ads_host
certificate server DNS:istiod.example.com
networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443

# many WEIGHT [SUBNET]: v1 and 9,999 that never answer, in our network, are known; WEIGHT is that of
# the last alone, or with SUBNET of all, which then have other addresses
many() {
	"$PYTHON" - "$HOST" "$VIP" "$1" "${2-}" <<-'END' | put "$ADS_DIR/mesh.json"
		import json, sys
		host, vip, weight, subnet = sys.argv[1:]
		at = [{"address": "10.%s.%d.%d" % (subnet or 10, i // 250, i % 250 + 1), "port": 5000,
		       "network": "network1", "cluster": "cluster1", "weight": int(weight) if subnet else 1}
		      for i in range(10000)]
		at[-1]["weight"] = int(weight)
		print(json.dumps({"services": {host: {"vips": [vip], "port": 5000, "endpoints": at}}}))
	END
}

many 1
ads_start --tls "$TEST_DIR/server.crt" "$TEST_DIR/server.key"
LIMITS='{services: 256, backends: 65536, flows: 65536}' CAPTURE=all ADS="mode: delta
    tls: {caFile: $TEST_DIR/ca.crt, serverName: istiod.example.com}" ads_config node1 network1 cluster1 </dev/null
check "agent on node1" agent_start node1
endpoints() { ctl node1 status -o json | grep -A1 '"backends"' | grep -q '"used": 10000'; }
check "10,000 endpoints are there" wait_for 20 endpoints
memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(pid_of agent-node1)/status"; }
first=$(memory VmRSS)
# update WEIGHT [SUBNET]
update() {
	local before
	before=$(ctl node1 status -o json | grep '"responses"' | md5sum)
	many "$@"
	said_more() { [[ $(ctl node1 status -o json | grep '"responses"' | md5sum) != "$before" ]]; }
	wait_for 10 said_more || fail "update $* does not arrive"
	sleep 0.5
}
for weight in 2 3 4 5; do
	update $weight
done
echo "peak after updates of one endpoint: $(memory VmHWM) kB"
update 1 11
endpoints_moved() { [[ $(ctl node1 endpoints) == *10.11.39.250:5000* ]]; }
check "all of them have moved" wait_for 10 endpoints_moved
now=0
settled() { now=$(memory VmRSS) && ((now < 14 * 1024 && now - first < 1024)); }
wait_for 5 settled || fail "the agent has $now kB, $first kB at first"
peak=$(memory VmHWM)
((peak < 14 * 1024)) || fail "the agent had $peak kB at its largest"
echo "ok: resident: $first kB, after all updates $now kB ($(memory RssFile) kB of it files); peak $peak kB"
