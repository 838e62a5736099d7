#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The admin server: its pages, refused requests, load, and changes of its configuration.
# Long
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
config() { # ADMIN
	{
		transports network2=geneve
		gateway_role $SNAT1 192.23.120.0/24
		echo "$1"
	} | agent_config node1 network1 cluster1
}

# page PATH [VERB [PORT [ADDRESS]]]: the answer as it comes; fails without one
page() {
	in_ns "${FROM:-node1}" timeout $((15 * ${PATIENCE:-1})) python3 - "$@" <<-PYTHON
		import socket, sys
		path, verb, port, address = (sys.argv[1:] + ["GET", "15100", "127.0.0.1"][len(sys.argv) - 2:])[:4]
		s = socket.create_connection((address, int(port)), timeout=${WAIT:-12} * ${PATIENCE:-1})
		s.sendall(f"{verb} {path} HTTP/1.1\r\nHost: {address}:{port}\r\n\r\n".encode())
		data = b"".join(iter(lambda: s.recv(65536), b""))
		if not data:
		    sys.exit(1)
		sys.stdout.buffer.write(data)
	PYTHON
}
status() { page "$@" | head -n 1 | cut -d' ' -f2; }
status_is() { [[ $(status "${@:2}" 2>/dev/null) == "$1" ]]; }
body() { page "$@" | sed '1,/^\r$/d'; }
# metric SERIES: its value
metric() { body /stats/prometheus | awk -v s="$1" '{ v = $NF; sub(/ [^ ]*$/, "") } $0 == s { print v }'; }
metric_is() { [[ $(metric "$1") == "$2" ]]; }
descriptors() { ls "/proc/$(pid_of agent-node1)/fd" | wc -l; }
says() { ctl node1 status | seen -- "$1"; }
log_says() { grep -q -- "$1" "$TEST_DIR/log/agent-node1"; }

# ---- without the key nothing listens
refute "no admin server" listens node1 15100
config "admin: {}"
check "the key opens one, live" wait_for 5 status_is 200 /ready

# ---- pages
equal "/healthz" ok "$(body /healthz)"
equal "/ready" ready "$(body /ready)"
equal "an unknown path" 404 "$(status /nothing)"
equal "the root" 404 "$(status /)"
equal "a path with a query" 200 "$(status '/ready?x=1')"
check "type of metrics" grep -q '^Content-Type: text/plain; version=0.0.4; charset=utf-8' <(page /stats/prometheus)
equal "services" 2 "$(metric parallax_services)"
equal "pods" 2 "$(metric 'parallax_interfaces{role="pod"}')"
equal "capacity of flows, two halves each" 131072 "$(metric 'parallax_map_capacity{map="flows"}')"
build="parallax_build_info{version=\"$("$BUILD/parallaxd" --version | cut -d' ' -f2)\",abi="
check "the version" grep -qF "$build" <(body /stats/prometheus)
equal "the agent's start" "$(($(date +%s) / 86400))" "$(($(metric process_start_time_seconds | cut -d. -f1) / 86400))"
check "memory, as the kernel has it" test "$(metric process_resident_memory_bytes)" -gt 1000000
equal "the configuration is valid" 1 "$(metric parallax_config_last_reload_successful)"
equal "the source is there" 1 "$(metric 'parallax_source_connected{source="files"}')"

hello sleep -n 20 -s >/dev/null
forwarded() { # as `status` counts
	local is
	is=$(counted node1 from_pod forwards to_local)
	((is > 0)) && metric_is 'parallax_forward_packets_total{reason="to_local",hook="from_pod"}' "$is"
}
check "packets forwarded, as status has them" wait_for 5 forwarded
swept() { (($(metric 'parallax_map_entries{map="flows"}') > 0)); }
check "flows are counted by the sweep" wait_for 15 swept
total() { body /stats/prometheus | awk -v s="$1" 'index($0, s "{") == 1 { n += $NF } END { print n + 0 }'; }
total_is() { (($(total "$1") == $2)); }
check "connections of the service" wait_for 15 total_is parallax_service_connections_total 20
equal "the same by networks" 20 "$(total parallax_network_connections_total)"
by_gateway() { metric 'parallax_network_connections_total{source_network="network1",target_network="network2",gateway="192.23.120.32",role="client"}'; }
check "some through the gateway" test "$(by_gateway)" -gt 0
check "and bytes of both ways" test "$(total parallax_service_sent_bytes_total)" -gt 4000 -a \
	"$(total parallax_service_received_bytes_total)" -gt 4000
