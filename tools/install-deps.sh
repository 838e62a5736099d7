#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs the dependencies of building, testing and the demo, on Debian 12+ and Ubuntu 24.04+.
# Does nothing, and needs no root, when everything is there. With `bench' instead: a peer to measure
# beside Parallax, omitted where no package has it. With `vm': qemu and the tools to boot kernels.
set -uo pipefail

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

# command or header, and the package that brings it
NEEDS="
gcc                             gcc
clang                           clang
llvm-strip                      llvm
bpftool                         bpftool
protoc-c                        protobuf-c-compiler
ip                              iproute2
nft                             nftables
tcpdump                         tcpdump
iperf3                          iperf3
ethtool                         ethtool
openssl                         openssl
python3                         python3
nsenter                         util-linux
ps                              procps
mandoc                          mandoc
/usr/share/ca-certificates/mozilla  ca-certificates
/usr/include/stdio.h            libc6-dev
/usr/include/linux/types.h      linux-libc-dev
/usr/include/bpf/libbpf.h       libbpf-dev
/usr/include/libelf.h           libelf-dev
/usr/include/zlib.h             zlib1g-dev
/usr/include/yaml.h             libyaml-dev
/usr/include/jansson.h          libjansson-dev
/usr/include/libmnl/libmnl.h    libmnl-dev
/usr/include/nftables/libnftables.h libnftables-dev
/usr/include/xxhash.h           libxxhash-dev
/usr/include/event2/event.h     libevent-dev
/usr/include/protobuf-c/protobuf-c.h libprotobuf-c-dev
/usr/include/nghttp2/nghttp2.h  libnghttp2-dev
/usr/include/openssl/ssl.h      libssl-dev
/usr/include/cmocka.h           libcmocka-dev
/usr/lib/python3/dist-packages/grpc             python3-grpcio
/usr/lib/python3/dist-packages/google/protobuf  python3-protobuf
"

optional=
case ${1:-} in
bench) optional=yes NEEDS="haproxy haproxy" ;;
vm)
	NEEDS="
		qemu-system-x86_64      qemu-system-x86
		virtiofsd               virtiofsd
		busybox                 busybox-static
		cpio                    cpio
		modprobe                kmod
		xz                      xz-utils
		zstd                    zstd
		wg                      wireguard-tools
		/usr/share/keyrings/debian-archive-keyring.gpg  debian-archive-keyring"
	;;
esac

have() {
	case $1 in
	/*) [[ -e $1 ]] ;;
	clang | llvm-strip | bpftool) tools/find-tool.sh "$1" >/dev/null 2>&1 ;;
	virtiofsd) [[ -x /usr/libexec/virtiofsd || -x /usr/lib/qemu/virtiofsd ]] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing_packages() {
	local what package
	while read -r what package; do
		[[ -n $what ]] && ! have "$what" && echo "$package"
	done <<<"$NEEDS"
}

has_package() { [[ $(apt-cache show "$1" 2>/dev/null) == Package:* ]]; }

# Ubuntu 24.04 ships bpftool with its kernel tools; there the name `bpftool` is only virtual. In Debian 12
# virtiofsd comes with qemu.
resolve() {
	local package
	for package in "$@"; do
		case $package in
		bpftool) has_package bpftool && echo bpftool || echo linux-tools-common linux-tools-generic ;;
		virtiofsd) has_package virtiofsd && echo virtiofsd ;;
		*) echo "$package" ;;
		esac
	done
}

mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) && exit 0

fail() {
	echo "install-deps: $1" >&2
	echo "install-deps: missing: ${missing[*]}" >&2
	[[ -z $optional ]] && exit 1
	echo "install-deps: it is done without" >&2
	exit 0
}

# apt_get ARGUMENT...: prints only the end of its output, and only on failure: it is often a line for
# each package. A machine that has just come up is often busy with its first updates.
apt_get() {
	local said
	said=$(DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@" \
		2>&1 </dev/null) && return
	tail -n 4 <<<"$said" >&2
	echo "install-deps: apt-get $1 failed" >&2
	return 1
}

command -v apt-get >/dev/null || fail "this is no Debian or Ubuntu; install these by hand"
((EUID == 0)) || fail "needs root to install packages (sudo tools/install-deps.sh)"

echo "install-deps: installing ${missing[*]}"
apt_get update # may fail over a source that has none of these
# shellcheck disable=SC2046 # one argument for each package
apt_get install -y --no-install-recommends $(resolve "${missing[@]}") || fail "is the network there?"

mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || fail "still not there after installing"
