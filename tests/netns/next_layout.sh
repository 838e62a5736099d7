#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Writes include/ as a later version may have it: another number, and fields that move others.
# Usage: tests/netns/next_layout.sh DIRECTORY
set -euo pipefail

mkdir -p "$1"
for header in "$(dirname "$0")"/../../include/*.h; do
	sed -e 's/^#define ABI_VERSION .*/#define ABI_VERSION 1000/' \
		-e 's/^struct \(NAME(flow)\|service\|iface\|path\) {/&\n\t__u64 later;/' \
		-e 's/^\t__u32 abi_version;.*/&\n\t__u32 later;/' \
		-e '/^_Static_assert(sizeof(struct service)/d' \
		"$header" >"$1/.new"
	cmp -s "$1/.new" "$1/${header##*/}" || cp "$1/.new" "$1/${header##*/}"
done
grep -q 'ABI_VERSION 1000' "$1/parallax_abi.h" && [[ $(cat "$1"/*.h | grep -c '^	__u.. later;$') == 5 ]]
