#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A stock Istio gateway: destination NAT only, so the bytes must be Istio mTLS, end to end.
. "$(dirname "$0")/lib.sh"

two_clusters
SNI=outbound_.5000_._.$HOST
mkdir "$TEST_DIR/tls"
check "certificates" "$HERE/certificates.sh" "$TEST_DIR/tls"
for pod in v1 v2; do
	stop "server-$pod-5000"
	start "tls-$pod" "$pod" "$HERE/tls_peer.py" serve "$TEST_DIR/tls" "$(inner_at 10.10.0.90:5000)" $pod
	wait_for 5 listens $pod 5000 || fail "no TLS server in $pod"
done
start gateway gw2 "$HERE/stock_gateway.py" "$(outer_at 192.23.120.32:15443)" "$SNI" "$(inner_at 10.10.0.90:5000)"
wait_for 5 listens gw2 15443 || fail "no gateway"

networks network1=cluster1 network2=n2-k8s-config@192.23.120.32:15443
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
transports network2=passthrough | agent_config node1 network1 cluster1
check "agent on node1 serves" agent_start node1

tls_call() { # SNI ALPN COUNT
	in_ns sleep "$HERE/tls_peer.py" call "$TEST_DIR/tls" $VIP_AT "$@"
}
tls_call "$SNI" istio 24 >"$TEST_DIR/answers" || fail "TLS calls: $(cat "$TEST_DIR/answers")"
equal "mutual TLS reaches both" "v1 v2" \
	"$(sed 's/.*version: \(v.\).*/\1/' "$TEST_DIR/answers" | sort -u | paste -sd' ')"

# The gateway alone: the client must use the SNI and ALPN that the gateway accepts.
eds "$HELLO" 10.10.0.90:5000/n2-k8s-config
only_gateway() { [[ $(tls_call "$SNI" istio 6 | grep -c v2) == 6 ]]; }
check "with v1 gone all calls enter by the gateway" wait_for 5 only_gateway
refute "another SNI is refused" tls_call "outbound_.5001_._.$HOST" istio 1
refute "another ALPN is refused" tls_call "$SNI" h2 1
refute "plain text is refused" hello sleep

ctl node1 flows --format envoy >"$TEST_DIR/envoy"
grep -qF "\"$(outer_at 192.23.120.32:15443)\" outbound|5000||$HOST " "$TEST_DIR/envoy" ||
	fail "no access-log line naming the stock gateway"
equal "packets for a pod or virtual IP in the wide area" 0 "$(wan_count pods)"
nothing_invalid
