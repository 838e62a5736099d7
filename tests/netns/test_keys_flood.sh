#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A million forged packets to a gateway with keys, 167,000 (COUNT) of each kind: none enters, none is answered,
# nothing is remembered, and connections with a key go on.
# Time limit: 600 s
# Families: 6
# Long
. "$(dirname "$0")/lib.sh"

COUNT=${COUNT:-167000}
two_clusters
node_add evil cluster1 192.23.110.66/24 192.23.110.1
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config 10.10.0.90:5000/cluster1
(umask 077 && "$BUILD/parallaxctl" keygen network1 network2 --id 7 >"$TOPO_DIR/keys")
{
	transports network1=geneve network2=geneve
	echo "tunnel: {keysFile: $TOPO_DIR/keys}"
} | agent_config node1 network1 cluster1
{
	transports network1=geneve network2=geneve
	gateway_role $SNAT2 192.23.110.0/24 | sed 's/, allow: .*/}/'
	echo "tunnel: {keysFile: $TOPO_DIR/keys}"
} | agent_config gw2 network2 n2-k8s-config
agent_start node1 || fail "agent on node1"
agent_start gw2 || fail "agent on gw2"
check "both versions answer" wait_for 10 versions_are "v1 v2" sleep
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
check "v2 alone" wait_for 5 versions_are v2 sleep

start capture gw2 "$HERE/capture_tunnel.py" eth0 6081
sleep 1
hello sleep >/dev/null || fail "a call"
finish capture || fail "no tunnel packet was seen"
{
	read -r sample
	read -r forged
} <"$TEST_DIR/log/capture"
# Geneve (8 bytes), service (12), tag (16), then the packet: its source port behind the IP header.
[[ ${sample:72:1} == 6 ]] && port_at=$((36 + 40)) || port_at=$((36 + 20))
equal "the tag's option" ff008203 "${sample:40:8}"

# calls_beside NAME: calls until that process ends, at least twenty; prints how many
: >"$TEST_DIR/lost"
calls_beside() {
	local calls=0 pid ended
	process "$1"
	until ((calls)) && [[ -s $ended ]]; do
		hello sleep -i 2 -n 20 -t 5000 -s >/dev/null || echo "lost beside $1" >>"$TEST_DIR/lost"
		calls=$((calls + 20))
	done
	echo $calls
}

# flood KIND REASON HEX [AT]
flood() {
	local before after rest calls
	before=$(drops gw2 "$2")
	start "forge-$1" evil "$T/forge" "$(outer 192.23.120.32)" 6081 "$COUNT" "$3" ${4:+"$4"}
	calls=$(calls_beside "forge-$1")
	finish "forge-$1" || fail "the flood $1"
	after=$(drops gw2 "$2")
	rest=$(tail -n 1 "$TEST_DIR/log/forge-$1")
	equal "$1: nothing is answered" "sent $COUNT answers 0" "$rest"
	echo "$1: $((after - before)) counted as $2, $calls calls beside them"
	check "$1: counted" test $((after - before)) -ge $((COUNT * 9 / 10))
}
entered() { counted gw2 uplink forwards gateway_in; }
untagged=03${forged:2:38}${forged:72}
flood none tunnel_unsigned "$untagged" $((port_at - 16))
flood key tunnel_key "${forged:0:48}0309${forged:52}" "$port_at"
flood tag tunnel_forged "$forged" "$port_at"
flood old tunnel_epoch "${forged:0:52}0001${forged:56}" "$port_at"
flood network tunnel_key "${sample:0:8}777777${sample:14}" "$port_at"
flood service tunnel_forged "${sample:0:24}0000000000000001${sample:40}"
equal "lost calls" "" "$(cat "$TEST_DIR/lost")"
elsewhere() { ctl gw2 flows | seen -e '10\.10\.0\.119:' -e ':[0-9]*77\]:'; }
refute "a flow of the forged address" elsewhere
equal "packets that no other reason dropped" "0 0 0" \
	"$(drops gw2 tunnel_source) $(drops gw2 tunnel_vni) $(drops gw2 no_flow)"
check "the log has few lines" test "$(wc -l <"$TEST_DIR/log/agent-gw2")" -lt 60
nothing_invalid
