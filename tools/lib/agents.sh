# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Agents on the nodes of topology.sh: configuration, start, command line, and what is left of them.
# To be sourced by bash after topology.sh. BUILD names the directory of the programs.

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

agent_serves() {
	local pid
	pid=$(pid_of "agent-$1")
	kill -0 "$pid" && ctl "$1" status
}

# left_behind NODE: what an uninstalled node still has of ours; prints nothing when clean
left_behind() {
	local pins
	pins=$(pin_dir "$1")
	[[ -e $pins ]] && echo "pins: $(ls -d "$pins"/* "$pins")"
	in_ns "$1" bpftool net show 2>/dev/null | grep -E 'px_|parallax' | sed 's/^/program: /'
	in_ns "$1" tc qdisc show 2>/dev/null | grep clsact | sed 's/^/qdisc: /'
	return 0
}
