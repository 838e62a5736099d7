#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prints the path of clang, llvm-strip or bpftool, wherever Debian and Ubuntu put it; newest first.
# Usage: tools/find-tool.sh NAME
name=${1:?usage: find-tool.sh NAME}
PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin

# Ubuntu's /usr/sbin/bpftool is a wrapper that refuses to run unless the tools of the running
# kernel are there; the binary of any other version suffices here.
works() {
	[ -x "$1" ] && "$1" --version >/dev/null 2>&1
}

for path in "$(command -v "$name")" \
	$(ls -d /usr/lib/linux-tools/*/"$name" /usr/lib/linux-tools-*/"$name" 2>/dev/null | sort -rV) \
	$(ls -d /usr/bin/"$name"-[0-9]* /usr/lib/llvm-*/bin/"$name" 2>/dev/null | sort -rV); do
	if works "$path"; then
		echo "$path"
		exit 0
	fi
done
echo "find-tool.sh: $name is not installed (tools/install-deps.sh installs it)" >&2
exit 1
