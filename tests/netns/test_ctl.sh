#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# parallaxctl on a living data plane: its JSON, its forecast by `explain`, its follower.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep

# ask NODE VERB... -- EXPRESSION: prints the value of a Python expression over the JSON `r`
ask() {
	local node=$1 words=()
	shift
	while [[ $1 != -- ]]; do words+=("$1") && shift; done
	ctl "$node" "${words[@]}" -o json | python3 -c 'import json, sys
r = json.load(sys.stdin)
assert r["schema"] == 2, r
print(eval(sys.argv[1]))' "$2"
}

equal "status: the agent" running "$(ask node1 status -- 'r["agent"]["state"]')"
equal "status: its process" "$(pid_of agent-node1)" "$(ask node1 status -- 'r["agent"]["pid"]')"
equal "status: programs pinned" True "$(ask node1 status -- 'all(r["programs"].values())')"
equal "status: interfaces there" True \
	"$(ask node1 status -- 'all(i["present"] for i in r["interfaces"])')"
equal "status: in that network namespace" False "$(ask node1 status -- 'r["elsewhere"]')"
elsewhere() { in_ns gw2 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" status; }
check "status: in another it reports the mismatch" grep -q "not in this one" <(elsewhere)
check "and its names are not those of there" grep -q "veth-sleep (" <(elsewhere)
equal "services: virtual IP, local and remote" "[('serving', 1, 1)]" "$(ask node1 services -- \
	"[(s['state'], s['local'], s['remote']) for s in r['services'] if s['vip'] == '$VIP:5000' and s['protocol'] == 'tcp']")"
equal "endpoints: address and share" \
	"[('10.10.0.90:5000', 0.5), ('192.23.120.32:15443', 0.5)]" "$(ask node1 endpoints "$VIP:5000" -- \
	"sorted((e['address'], round(e['table_share'], 2)) for e in r['endpoints'] if e['protocol'] == 'tcp')")"
equal "endpoints: the service as it is printed, by flags" "[('10.10.0.90:5000', 'tcp'), ('192.23.120.32:15443', 'tcp')]" \
	"$(ask node1 ep --service "$VIP:5000/tcp" --vip "$VIP" --network network1 --network network2 -- \
	"sorted((e['address'], e['protocol']) for e in r['endpoints'])")"
equal "endpoints: of one network" "['192.23.120.32:15443']" \
	"$(ask node1 ep --vip "$VIP:5000/tcp" --network network2 --state active -- "[e['address'] for e in r['endpoints']]")"
ctl node1 flows --network netwrok2 >/dev/null 2>"$TOPO_DIR/near"
equal "an unknown network is an error" 1 $?
check "with a near one" grep -q "did you mean 'network2'" "$TOPO_DIR/near"
check "yaml, of the same schema" grep -qx "schema: 2" <(ctl node1 gw -o yaml)
equal "PARALLAX_PIN_DIR names the pins" "$(ctl node1 networks)" \
	"$(PARALLAX_PIN_DIR=$(pin_dir node1) in_ns node1 "$BUILD/parallaxctl" networks)"
PARALLAX_PIN_DIR=/nonexistent/pins in_ns sleep "$BUILD/parallaxd" --config "$TOPO_DIR/node1/config.yaml" \
	2>"$TOPO_DIR/log/elsewhere" && fail "an agent runs without a directory"
check "for the agent too" grep -q "the directory that would hold /nonexistent/pins" "$TOPO_DIR/log/elsewhere"
equal "networks" "[('network1', True), ('network2', False)]" \
	"$(ask node1 networks -- "sorted((n['name'], n['own']) for n in r['networks'])")"
equal "gateways" "[('network2', '192.23.120.32:15443', 'geneve')]" "$(ask node1 gateways -- \
	"[(g['network'], g['address'], g['transport']) for g in r['gateways'] if g['network'] == 'network2']")"

# An IPv6 gateway before the IPv4 one: every verb excludes it, and no packet goes to its first four bytes.
in_ns wan nft add rule ip watch routed ip daddr 32.1.13.184 counter name placeholder ||
	fail "watch 32.1.13.184"
networks network1=cluster1@192.23.110.10:15443 \
	network2=n2-k8s-config@2001:db8::15:15443,192.23.120.32:15443
reasons() {
	ask node1 gateways -- "[g['reason'] for g in r['gateways'] if '2001:db8::15' in g['address']]"
}
excludes_it() { [[ $(reasons) == "['an IPv6 address: this node sends no tunnels in IPv6']" ]]; }
check "gateways: one of IPv6 is excluded, with the reason" wait_for 5 excludes_it
equal "networks: gateways in use" "[1, 2]" "$(ask node1 networks -- \
	"[[n['gateways'], n['gateways_named']] for n in r['networks'] if n['name'] == 'network2'][0]")"
both="['10.10.0.90:5000', '192.23.120.32:15443']"
equal "endpoints: the IPv4 gateway has everything" "$both" "$(ask node1 endpoints "$VIP:5000" -- \
	"sorted(e['address'] for e in r['endpoints'] if e['protocol'] == 'tcp')")"
any="${both%]}, '[2001:db8::15]:15443']"
equal "preview: from a node that has both families" "$any" "$("$BUILD/parallaxctl" preview -o json \
	--config "$TOPO_DIR/node1/config.yaml" | python3 -c 'import json, sys
print(sorted(b["address"] for b in json.load(sys.stdin)[0]["backends"]))')"
equal "40 calls reach" "v1 v2" "$(versions sleep 40)"
nothing_leaked
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "with the IPv4 gateway alone" wait_for 5 eval '[[ $(reasons) == "[]" ]]'
check "check finds the node fit" ctl node1 check --config "$TOPO_DIR/node1/config.yaml"

# A forecast for 20 connections, then the connections themselves. No earlier call had these ports: they
# lie below the range that the kernel chooses from.
forecast() { ask node1 explain "$VIP:5000" --from "10.10.0.89:$1" -- 'r["outcome"]'; }
for port in $(seq 20001 20020); do
	expected=$(forecast "$port")
	answer=$(hello sleep -p "$port") || fail "no answer to port $port"
	case $expected in
	to_local) [[ $answer == *"version: v1,"* ]] ;;
	to_tunnel) [[ $answer == *"version: v2,"* ]] ;;
	*) false ;;
	esac || fail "port $port: explain expects $expected, the call: $answer"
