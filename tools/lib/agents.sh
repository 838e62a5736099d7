# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Agents on the nodes of topology.sh: configuration, start, command line, and their remains.
# To be sourced by bash after topology.sh. BUILD names the directory of the programs.

LIB_DIR=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

# pin_dir NODE: under bpffs, one per node, since nodes share this machine
pin_dir() { echo "/sys/fs/bpf/$TOPO_PREFIX-$1"; }

# ctl NODE ARGUMENT...: parallaxctl as on that node
ctl() {
	local node=$1
	shift
	in_ns "$node" "$BUILD/parallaxctl" --pin-dir "$(pin_dir "$node")" "$@"
}

# put FILE: standard input becomes FILE in one step, as a reader sees it
put() {
	mkdir -p "$(dirname "$1")"
	cat >"$1.new"
	mv "$1.new" "$1"
}

# agent_start NODE: with NODE/config.yaml; returns when it serves
agent_start() {
	echo "$(pin_dir "$1")" >>"$TOPO_DIR/pins"
	start "agent-$1" "$1" "$BUILD/parallaxd" --config "$TOPO_DIR/$1/config.yaml" \
		--pin-dir "$(pin_dir "$1")"
	wait_for 10 agent_serves "$1" && return 0
	echo "the agent of $1 does not serve; its log ends:" >&2
	tail -n 20 "$TOPO_DIR/log/agent-$1" >&2
	return 1
}

# The status of a predecessor names another process.
agent_serves() { [[ $(ctl "$1" status) == *"running, pid $(pid_of "agent-$1"),"* ]]; }

# attached_programs NODE: BPF programs on its interfaces, one a line
attached_programs() {
	local device
	in_ns "$1" "$LIB_DIR/tc_programs.py"
	in_ns "$1" ip link show | sed -n 's/.*prog\/xdp.*/xdp: &/p'
	for device in $(in_ns "$1" ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do
		in_ns "$1" tc filter show dev "$device" ingress 2>/dev/null | grep 'bpf.* handle'
		in_ns "$1" tc filter show dev "$device" egress 2>/dev/null | grep 'bpf.* handle'
	done
}

# host_clients NODE: what leads the node's own packets to the programs
host_clients() {
	local family
	in_ns "$1" ip -brief link show type veth | grep '^parallax[01]'
	for family in -4 -6; do
		in_ns "$1" ip $family rule show | grep 'lookup 20568'
		in_ns "$1" ip $family route show table all proto 88
	done
	in_ns "$1" nft list tables | grep 'ip6* parallax$'
}

# left_behind NODE: lists our pins, programs and qdiscs on an uninstalled node; nothing when clean
left_behind() {
	local pins
	pins=$(pin_dir "$1")
	[[ -e $pins ]] && echo "pins: $(ls -d "$pins"/* "$pins")"
	attached_programs "$1" | sed 's/^/program: /'
	in_ns "$1" tc qdisc show | grep clsact | sed 's/^/qdisc: /'
	host_clients "$1" | sed 's/^/of the node: /'
	return 0
}
