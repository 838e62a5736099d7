#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Twenty thousand real connections, in eleven assignments: their shares equal those of preview. The
# source ports are fixed, so that the hashes are, and the counts the same in every run.
. "$(dirname "$0")/lib.sh"

CONNECTIONS=1820
shares() { "$HERE/shares.py" "$@"; }

two_clusters
for port in 5001 5002 5003; do
	start_server v1 e$port $port
done
start_server v2 r5001 5001
two_agents

# kernel_agrees: the rows of the kernel are preview's backends, with its shares and drops
kernel_agrees() {
	ctl node1 endpoints -o json >"$TEST_DIR/endpoints.json" &&
		ctl node1 services -o json >"$TEST_DIR/services.json" || return 1
	python3 - "$TEST_DIR" <<-'END'
		import json, sys
		read = lambda name: json.load(open(f"{sys.argv[1]}/{name}.json"))
		view = read("client")[0]
		want = {b["address"]: b["share"] for b in view["backends"]}
		rows = [e for e in read("endpoints")["endpoints"]
		        if e["protocol"] == "tcp" and e["state"] == "active"]
		have = {e["address"]: e["share"] for e in rows}
		service = next(s for s in read("services")["services"] if s["protocol"] == "tcp")
		same = want.keys() == have.keys() and abs(view["drop"] - service["drop"]) < 1e-9 and \
		       service["panic"] == view["panic"] and \
		       all(abs(want[a] - have[a]) < 1e-6 for a in want) and \
		       all(abs(e["table_share"] - e["share"]) <= max(0.01 * e["share"], 2e-3)
		           for e in rows)
		sys.exit(not same)
	END
}

first=10000
for case in $(shares cases); do
	shares eds "$case" | put "$TOPO_DIR/eds.yaml"
	for side in client:node1 gateway:gw2; do
		"$BUILD/parallaxctl" preview -o json --config "$TOPO_DIR/${side#*:}/config.yaml" \
			>"$TEST_DIR/${side%:*}.json" || fail "preview of $case"
	done
	check "$case: the kernel holds the weights of preview" wait_for 5 kernel_agrees
	in_ns sleep "$T/spread" $VIP 5000 $first $CONNECTIONS >"$TEST_DIR/counts" ||
		fail "connections of $case"
	check "$case: $CONNECTIONS connections" \
		shares test "$TEST_DIR/client.json" "$TEST_DIR/gateway.json" <"$TEST_DIR/counts"
	if [[ $case == drops ]]; then
		refused=$(awk '$1 == "refused" { print $2 }' "$TEST_DIR/counts")
		by_category=$(ctl node1 services -o json | python3 -c 'import json, sys
services = json.load(sys.stdin)["services"]
tcp = next(s for s in services if s["protocol"] == "tcp")
print(sum(d["refused"] for d in tcp["drops"]) >= int(sys.argv[1]))' "$refused")
		equal "each refusal has its category" True "$by_category"
	fi
	first=$((first + CONNECTIONS))
done
nothing_invalid