done
echo "ok: explain foretells each of 20 connections"
equal "explain: a flow that is there decides" flow "$(forecast 20020)"

# The follower.
start follower node1 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" flows --follow --format json
events() { grep -c "\"event\": \?\"$1\"" "$TOPO_DIR/log/follower"; }
one_event() {
	hello sleep >/dev/null
	(($(events open) > 0))
}
check "the follower hears of connections" wait_for 5 one_event
refute "a second follower is refused" ctl node1 flows --follow
for port in $(seq 21001 21010); do
	hello sleep -p "$port" >/dev/null || fail "no answer to port $port"
done
heard() {
	python3 - "$TOPO_DIR/log/follower" <<-'PYTHON'
		import json, sys
		seen = {}
		for line in open(sys.argv[1]):
		    event = json.loads(line)
		    seen.setdefault(event["client"], []).append(event)
		for port in range(21001, 21011):
		    opened, closed = seen["10.10.0.89:%d" % port]
		    assert (opened["event"], closed["event"]) == ("open", "close"), (opened, closed)
		    assert closed["bytes_received"] > 100 and closed["bytes_sent"] > 100, closed
		    assert closed["upstream"] in ("10.10.0.90:5000", "192.23.120.32:15443"), closed
		    assert 0 <= closed["age_ms"] < 3000, closed
	PYTHON
}
check "each of 10 connections is heard to open and to close" wait_for 5 heard

equal "flows: the first two, and the number of the others" True \
	"$(ask node1 flows --service helloworld --limit 2 -- "len(r['flows']) == 2 and r['omitted'] > 10")"
equal "flows: of one client port" "['closing']" "$(ask node1 flows --from 10.10.0.89:21010 -- \
	"[f['state'] for f in r['flows']]")"
equal "flows: never older idle than in all" "[]" "$(ask node1 flows --service helloworld -- \
	"[f for f in r['flows'] if f['age_ms'] < f['idle_ms']]")"
equal "flows: the gateway's client is of the other network" "[('network1', 'network2')]" \
	"$(ask gw2 flows --network network2 -- "sorted({(f['client_network'], f['network']) for f in r['flows']})")"

# Dropped packets, while the follower of connections runs; a refused port is no service's.
start drops node1 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" flows --drops -o json --from 10.10.0.89
one_drop() { # IP options: four times "no operation"
	in_ns sleep python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([1] * 4))