forwards() { metric "parallax_forward_packets_total{reason=\"$1\",hook=\"from_pod\"}"; }
all_packets() { total_is parallax_network_sent_packets_total $(($(forwards to_local) + $(forwards to_tunnel))); }
check "packets by networks, as many as were forwarded" wait_for 15 all_packets
dropped() { (($(body /stats/prometheus | grep -c '^parallax_drop_packets_total') > 30)); }
check "each reason of a drop has its series" dropped
clusters() { body /clusters | seen -F "$HELLO::$1::$2"; }
check "/clusters: the local pod" clusters 10.10.0.90:5000 share::0.500000000
check "/clusters: the gateway" clusters 192.23.120.32:15443 transport::geneve
dump() {
	body /config_dump | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}
equal "/config_dump: the agent" "$(pid_of agent-node1)" "$(dump 'd["agent"]["pid"]')"
equal "/config_dump: endpoints in the kernel" 4 "$(dump 'len(d["kernel"]["endpoints"]["endpoints"])')"
equal "/config_dump: nothing was cut" False "$(dump 'd["kernel"]["cut"]')"

# ---- an update rebuilds only the services that changed
built() { metric parallax_services_built_total; }
before=$(built)
{
	cat "$TOPO_DIR/eds.yaml"
	eds_resource "outbound|81||other.sample.svc.cluster.local" with
	eds_endpoint 10.10.0.90:81/cluster1
} | put "$TOPO_DIR/eds.yaml"
one_more() { (($(built) == before + 1)); }
check "a service more: one is built" wait_for 5 one_more
measured() { (($(metric "parallax_$1_duration_seconds_count") > $2)); }
check "how long that took" wait_for 3 measured apply 1
check "and how long after the file's event" wait_for 3 measured convergence 0
touch "$TOPO_DIR/eds.yaml" "$TOPO_DIR/node1/config.yaml"
sleep 0.5
check "and none for files with the same content" one_more
eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
check "it goes" wait_for 5 metric_is parallax_services 2

