# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# API servers of Kubernetes in both IP families, without nodes: pods, and the slices of their endpoints, are
# only written down. For tests that source lib_istiod.sh first. The programs are those of `make cluster'.

CACHE=${PARALLAX_CACHE:-/var/cache/parallax-cluster}
API_ADDRESS=192.23.100.2
API_TOKEN=secret
ETCD=http://127.0.0.1:2379

for program in "$CACHE"/bin/kube-apiserver "$CACHE"/root/usr/bin/etcd; do
	[[ -x $program ]] || skip "no $program: tools/cluster/programs.sh makes it"
done

# kc CLUSTER ARGUMENT...: kubectl there
kc() {
	local cluster=$1
	shift
	in_ns istiod env KUBECONFIG="$TOPO_DIR/$cluster/kubeconfig" "$CACHE/bin/kubectl" "$@"
}

etcd_start() {
	start etcd istiod "$CACHE/root/usr/bin/etcd" --data-dir "$TOPO_DIR/etcd" --unsafe-no-fsync \
		--listen-client-urls $ETCD --advertise-client-urls $ETCD \
		--listen-peer-urls http://127.0.0.1:2380
}

# api_start CLUSTER PORT
api_start() {
	local dir=$TOPO_DIR/$1
	mkdir -p "$dir"
	openssl genrsa -out "$dir/sa.key" 2048 2>/dev/null
	echo "$API_TOKEN,admin,admin,system:masters" >"$dir/tokens.csv"
	start "api-$1" istiod "$CACHE/bin/kube-apiserver" --etcd-servers=$ETCD --etcd-prefix="/$1" \
		--bind-address=$API_ADDRESS --advertise-address=$API_ADDRESS --secure-port="$2" \
		--cert-dir="$dir" --token-auth-file="$dir/tokens.csv" --authorization-mode=AlwaysAllow \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file="$dir/sa.key" --service-account-signing-key-file="$dir/sa.key" \
		--service-cluster-ip-range="10.20.0.0/16,$(inner 10.20.194.0 6)/112" \
		--disable-admission-plugins=ServiceAccount --endpoint-reconciler-type=none
	wait_for 60 api_ready "$1" "$2" || fail "no API server: $(tail -n 5 "$TOPO_DIR/log/api-$1")"
	kubeconfig "$1" "$2" >"$dir/kubeconfig"
}

api_ready() {
	in_ns istiod curl -sf --cacert "$TOPO_DIR/$1/apiserver.crt" \
		-H "Authorization: Bearer $API_TOKEN" "https://$API_ADDRESS:$2/readyz" || ! sleep 1
}

kubeconfig() {
	cat <<-JSON
		{"apiVersion": "v1", "kind": "Config", "current-context": "$1",
		 "clusters": [{"name": "$1", "cluster": {"server": "https://$API_ADDRESS:$2",
		   "certificate-authority-data": "$(base64 -w0 <"$TOPO_DIR/$1/apiserver.crt")"}}],
		 "users": [{"name": "$1", "user": {"token": "$API_TOKEN"}}],
		 "contexts": [{"name": "$1", "context": {"cluster": "$1", "user": "$1"}}]}
	JSON
}

# apply CLUSTER [ARGUMENT...]: the objects of standard input
apply() { kc "$1" apply --validate=false "${@:2}" -f - >/dev/null; }

# service_add CLUSTER: the usual one, with a virtual IP of each family
service_add() {
	apply "$1" <<-END
		{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}
		---
		{apiVersion: v1, kind: Namespace, metadata: {name: sample}}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: helloworld, namespace: sample}
		spec:
		  ipFamilyPolicy: RequireDualStack
		  clusterIP: 10.20.194.146
		  clusterIPs: [10.20.194.146, "$(inner 10.20.194.146 6)"]
		  selector: {app: helloworld}
		  ports: [{name: tcp, port: 5000}]
	END
}

# pod_of CLUSTER VERSION ADDRESS...: a ready pod of the service, as kubelet and the controllers write it
pod_of() {
	local cluster=$1 version=$2 address
	shift 2
	pod_object "$version" | apply "$cluster" || return
	pod_status "$version" "$@" | apply "$cluster" --server-side --subresource=status || return
	for address; do endpoint_slice "$version" "$address"; done | apply "$cluster"
}

# istiod names pods that speak mutual TLS only to clients in other networks.
pod_object() {
	cat <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: helloworld-$1
		  namespace: sample
		  labels: {app: helloworld, version: $1, security.istio.io/tlsMode: istio}
		spec: {containers: [{name: server, image: none}]}
	END
}

pod_status() {
	cat <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: helloworld-$1, namespace: sample}
		status:
		  phase: Running
		  conditions: [{type: Ready, status: "True"}]
		  podIP: "$2"
		  podIPs: [$(printf '{ip: "%s"}, ' "${@:2}" | sed 's/, $//')]
	END
}

endpoint_slice() {
	local family=IPv4
	[[ $2 == *:* ]] && family=IPv6
	cat <<-END
		apiVersion: discovery.k8s.io/v1
		kind: EndpointSlice
		metadata:
		  name: helloworld-$1-${family,,}
		  namespace: sample
		  labels: {kubernetes.io/service-name: helloworld}
		addressType: $family
		endpoints:
		  - addresses: ["$2"]
		    conditions: {ready: true, serving: true, terminating: false}
		    targetRef: {kind: Pod, name: helloworld-$1, namespace: sample}
		ports: [{name: tcp, port: 5000, protocol: TCP}]
		---
	END
}

# remote_secret CLUSTER: istiod of cluster1 watches that cluster, too
remote_secret() {
	apply cluster1 <<-END
		apiVersion: v1
		kind: Secret
		metadata:
		  name: istio-remote-secret-$1
		  namespace: istio-system
		  labels: {istio/multiCluster: "true"}
		data: {$1: $(base64 -w0 <"$TOPO_DIR/$1/kubeconfig")}
	END
}
