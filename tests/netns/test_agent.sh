#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The agent and its pins: refusals with their reason, interfaces added, lost and repaired, live reload.
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
pins=$(pin_dir node1)
daemon() { in_ns node1 "$BUILD/parallaxd" --config "$TOPO_DIR/node1/config.yaml" "$@" 2>&1; }
# says TEXT COMMAND...: the command fails and its output contains TEXT
says() {
	local text=$1 output
	shift
	output=$("$@") && return 1
	[[ $output == *"$text"* ]] || { echo "it said: $output"; return 1; }
}
status_says() { ctl node1 status | seen -- "$1"; }
log_has() { grep -q "$2" "$TOPO_DIR/log/agent-$1"; }
row_of() { # NODE DEVICE: captured_ns of its row in ifaces
	local index
	index=$(in_ns "$1" ip -o link show "$2" | cut -d: -f1)
	bpftool -j map dump pinned "$(pin_dir "$1")/ifaces" |
		python3 -c "import json,sys
for e in json.load(sys.stdin):
    f = e.get('formatted', e)
    if f['key'] == $index: print(f['value']['captured_ns'])"
}
programs_of() { # NODE DEVICE: programs on its TC hooks
	ctl "$1" status -o json | python3 -c "import json,sys
for i in json.load(sys.stdin)['interfaces']:
    if i['name'] == '$2': print(i['attach'])"
}

networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 # gw2 has no agent here
transports network2=geneve | agent_config node1 network1 cluster1

# ---- errors at the start, before the agent changes anything
check "a pin directory on another file system" says "does not lie on a BPF file system" \
	daemon --pin-dir "$TEST_DIR/pins"
check "a pin directory without a parent" says "that would hold $pins/a/b does not exist" \
	daemon --pin-dir "$pins/a/b"
echo "netwrk: x" | put "$TEST_DIR/broken.yaml"
check "a broken configuration, with its place" says "broken.yaml:1:1" \
	in_ns node1 bash -c "exec '$BUILD/parallaxd' --config '$TEST_DIR/broken.yaml' --pin-dir '$pins' 2>&1"
refute "and no pin directory is left by it" test -e "$pins"
mkdir "$pins"
echo "$pins" >>"$TOPO_DIR/pins"
chown 65534 "$pins"
check "a pin directory of another owner" says "belongs to another user" daemon --pin-dir "$pins"
chown 0 "$pins"
chmod 0770 "$pins"
check "one that others may write to" says "others may write to it" daemon --pin-dir "$pins"
chmod 0700 "$pins"
bpftool map create "$pins/services" type array key 4 value 8 entries 4 name services
check "a pinned map of another layout, by name" says "$pins/services was pinned by another version" \
	daemon --pin-dir "$pins"
equal "and nothing else was pinned" services "$(ls "$pins")"
rm "$pins/services"

# ---- start, a second one
check "agent of node1" agent_start node1
check "a second agent is refused, naming the first" says "pid $(pid_of agent-node1)" \
	daemon --pin-dir "$pins"
check "one with another pin directory, naming the first and its directory" \
	says "pid $(pid_of agent-node1), runs in this network namespace on $pins:" daemon --pin-dir "$pins-other"
refute "and it leaves no directory" test -e "$pins-other"

# ---- a socket named like another agent's, of a process without privileges
stop agent-node1
start impostor node1 python3 -c 'import os, socket, time
os.setuid(65534)
s = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
s[0].bind("\0parallaxd/1 /sys/fs/bpf/other")
s[1].bind("\0parallaxd/1-1 /sys/fs/bpf/other")
print("bound", flush=True)
time.sleep(60)'
check "a process without privileges claims the namespace" wait_for 5 grep -q bound "$TEST_DIR/log/impostor"
check "which stops no agent" agent_start node1
stop impostor