# ---- problems, by reasons
problem_is() { body /problems | python3 -c 'import json, sys
sys.exit(not any(p["reason"] == sys.argv[1] and sys.argv[2] in p["message"] for p in json.load(sys.stdin)))' "$@"; }
equal "no problem stands" "[]" "$(body /problems)"
sed -i.good 's/192.23.120.32/0.0.0.0/' "$TOPO_DIR/networks.yaml"
check "a network without a gateway" wait_for 5 problem_is GatewayUnknown "1 endpoints get no connections"
mv "$TOPO_DIR/networks.yaml.good" "$TOPO_DIR/networks.yaml"

# ---- an invalid configuration shows
hash() { body /stats/prometheus | sed -n 's/^parallax_config_info{hash="\([^"]*\)".*/\1/p'; }
before=$(hash)
config "admin: {}
nonsense: true"
check "an invalid configuration shows" wait_for 5 metric_is parallax_config_last_reload_successful 0
equal "and the last valid one serves" "$before" "$(hash)"
check "as a problem too" problem_is InvalidConfiguration "unknown key"
config "admin: {}
draining: keep"
check "a valid one too" wait_for 5 metric_is parallax_config_last_reload_successful 1
refute "by another hash" test "$before" == "$(hash)"
config "admin: {}"

# ---- refused requests
for verb in POST PUT DELETE OPTIONS PATCH BREW; do
	equal "$verb" 405 "$(status /ready $verb)"
done
check "and names the methods that are allowed" grep -q '^Allow: GET, HEAD' <(page /ready POST)
equal "HEAD has no body" "" "$(body /clusters HEAD)"
check "but its length" grep -qE '^Content-Length: [1-9][0-9]{2}' <(page /clusters HEAD)

# raw TEXT [TIMES]: sends TEXT that often, without a care; prints the status
raw() {
	in_ns node1 timeout $((20 * ${PATIENCE:-1})) python3 - "$@" <<-'PYTHON'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", 15100))
		text = sys.argv[1].encode().decode("unicode_escape").encode("latin1")
		try:
		    s.sendall(text * int((sys.argv + ["1"])[2]))
		except OSError:
		    pass
		data = b"".join(iter(lambda: s.recv(65536), b""))
		print(data.split()[1].decode() if data else "closed")
	PYTHON
}
equal "a head without end" 431 "$(raw 'GET /ready HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 4000)"
equal "many fields" 431 "$(raw 'A: b\r\n' 4000)"
equal "a long path" 414 "$(status "/$(printf 'a%.0s' {1..300})")"
equal "bytes" 400 "$(raw '\x16\x03\x01\x00\r\n\r\n')"
equal "HTTP/2 by prior knowledge" 505 "$(raw 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')"
equal "a body is not waited for" 405 "$(raw 'POST /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n')"

# ---- load: idle connections, and clients that do not read
cat >"$TEST_DIR/crowd.py" <<'PYTHON'
import os, socket, sys, time
patience = int(os.environ.get("PATIENCE", 1))
crowd = []
for i in range(200):
    s = socket.create_connection(("127.0.0.1", 15100), timeout=5 * patience)
    s.sendall(b"" if i % 3 else b"GET /config_dump HTTP/1.1\r\nHost: x\r\n\r\n" if i % 2 else b"GET /re")
    crowd.append(s)
print("there", flush=True)
time.sleep(60)
PYTHON
before=$(descriptors)
start crowd node1 python3 "$TEST_DIR/crowd.py"
check "200 connections" wait_for 10 grep -q there "$TEST_DIR/log/crowd"
equal "among them /ready answers" 200 "$(status /ready)"
check "few of them are kept" test "$(($(descriptors) - before))" -le 16
check "the data plane is followed all the same" quietly ctl node1 status
all_closed() { (($(descriptors) <= before)); }
check "all of them are closed in time" wait_for 15 all_closed
stop crowd

# ---- a flood of local connections, by processes without privileges: probes get through
cat >"$TEST_DIR/flood.py" <<'PYTHON'
import os, resource, socket, sys
os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
crowd = []
while True:  # the newest 3,000 connections stay open
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", 15100))
    if sys.argv[1] != "idle":
        try:
            s.send(b"GET /config_dump HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError:
            pass
    crowd.append(s)
    if len(crowd) > 3000:
        crowd.pop(0).close()
PYTHON
cat >"$TEST_DIR/probes.py" <<'PYTHON'
import os, socket
patience = int(os.environ.get("PATIENCE", 1))
failed = most = 0
for i in range(12):  # as the kubelet does, which acts after three failures in a row
    try:
        s = socket.create_connection(("127.0.0.1", 15100), timeout=5 * patience)
        s.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
        failed = failed + 1 if s.recv(12) != b"HTTP/1.1 200" else 0
        s.close()
    except OSError:
        failed += 1
    most = max(most, failed)
print("failed" if most >= 3 else "ready")
PYTHON
for kind in idle requests; do
	start "flood-$kind" node1 python3 "$TEST_DIR/flood.py" $kind
	equal "a kubelet's 12 probes during a flood ($kind)" ready "$(in_ns node1 python3 "$TEST_DIR/probes.py")"
	stop "flood-$kind" KILL
done

# ---- from elsewhere
WAIT=2
FROM=sleep refute "not from a pod" status_is 200 /ready GET 15100 192.23.110.10
FROM=gw2 refute "not from another node" status_is 200 /ready GET 15100 192.23.110.10
refute "not by another address of the node" status_is 200 /ready GET 15100 192.23.110.10
in_ns node1 sysctl -qw net.ipv4.conf.all.route_localnet=1
in_ns node1 nft -f - <<-NFT
	table ip px_admin_test {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			ip daddr 192.23.110.10 tcp dport 15100 dnat to 127.0.0.1
		}
	}
NFT
FROM=gw2 refute "nor through route_localnet" status_is 200 /ready GET 15100 192.23.110.10
check "which leads to it" test -n "$(in_ns node1 nft list ruleset | grep dnat)"
equal "while here it answers" 200 "$(status /ready)"
in_ns node1 nft delete table ip px_admin_test
# ---- metrics for others
WAIT=12
config "admin: {}
metrics: {istio: true}"
metrics_status() { FROM=gw2 status "$1" GET 15101 192.23.110.10 2>/dev/null; }
metrics_open() { [[ $(metrics_status /stats/prometheus) == 200 ]]; }
metrics_shut() { ! metrics_open; }
check "metrics are served to others" wait_for 5 metrics_open
equal "also by Prometheus' own path" 200 "$(metrics_status /metrics)"
equal "and nothing else" "404 404 404" "$(metrics_status /ready) $(metrics_status /config_dump) $(metrics_status /)"
WAIT=2 hello sleep -n 40 -s >/dev/null
by_istio() { body /stats/prometheus | seen '^istio_tcp_connections_opened_total{.*destination_cluster="cluster1".*destination_service_name="helloworld"'; }
check "connections by Istio's names, with the workload's cluster" wait_for 25 by_istio
FROM=gw2 refute "the admin server has its loopback alone" status_is 200 /ready GET 15100 192.23.110.10
config "admin: {}
metrics: {address: 203.0.113.1}"
check "an address that is not there is a problem" wait_for 5 says "metrics: cannot listen at 203.0.113.1:15101"
check "and the old listener stays" metrics_open
config "admin: {}"
check "it closes" wait_for 5 metrics_shut
WAIT=12

# ---- it follows the configuration
config "admin: {port: 15101}"
check "another port" wait_for 5 status_is 200 /ready GET 15101
refute "the old one is closed" listens node1 15100
config "admin: {address: 127.0.0.2, port: 15101}"
check "another address" wait_for 5 status_is 200 /ready GET 15101 127.0.0.2
config 'admin: {address: "::1", port: 15101}'
in_ns node1 ip link set lo up
check "IPv6" wait_for 5 status_is 200 /ready GET 15101 ::1
start squatter node1 python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 15102))
s.listen()
time.sleep(60)'
check "another process listens on a port" wait_for 5 listens node1 15102
config "admin: {port: 15102}"
check "a port in use is a problem" wait_for 5 says "admin: cannot listen at 127.0.0.1:15102: Address already in use"
check "also in the log" log_says "cannot listen at 127.0.0.1:15102: Address already in use; it stays at"
equal "the old place serves on" 200 "$(status /ready GET 15101 ::1)"
check "and the service" hello sleep
stop squatter
check "the server moves there once the port is free" wait_for 15 status_is 200 /ready GET 15102
over() { ! says "cannot listen"; }
check "and the problem is over" wait_for 5 over

# ---- connections are counted while nobody reads them
stop agent-node1 KILL
hello sleep -n 20 -s >/dev/null
check "the agent is back" agent_start node1
total() { body /stats/prometheus GET 15102 | awk -v s="$1" 'index($0, s "{") == 1 { n += $NF } END { print n + 0 }'; }
more() { (($(total parallax_service_connections_total) >= 40)); }
check "connections from before and meanwhile" wait_for 15 more

# ---- ready means that the kernel holds the whole desired state
stop agent-node1 TERM
check "the agent is uninstalled" quietly ctl node1 uninstall
sed -i 's/backends: 4096/backends: 4/' "$TOPO_DIR/node1/config.yaml"
check "an agent with too little room for four backends" agent_start node1
equal "is not ready" 503 "$(status /ready GET 15102)"
check "and names the limit" grep -q "backends" <(body /ready GET 15102)
equal "but alive" 200 "$(status /healthz GET 15102)"
eds "$HELLO" 10.10.0.90:5000/cluster1
check "with two it is ready" wait_for 15 status_is 200 /ready GET 15102
