#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A node's data plane as bpftool shows it, without any program of ours: what is loaded, where it hangs,
# what it knows, and a connection on its way.
. "$(dirname "$0")/lib.sh"

ATTACH=clsact # older bpftools know nothing of TCX
two_clusters
two_agents
pins=$(pin_dir node1)

# field NAME: of the JSON object on standard input
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
program_id() { bpftool -j prog show pinned "$pins/prog_$1" | field id; }
map_id() { bpftool -j map show pinned "$pins/$1" | field id; }
# dump MAP: its elements, with the names of fields, and as bytes
dump() { bpftool -j map dump pinned "$pins/$1"; }

# holds MAP ADDRESS...: some element has these IPv4 addresses among its bytes
holds() {
	dump "$1" | python3 -c '
import json, socket, sys
wanted = [socket.inet_aton(address) for address in sys.argv[1:]]
for item in json.load(sys.stdin):
    found = bytes(int(byte, 16) for part in ("key", "value") for byte in item.get(part, []))
    if all(address in found for address in wanted):
        sys.exit(0)
sys.exit(1)' "${@:2}"
}

# ---- the programs, and the maps they read
for program in px_from_pod px_to_pod px_uplink px_to_uplink; do
	bpftool -j prog show pinned "$pins/prog_$program" >"$TEST_DIR/program"
	equal "the program pinned as prog_$program is" "sched_cls $program" \
		"$(field type <"$TEST_DIR/program") $(field name <"$TEST_DIR/program")"
done
check "it names the maps it uses" seen -w "$(map_id flows)" < <(bpftool -j prog show pinned "$pins/prog_px_uplink")
check "its instructions are shown with the lines of the source" \
	seen '^; .*flow' < <(bpftool prog dump xlated pinned "$pins/prog_px_from_pod")

# ---- where they hang
hangs() { # DEVICE ingress|egress PROGRAM
	in_ns node1 bpftool -j net show dev "$1" | python3 -c '
import json, sys
hook, number = "clsact/" + sys.argv[1], int(sys.argv[2])
sys.exit(not any(item["kind"] == hook and item["id"] == number for item in json.load(sys.stdin)[0]["tc"]))' \
		"$2" "$(program_id "$3")"
}
for device in veth-sleep veth-v1; do
	check "packets from $device meet px_from_pod" hangs $device ingress px_from_pod
	check "packets to $device meet px_to_pod" hangs $device egress px_to_pod
done
check "packets from the uplink meet px_uplink" hangs eth0 ingress px_uplink
check "packets to the uplink meet px_to_uplink" hangs eth0 egress px_to_uplink
refute "and each hook has its own" hangs eth0 ingress px_from_pod

# ---- what they know
check "the virtual IP" holds vips $VIP
refute "and no other address" holds vips 10.20.194.147
check "the pod of this network" holds backends 10.10.0.90
check "the gateway of the other one" holds backends 192.23.120.32
check "fields have their names" seen '"abi_version"' < <(dump settings)

# ---- a connection
check "both versions answer" wait_for 5 versions_are "v1 v2" sleep
check "its flow, by the client's address and the virtual IP" holds flows 10.10.0.89 $VIP
check "at the gateway, in its own maps" bash -c "pins=$(pin_dir gw2); $(declare -f dump holds); holds flows 10.10.0.89 $VIP"
packets() {
	dump counters | python3 -c '
import json, sys
def numbers(value):
    if isinstance(value, dict):
        return sum(number if name == "packets" else numbers(number) for name, number in value.items())
    return sum(map(numbers, value)) if isinstance(value, list) else 0
print(numbers(json.load(sys.stdin)))'
}
before=$(packets)
check "sleep calls again" quietly hello sleep -n 10
check "its packets are counted" test "$(packets)" -gt $((before + 50))

# ---- links, where there are any
if has_tcx; then
	stop agent-node1
	sed -i 's/attach: clsact/attach: tcx/' "$TOPO_DIR/node1/config.yaml"
	check "the agent hangs them on links" agent_start node1
	linked() { for link in "$pins"/link_*; do bpftool -j link show pinned "$link" | field prog_id; done; }
	check "which bpftool shows with the program" seen -x "$(program_id px_from_pod)" < <(linked)
fi

# ---- nothing is left
stop agent-node1
id=$(program_id px_from_pod)
check "uninstalled" quietly ctl node1 uninstall
unloaded() { ! quietly bpftool prog show id "$id"; }
check "bpftool finds that program no more" wait_for 5 unloaded
