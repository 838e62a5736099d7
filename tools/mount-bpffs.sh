#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Mounts a BPF file system on /sys/fs/bpf where there is none, as systemd does at boot; as root.
# It stays mounted: other agents may have pinned objects there by the time a caller ends.
set -uo pipefail

dir=/sys/fs/bpf
is_mounted() { [[ $(stat -f -c %T "$dir" 2>/dev/null) == bpf_fs ]]; }

is_mounted && exit 0
# A second mount on top would hide the pins of the first, hence the lock, and the second look after
# waiting for it.
exec 9<"$dir" && flock 9 || exit 1
is_mounted && exit 0
mount -t bpf -o mode=0700 bpf "$dir" || { echo "mount-bpffs: $dir cannot hold a BPF file system" >&2; exit 1; }
echo "mount-bpffs: mounted a BPF file system on $dir"
