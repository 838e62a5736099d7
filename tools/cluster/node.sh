#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A whole Kubernetes cluster of one node, in the foreground, as process 1 of a PID namespace:
#   unshare --mount --pid --fork --kill-child --mount-proc node.sh CLUSTER NODE ADDRESS [IPV6_ADDRESS]
# in the network namespace of the node. STATE is the node's directory, CACHE that of programs.sh,
# CGROUP the name of its cgroups, IMAGES a directory of archives. When process 1 ends, the kernel
# ends all others, and the mounts go with the namespace.
set -uo pipefail

cluster=$1 node=$2 address=$3 address6=${4:-}
here=$(dirname "$(realpath "$0")")
PATH=$CACHE/bin:$CACHE/root/usr/bin:$CACHE/root/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin
# The plugins that make veth*: the pods of cluster1 hang on a bridge, those of cluster2 on routes.
[[ $cluster == cluster2 ]] && PLUGIN=ptp || PLUGIN=bridge
SERVICES=10.20.0.0/16 PODS=10.10.0.0/16 POD_RANGE=10.10.0.0/24
export KUBECONFIG=$STATE/kubeconfig

# Files that Kubernetes writes outside its own directory go to a tmpfs of this mount namespace.
private_mounts() {
	mount --make-rshared /
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /var/log
	mkdir -p /run/netns /var/lib/cni
	mount -t tmpfs tmpfs /var/lib/cni
	private_cni
	# No BPF file system: the chart's init container has to mount it.
	umount -l /sys/fs/bpf
	private_sysctl vm/overcommit_memory 1
	private_sysctl kernel/panic 10
	private_sysctl kernel/panic_on_oops 1
}

# The usual places of CNI plugins and their configuration, which this machine may not have.
private_cni() {
	mount -t tmpfs tmpfs /opt
	mkdir -p /opt/cni/bin "$STATE"/etc/{upper,work}
	ln -s "$CACHE"/root/usr/lib/cni/* /opt/cni/bin
	mount -t overlay overlay -o "lowerdir=/etc,upperdir=$STATE/etc/upper,workdir=$STATE/etc/work" /etc
	mkdir -p /etc/cni/net.d
}

# private_sysctl NAME VALUE: a value that kubelet requires, without changing this machine
private_sysctl() {
	local file=$STATE/sysctl-${1//\//-}
	echo "$2" >"$file"
	mount --bind "$file" "/proc/sys/$1"
}

# run NAME COMMAND...: in the background, its output in log/NAME
run() {
	local name=$1
	shift
	"$@" >"$STATE/log/$name" 2>&1 </dev/null &
}

# fill FILE: a template of this directory with the variables of this script
fill() {
	sed -e "s|@STATE@|$STATE|g; s|@CACHE@|$CACHE|g; s|@CGROUP@|$CGROUP|g; s|@NODE@|$node|g" \
		-e "s|@ADDRESS@|$address|g; s|@PODS@|$PODS|g; s|@POD_RANGE@|$POD_RANGE|g" \
		-e "s|@PLUGIN@|$PLUGIN|g" \
		"$here/node/$1"
}

wait_until() {
	local tries=$1
	shift
	until "$@" >/dev/null 2>&1; do
		((tries-- > 0)) || { echo "$cluster: gave up waiting for: $*" && return 1; }
		sleep 0.5
	done
}

write_kubeconfig() {
	cat >"$KUBECONFIG" <<-JSON
		{"apiVersion": "v1", "kind": "Config", "current-context": "$cluster",
		 "clusters": [{"name": "$cluster", "cluster": {"server": "https://$address:6443",
		   "certificate-authority": "$STATE/certs/apiserver.crt"}}],
		 "users": [{"name": "$cluster", "user": {"token": "$token"}}],
		 "contexts": [{"name": "$cluster", "context": {"cluster": "$cluster", "user": "$cluster"}}]}
	JSON
}

start_api() {
	openssl genrsa -out "$STATE/certs/sa.key" 2048 2>/dev/null
	token=$(openssl rand -hex 16)
	echo "$token,admin,admin,system:masters" >"$STATE/certs/tokens.csv"
	run etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync \
		--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
		--listen-peer-urls http://127.0.0.1:2380
	run apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
		--bind-address="$address" --advertise-address="$address" --secure-port=6443 \
		--cert-dir="$STATE/certs" --token-auth-file="$STATE/certs/tokens.csv" \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file="$STATE/certs/sa.key" \
		--service-account-signing-key-file="$STATE/certs/sa.key" \
		--service-cluster-ip-range=$SERVICES --authorization-mode=Node,RBAC \
		--allow-privileged=true --kubelet-preferred-address-types=InternalIP
	write_kubeconfig
	wait_until 240 kubectl get --raw /readyz
}

start_controllers() {
	run controller-manager kube-controller-manager --kubeconfig="$KUBECONFIG" \
		--service-account-private-key-file="$STATE/certs/sa.key" \
		--root-ca-file="$STATE/certs/apiserver.crt" --leader-elect=false \
		--bind-address=127.0.0.1 --node-monitor-grace-period=120s
	run scheduler kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false \
		--bind-address=127.0.0.1
}

start_containerd() {
	local image
	fill containerd.toml >"$STATE/containerd.toml"
	fill pods.conflist >/etc/cni/net.d/10-pods.conflist
	run containerd containerd --config "$STATE/containerd.toml"
	wait_until 60 ctr -a "$STATE/containerd.sock" version || return
	for image in "$IMAGES"/*.tar; do
		ctr -a "$STATE/containerd.sock" -n k8s.io images import "$image" || return
	done
}

start_node() {
	echo "nameserver 10.20.0.10" >"$STATE/resolv.conf"
	fill kubelet.yaml >"$STATE/kubelet.yaml"
	fill kube-proxy.yaml >"$STATE/kube-proxy.yaml"
	run kubelet kubelet --config="$STATE/kubelet.yaml" --kubeconfig="$KUBECONFIG" \
		--root-dir="$STATE/kubelet" --cert-dir="$STATE/certs/kubelet" \
		--hostname-override="$node" --node-ip="$address${address6:+,$address6}"
	run kube-proxy kube-proxy --config="$STATE/kube-proxy.yaml"
	wait_until 240 kubectl wait --for=condition=Ready "node/$node" --timeout=1s
}

mkdir -p "$STATE"/{certs,etcd,kubelet,log}
private_mounts && start_api && start_controllers && start_containerd && start_node || exit 1
touch "$STATE/ready"
while :; do sleep 3600 & wait $!; done