s.sendto(b'1', ('$VIP', 5000))"
	grep -q '"reason":"bad_header"' "$TOPO_DIR/log/drops"
}
check "flows --drops shows a packet with IP options" wait_for 5 one_drop
check "with its addresses" grep -q "\"source\":\"10.10.0.89\".*\"destination\":\"$VIP\"" "$TOPO_DIR/log/drops"
refute "a second watcher of drops is refused" ctl node1 flows --drops
stop drops INT

# Whoever reads goes away: the follower ends and gives its lease back, though nothing happens.
unread() { ctl node1 flows --drops | true && ((PIPESTATUS[0] == 0)); }
unread & reader=$!
check "a follower without a reader ends" wait_for 5 eval "! kill -0 $reader 2>/dev/null"

# A report of a living node, with its agent's configuration and pins, and of a comment no word.
echo "# the token is swordfish" >>"$TOPO_DIR/node1/config.yaml"
check "bugreport writes one archive" ctl node1 bugreport --file "$TOPO_DIR/bug.tar.gz"
mkdir "$TOPO_DIR/bug" && tar -C "$TOPO_DIR/bug" --strip-components=1 -xzf "$TOPO_DIR/bug.tar.gz"
for file in status services endpoints networks gateways flows diff check; do
	python3 -m json.tool "$TOPO_DIR/bug/$file.json" /dev/null || fail "bugreport: no answer of $file"
done
check "with the configuration" grep -q "network: network1" "$TOPO_DIR/bug/config.yaml"
check "with the programs" grep -q "prog_px_from_pod: program id" "$TOPO_DIR/bug/pins.txt"
check "with the agent's process" grep -q "Name:.parallaxd" "$TOPO_DIR/bug/agent.txt"
refute "and without a comment" grep -rq swordfish "$TOPO_DIR/bug"

# Each change is one more answer, and nothing else.
start watch node1 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" networks -o yaml --watch --interval 0.1
documents() { (($(grep -c '^---$' "$TOPO_DIR/log/watch") == $1)); }
check "--watch answers" wait_for 5 documents 1
networks network1=cluster1@192.23.110.10:15443
check "--watch answers again after a change" wait_for 5 documents 2
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "and after the next" wait_for 5 documents 3
stop watch INT

stop follower KILL
start next node1 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" flows --follow --format envoy
next_hears() {
	hello sleep >/dev/null
	grep -q "outbound|5000||$HOST" "$TOPO_DIR/log/next"
}
check "a dead follower does not block the next" wait_for 8 next_hears
stop next INT

# Without the agent.
stop agent-node1 KILL
equal "status: the agent is dead" dead "$(ask node1 status -- 'r["agent"]["state"]')"
equal "endpoints are shown all the same" 2 "$(ask node1 endpoints "$VIP:5000" -- \
	"len([e for e in r['endpoints'] if e['protocol'] == 'tcp'])")"

check "bugreport works without the agent" ctl node1 bugreport --file "$TOPO_DIR/dead.tar.gz"
equal "and has the endpoints" 2 "$(tar -xzOf "$TOPO_DIR/dead.tar.gz" --wildcards '*/endpoints.json' |
	python3 -c 'import json, sys
print(len([e for e in json.load(sys.stdin)["endpoints"] if e["protocol"] == "tcp"]))')"

# The data plane is taken away and put up again, as by an agent of another layout.
start again node1 "$BUILD/parallaxctl" --pin-dir "$(pin_dir node1)" flows --follow -o json
check "a follower is there" wait_for 5 eval 'quietly hello sleep; grep -q event "$TOPO_DIR/log/again"'
check "the data plane is taken away" quietly ctl node1 uninstall
check "and put up again" agent_start node1
lines=$(wc -l <"$TOPO_DIR/log/again")
hears_again() {
	quietly hello sleep
	(($(wc -l <"$TOPO_DIR/log/again") > lines))
}
check "its follower hears of the new one" wait_for 10 hears_again
stop again INT
stop agent-node1 KILL

refute "another pin directory is refused" ctl node1 --pin-dir /sys/fs/bpf/no-such-directory status
for words in "statsu" "flows --folow" "-o xml status" "explain" "explain $VIP:0"; do
	# shellcheck disable=SC2086
	ctl node1 $words >/dev/null 2>&1
	equal "exit status of '$words'" 2 $?
done
nothing_invalid