# ---- another data plane of which the agent is dead
other="$pins-dead"
echo "$other" >>"$TOPO_DIR/pins"
stop agent-node1 KILL
check "uninstall" ctl node1 uninstall
start agent-dead node1 "$BUILD/parallaxd" --config "$TOPO_DIR/node1/config.yaml" --pin-dir "$other"
check "an agent with another directory" wait_for 5 hello sleep
stop agent-dead KILL
check "agent of node1" agent_start node1
check "it names the directory of the other" log_has node1 "and 3 more: the data plane pinned on $other is"
check "so does status" status_says "--pin-dir $other"
check "which is uninstalled" ctl node1 --pin-dir "$other" uninstall
check "and then no problem" wait_for 12 log_has node1 "all problems are over"
equal "programs attached" 8 "$(attached_programs node1 | wc -l)"

# ---- interfaces
equal "an interface that was there is taken over from now on" 0 \
	$(($(row_of node1 veth-sleep) == 0))
in_ns node1 ip link add veth-born type veth peer name born
usual=$(has_tcx && echo tcx || echo clsact)
born() { [[ $(row_of node1 veth-born) == 0 && $(programs_of node1 veth-born) == "$usual" ]]; }
check "one that is born has nothing to take over" wait_for 5 born
in_ns node1 ip link del veth-born
vanished() { [[ -z $(ls "$pins" | grep -E "link_[0-9]+_" | grep -vE "link_($kept)_") ]]; }
kept=$(in_ns node1 ip -o link show | grep -E 'veth-|eth0|parallax1' | cut -d: -f1 | paste -sd'|')
check "links of one that is gone are gone" wait_for 5 vanished
in_ns node1 ip link add odd type veth peer name even
in_ns node1 ip link set odd name veth-odd
renamed() { [[ $(programs_of node1 veth-odd) == "$usual" ]]; }
check "one that is renamed into the pattern is attached" wait_for 5 renamed
in_ns node1 ip link del veth-odd
in_ns node1 ip link set eth0 mtu 1400
mtu_is() { bpftool map dump pinned "$pins/settings" | seen "\"mtu\": $1"; }
check "the uplink's MTU is followed" wait_for 5 mtu_is 1400
in_ns node1 ip link set eth0 mtu 1500

# ---- live reload
sed -i 's/^delivery: stack/delivery: redirect/' "$TOPO_DIR/node1/config.yaml"
delivery_is() { [[ $(ctl node1 status -o json) == *"\"delivery\": \"$1\""* ]]; }
check "delivery is changed live" wait_for 5 delivery_is redirect
sed -i 's/services: 256/services: 512/' "$TOPO_DIR/node1/config.yaml"
check "limits need a restart, and the log reports it" wait_for 5 log_has node1 "limits changed"
sed -i 's/services: 512/services: 256/' "$TOPO_DIR/node1/config.yaml"
sed -i 's/^  network2: {mode: geneve}/  network2: {mode: genev}/' "$TOPO_DIR/node1/config.yaml"
echo "deliverx: 1" >>"$TOPO_DIR/node1/config.yaml"
check "two problems of one file, apart" wait_for 5 log_has node1 "; [^ ]*config.yaml:[0-9]*:1: unknown key"
sed -i "/^deliverx/d" "$TOPO_DIR/node1/config.yaml"
check "an invalid edit is reported with its position" wait_for 5 log_has node1 'config.yaml:[0-9]*:[0-9]*: '
check "and the old one serves on" hello sleep
sed -i 's/genev}/geneve}/' "$TOPO_DIR/node1/config.yaml"
check "until it is mended" wait_for 5 log_has node1 "all problems are over"

sed -i 's/^network: network1/network: netwrok1/' "$TOPO_DIR/node1/config.yaml"
check "a misspelt network of our own is a problem" wait_for 5 status_says "did you mean 'network1'"
sed -i 's/^network: netwrok1/network: network1/' "$TOPO_DIR/node1/config.yaml"
over() { ! status_says "Problems"; }
check "until it is mended, too" wait_for 5 over

