# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A control plane in the wide area, for tests that source lib.sh first.

ISTIOD=$(outer 192.23.100.2)
PYTHON=/usr/bin/python3

"$PYTHON" -c 'import grpc' 2>/dev/null || skip "needs python3-grpcio"

# ads_host: where it lives, reached by every node
ads_host() {
	netns_add istiod
	link_add istiod eth0 wan istiod
	address_add istiod "$(outer 192.23.100.2/24)" eth0
	address_add wan "$(outer 192.23.100.1/24)" istiod
	in_ns istiod ip route add default via "$(outer 192.23.100.1)"
	ADS_DIR=$TEST_DIR/ads
	mkdir -p "$ADS_DIR"
}

# ads_start [ARGUMENT...]: of ads_server.py; at port 15010
ads_start() {
	start ads istiod "$PYTHON" "$PWD/tests/xds/ads_server.py" --listen "[::]:15010" \
		--dir "$ADS_DIR" "$@"
	wait_for 10 ads_listens || fail "no ADS server: $(tail "$TEST_DIR/log/ads")"
}

ads_listens() { in_ns istiod ss -Hltn "sport = :15010" | seen LISTEN; }

# mesh GATEWAYS_JSON ENDPOINT...: state of the control plane; ENDPOINT is ADDR:PORT/NETWORK/CLUSTER
mesh() {
	local gateways=$1 endpoints=() at more= vips
	shift
	for at in "$@"; do
		local place=${at%%/*} rest=${at#*/}
		[[ $FAMILY == 46 ]] && more="\"more\": [\"$(inner "${place%:*}" 6)\"], "
		endpoints+=("{\"address\": \"$(inner "${place%:*}")\", $more\"port\": ${place##*:}, \"network\": \"${rest%%/*}\", \"cluster\": \"${rest#*/}\"}")
	done
	vips=$(inner_list 10.20.194.146)
	local IFS=,
	put "$ADS_DIR/mesh.json" <<-EOF
		{"services": {"$HOST": {"vips": [$vips], "port": 5000, "endpoints": [${endpoints[*]}]}},
		 "gateways": $gateways}
	EOF
}

# ads_config NODE NETWORK CLUSTER: standard input adds to it; ADS holds more keys of source.ads
ads_config() {
	{
		cat <<-EOF
			network: $2
			cluster: $3
			interfaces: {pods: ["veth*"], uplinks: ["eth0"]}
			meshNetworksFile: $TOPO_DIR/networks.yaml
			source:
			  ads:
			    addresses: ["${SERVER:-$(at "$ISTIOD" 15010)}"]
			    node: {name: $1, namespace: sample}
			    ${ADS:-mode: delta}
			limits: ${LIMITS:-{services: 256, backends: 4096, flows: 65536\}}
			capture: ${CAPTURE:-multiNetwork}
		EOF
		cat
	} | put "$TOPO_DIR/$1/config.yaml"
}

# The usual two nodes, by that control plane.
ads_node1() {
	{
		transports network2=geneve
		gateway_role $SNAT1 192.23.120.0/24
	} | ads_config node1 network1 cluster1
}

ads_gw2() {
	{
		transports network1=geneve
		gateway_role $SNAT2 192.23.110.0/24
	} | ads_config gw2 network2 n2-k8s-config
}

# requests EXPRESSION [min1]: how many requests match a Python expression over `r'; min1: 1 for any
requests() {
	"$PYTHON" - "$ADS_DIR/requests" "$@" <<-'END'
		import json, sys
		lines = [json.loads(l) for l in open(sys.argv[1])]
		count = sum(bool(eval(sys.argv[2], {}, {"r": r})) for r in lines)
		print(min(count, 1) if sys.argv[3:] else count)
	END
}

# source_says NODE TEXT: in its status
source_says() { ctl "$1" status 2>/dev/null | seen -- "$2"; }

# log_says NODE TEXT
log_says() { grep -q -- "$2" "$TEST_DIR/log/agent-$1"; }

# certificate NAME SUBJECT_ALT_NAME [CA]: $TEST_DIR/NAME.{crt,key}, signed by CA (ca), made at need
certificate() {
	local dir=$TEST_DIR ca=${3:-ca} key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
	# shellcheck disable=SC2086 # options
	[[ -e $dir/$ca.crt ]] || openssl req -x509 $key -keyout "$dir/$ca.key" -out "$dir/$ca.crt" \
		-subj "/O=$ca" -days 2 2>/dev/null || fail "openssl req -x509"
	# shellcheck disable=SC2086
	openssl req $key -keyout "$dir/$1.key" -out "$dir/$1.csr" -subj / 2>/dev/null &&
		openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$ca.crt" -CAkey "$dir/$ca.key" \
			-CAcreateserial -days 1 -out "$dir/$1.crt" \
			-extfile <(echo "subjectAltName=critical,$2") 2>/dev/null ||
		fail "no certificate $1"
}

# Before the control plane has spoken of it, the virtual IP is none of ours: listed as waiting where
# it is configured, and a call leaves as it is.
named() { [[ $(bpftool -j map dump pinned "$(pin_dir node1)/vips") != "[]" ]]; }
