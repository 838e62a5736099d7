#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Builds or downloads the programs of `make cluster` that Debian does not have: Kubernetes, Helm,
# kubeconform, and unpacked Debian packages. Nothing is installed on the machine.
#
# Everything lies below PARALLAX_CACHE (/var/cache/parallax-cluster), is made once, and can be
# deleted at any time. Needs Go 1.24, network access to its module proxy, Debian and PyPI; the
# first run takes about ten minutes and 4 GB.
set -euo pipefail

cd "$(dirname "$0")"
CACHE=${PARALLAX_CACHE:-/var/cache/parallax-cluster}
KUBERNETES=v1.34.4 # as in kube/go.mod
HELM=v3.18.6
KUBECONFORM=v0.7.0
SCHEMAS=v1.34.0
VALIDATE=1.37.0 # of kubernetes-validate, which carries the schemas
PACKAGES=(etcd-server containerd runc containernetworking-plugins prometheus)

say() { echo "cluster: $*"; }
die() {
	say "$*" >&2
	exit 1
}

go_get() { # MODULE VERSION
	say "building ${1##*/} $2"
	GOBIN=$CACHE/bin nice -n 19 go install "$1@$2"
}

build_kubernetes() {
	say "building Kubernetes $KUBERNETES (about eight minutes)"
	rm -rf "$CACHE/src"
	mkdir -p "$CACHE/src"
	cp -r kube "$CACHE/src"
	(cd "$CACHE/src/kube" && nice -n 19 go build -trimpath -o "$CACHE/bin/kube" \
		-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$KUBERNETES" .)
}

link_kubernetes() {
	local name
	for name in apiserver controller-manager scheduler proxy; do
		ln -sf kube "$CACHE/bin/kube-$name"
	done
	ln -sf kube "$CACHE/bin/kubelet"
	ln -sf kube "$CACHE/bin/kubectl"
}

unpack_packages() {
	local package
	say "downloading ${PACKAGES[*]}"
	rm -rf "$CACHE/debs" "$CACHE/root"
	mkdir -p "$CACHE/debs" "$CACHE/root"
	(cd "$CACHE/debs" && apt-get -qq -o APT::Sandbox::User=root download "${PACKAGES[@]}")
	for package in "$CACHE"/debs/*.deb; do dpkg -x "$package" "$CACHE/root"; done
	ln -sf ../root/usr/bin/promtool "$CACHE/bin/promtool"
}

# The JSON schemas of the Kubernetes API, for kubeconform.
unpack_schemas() {
	local to=$CACHE/schemas
	say "downloading the schemas of Kubernetes $SCHEMAS"
	rm -rf "$to" && mkdir -p "$to"
	python3 -m pip -q download --no-deps --dest "$to" "kubernetes-validate==$VALIDATE"
	python3 - "$to" "/$SCHEMAS-local-strict/" <<-'PYTHON'
		import glob, json, os, sys, zipfile
		to, wanted = sys.argv[1:]
		with zipfile.ZipFile(glob.glob(to + "/*.whl")[0]) as wheel:
		    for name in wheel.namelist():
		        if wanted in name:
		            schema = json.loads(wheel.read(name).replace(b'"/api/_def', b'"_def'))
		            schema.pop("$id", None)
		            with open(os.path.join(to, os.path.basename(name)), "w") as file:
		                json.dump(schema, file)
	PYTHON
	rm -f "$to"/*.whl
}

# once NAME VERSION COMMAND...: unless NAME was made in this version before
once() {
	local stamp=$CACHE/made/$1 version=$2
	shift 2
	[[ $(cat "$stamp" 2>/dev/null) == "$version" ]] && return
	"$@" || return
	echo "$version" >"$stamp"
}

mkdir -p "$CACHE"/{bin,made}
export GOFLAGS="-buildvcs=false -p=1" GOCACHE=$CACHE/gocache GOMODCACHE=$CACHE/gomod
command -v go >/dev/null || die "Go 1.24 or newer is needed to build Kubernetes"
once packages "${PACKAGES[*]}" unpack_packages || die "cannot have Debian's packages"
once kubeconform "$KUBECONFORM" go_get github.com/yannh/kubeconform/cmd/kubeconform "$KUBECONFORM" ||
	die "cannot build kubeconform"
once helm "$HELM" go_get helm.sh/helm/v3/cmd/helm "$HELM" || die "cannot build Helm"
once kubernetes "$KUBERNETES" build_kubernetes || die "cannot build Kubernetes"
once schemas "$SCHEMAS $VALIDATE" unpack_schemas || say "no schemas: kubeconform is not run"
link_kubernetes
