#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# UDP: both kinds of backend, sticky per five-tuple, refused by ICMP without a backend.
. "$(dirname "$0")/lib.sh"

two_clusters
start udp-v1 v1 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v1
start udp-v2 v2 "$T/udp" serve "$(inner 10.10.0.90)" 5000 v2
two_agents

udp() { in_ns sleep "$T/udp" "$@" call $VIP 5000; }
udp_versions() { udp -n 40 | cut -d' ' -f1 | sort | paste -sd' '; }
equal "both answer" "v1 v2" "$(udp_versions)"
check "messages of 1400 bytes" udp -n 20 -l 1400
check "one socket stays with its server" udp -m 200
check "and from a fixed port, twice" udp -p 41000 -m 5
check "again" udp -p 41000 -m 5

# Twice as many exchanges as a pod may have flows (an eighth of `limits.flows`), within the time that an
# idle flow of UDP has.
exchanges() { udp -n 16500 -m 1 -r 1500; }
check "short exchanges, more than the pod may have flows" exchanges
for node in node1 gw2; do equal "refused by $node" 0 "$(drops $node flows_share)"; done

eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
udp_are() { [[ $(udp_versions) == "$1" ]]; }
check "only v2" wait_for 5 udp_are v2

eds "$HELLO"
refused() { udp -t 2000 >/dev/null; (($? == 1)); }
check "no endpoint: port unreachable" wait_for 5 refused
nothing_leaked
nothing_invalid