# ---- a restart keeps the capture times, the links and the data plane
taken=$(row_of node1 veth-sleep)
links=$(ls "$pins" | grep ^link_)
stop agent-node1 KILL
check "a restart right after SIGKILL" agent_start node1
equal "the time of capture is kept" "$taken" "$(row_of node1 veth-sleep)"
equal "the same links" "$links" "$(ls "$pins" | grep ^link_)"
stop agent-node1 TERM
check "SIGTERM leaves the data plane" hello sleep
check "uninstall" ctl node1 uninstall
equal "left on node1" "" "$(left_behind node1)"

# ---- no inotify watches left on the host: status reports it, and the agent polls its files
if [[ -x $(command -v strace) ]]; then
	eds "$HELLO" 10.10.0.90:5000/cluster1
	for call in inotify_init1 inotify_add_watch; do
		start agent-node1 node1 strace -D -f -qq --seccomp-bpf -o /dev/null \
			-e "inject=$call:error=ENOSPC" "$BUILD/parallaxd" \
			--config "$TOPO_DIR/node1/config.yaml" --pin-dir "$pins"
		check "$call fails: it serves" wait_for 10 agent_serves node1
		check "and reports it in status" status_says "files cannot be watched"
		check "and answers" hello sleep
		stop agent-node1 TERM
	done
	check "uninstall" ctl node1 uninstall

	# As when pods come and go during a dump: the kernel marks the list as inconsistent.
	start agent-node1 node1 strace -D -f -qq --seccomp-bpf -o /dev/null -e trace=recvmsg \
		-e inject=recvmsg:error=EINTR:when=1 "$BUILD/parallaxd" \
		--config "$TOPO_DIR/node1/config.yaml" --pin-dir "$pins"
	check "the list of interfaces is interrupted: it serves" wait_for 10 agent_serves node1
	check "and answers" hello sleep
	stop agent-node1 TERM
	check "uninstall" ctl node1 uninstall
fi

# ---- kernels without TCX: filters on clsact, and a qdisc deleted by another program
ATTACH=clsact
transports network2=geneve | agent_config node1 network1 cluster1
check "agent with clsact" agent_start node1
equal "on clsact" clsact "$(programs_of node1 veth-sleep)"
check "it answers" hello sleep
in_ns node1 tc qdisc del dev veth-sleep clsact
repaired() { in_ns node1 tc filter show dev veth-sleep ingress | seen px_from_pod; }
check "a deleted qdisc is restored" wait_for 15 repaired
stop agent-node1 TERM
check "uninstall in another network namespace is refused" says "are in another" \
	in_ns gw2 bash -c "exec '$BUILD/parallaxctl' --pin-dir '$pins' uninstall 2>&1"
equal "and nothing happened" 8 "$(attached_programs node1 | wc -l)"
check "uninstall with clsact" ctl node1 uninstall
equal "left on node1 with clsact" "" "$(left_behind node1)"
check "agent with clsact" agent_start node1
stop agent-node1 KILL
rm -rf "$pins"
equal "filters without an agent and without pins" 8 "$(attached_programs node1 | wc -l)"
if has_tcx; then
	ATTACH=tcx
	transports network2=geneve | agent_config node1 network1 cluster1
	check "an agent that does not use clsact" agent_start node1
	check "reports them in status" status_says "pin directory is not known"
	stop agent-node1 TERM
fi
ATTACH=clsact
transports network2=geneve | agent_config node1 network1 cluster1
check "one with clsact" agent_start node1
on_clsact() { [[ $(programs_of node1 veth-sleep) == clsact ]]; }
check "knows them again" wait_for 5 on_clsact
stop agent-node1 TERM
check "uninstall" ctl node1 uninstall
equal "left on node1" "" "$(left_behind node1)"
in_ns node1 tc qdisc add dev veth-sleep clsact
check "an agent beside a foreign qdisc" agent_start node1
stop agent-node1 TERM
check "uninstall beside a foreign qdisc" ctl node1 uninstall
equal "that qdisc stays" "qdisc clsact ffff: dev veth-sleep parent ffff:fff1" \
	"$(left_behind node1 | sed 's/^qdisc: //; s/ *$//')"
