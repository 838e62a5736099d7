#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# parallax-pod events against an API server of ours: what is reported, once, and how much at most.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh

problems() { printf '%s\n' "$1" >"$tmp/problems.new" && mv "$tmp/problems.new" "$tmp/problems"; }
# Waits for a file, or for a state.
until_() {
	local end=$((SECONDS + 20))
	until "$@"; do ((SECONDS < end)) && sleep 0.1 || return 1; done
}
events() { [[ $(cat "$tmp/events" 2>/dev/null) == "$1" ]]; }
count_is() { (($(grep -c . "$tmp/events") == $1)); }
# reported WHICH EXPECTED: after the change, and still the same some looks later
reported() {
	until_ events "$1" && sleep 3 && events "$1" && return
	cat "$tmp/events" "$tmp/log"
	return 1
}

begin() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=api \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$tmp/tls.key" -out "$tmp/tls.crt" 2>/dev/null
	mkdir "$tmp/account"
	cp "$tmp/tls.crt" "$tmp/account/ca.crt"
	echo a-token >"$tmp/account/token"
	problems '[]'
	python3 tests/deploy/fake_api.py "$tmp" >"$tmp/api.log" 2>&1 &
	api=$!
	until_ test -e "$tmp/ports" || return
	read -r port agent <"$tmp/ports"
	PARALLAX_ACCOUNT=$tmp/account KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$port \
		POD_NAMESPACE=parallax POD_NAME=parallax-x POD_UID=a-uid NODE_NAME=node1 \
		"$BUILD/parallax-pod" events "$agent" 1 >"$tmp/log" 2>&1 &
	pod=$!
}

end() {
	kill $pod $api 2>/dev/null
	rm -rf "$tmp"
}

each_once() {
	problems '[{"reason": "SourceProblem", "message": "the control plane is away"},
		{"reason": "GatewayUnknown", "message": "2 endpoints get no connections"}]'
	reported "Warning SourceProblem the control plane is away
Warning GatewayUnknown 2 endpoints get no connections"
}

over() {
	problems '[]'
	until_ grep -q '^Normal ProblemsOver' "$tmp/events"
}

# A server that refuses, then one that falls silent: the event comes when it is back.
refused_comes_later() {
	: >"$tmp/events"
	touch "$tmp/refuse"
	problems '[{"reason": "PinsLost", "message": "a pin is gone"}]'
	until_ grep -q "500" "$tmp/log" || return
	rm "$tmp/refuse"
	reported "Warning PinsLost a pin is gone"
}

silent_comes_later() {
	over && : >"$tmp/events"
	touch "$tmp/hang"
	problems '[{"reason": "MapFull", "message": "flows are full"}]'
	sleep 3
	rm "$tmp/hang"
	until_ grep -q '^Warning MapFull flows are full$' "$tmp/events"
}

# However many problems come, ten at once.
flood_is_limited() {
	over && : >"$tmp/events"
	problems "$(python3 -c 'import json
print(json.dumps([{"reason": "ServiceProblem", "message": "%d: " % i + "\u00e9" * 600} for i in range(200)],
                 ensure_ascii=False))')"
	until_ grep -q ServiceProblem "$tmp/events" || return
	sleep 3
	(($(grep -c . "$tmp/events") <= 10)) && kill -0 $pod
}

if needs openssl events && [[ -x $BUILD/parallax-pod ]]; then
	trap end EXIT
	begin || { echo "FAIL events: the server of the test did not start" && exit 1; }
	passes events_each_once each_once
	passes events_over over
	passes events_refused_comes_later refused_comes_later
	passes events_silent_comes_later silent_comes_later
	passes events_flood_is_limited flood_is_limited
fi
exit $failed
