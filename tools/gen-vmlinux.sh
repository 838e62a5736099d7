#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes vmlinux/vmlinux.h from a kernel's BTF, trimmed to the types that the BPF programs use.
# Usage: tools/gen-vmlinux.sh [BTF_FILE]
set -euo pipefail

cd "$(dirname "$0")/.."
btf=${1:-/sys/kernel/btf/vmlinux}
out=vmlinux/vmlinux.h
bpftool=$(tools/find-tool.sh bpftool)

trap 'rm -f "$out.new"' EXIT
"$bpftool" btf dump file "$btf" format c | python3 tools/trim-vmlinux.py >"$out.new"
mv "$out.new" "$out"
echo "$out: $(grep -c '' "$out") lines from $btf, kernel $(uname -r)"
