# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Boots one kernel in qemu over the root of this machine, read-only. To be sourced by bash; CACHE names
# the cache directory, WORK one for this run.

# What the first root needs to mount the second; each kernel has some of it built in.
BOOT_MODULES=(virtio_pci virtiofs overlay)
# no_timer_check: a guest that waits for a processor misses the ticks by which the kernel tests its timer.
BOOT_OPTIONS="console=ttyS0 panic=-1 nokaslr mitigations=off nowatchdog no_timer_check"
BOOT_OPTIONS+=" rcupdate.rcu_cpu_stall_suppress=1"

# has_kvm: the processor can run kernels itself. /dev/kvm alone does not say so: some hosts emulate it.
has_kvm() { [[ -w /dev/kvm ]] && grep -qwE 'vmx|svm' /proc/cpuinfo; }

# boot_modules RELEASE DIR: the modules for the first root, numbered in the order of loading
boot_modules() {
	local kind path rest number=10 name
	while read -r kind path rest; do
		[[ $kind == insmod ]] || continue
		name=$2/$((number++))-$(basename "$path")
		case $path in
		*.xz) xz -dc "$path" >"${name%.xz}" ;;
		*.zst) zstd -qdc "$path" >"${name%.zst}" ;;
		*) cp "$path" "$name" ;;
		esac || return 1
	done < <(modprobe -d "$CACHE/$1" -S "$1" -a --show-depends "${BOOT_MODULES[@]}" |
		 awk '!seen[$0]++')
}

# boot_root RELEASE JOB: makes $WORK/initrd, with JOB, a file that the guest sources
boot_root() {
	local root=$WORK/initrd.d
	rm -rf "$root" && mkdir -p "$root"/{bin,modules} || return 1
	cp "$(command -v busybox)" "$root/bin/busybox" && cp tools/vm/init "$root/init" &&
		cp "$2" "$root/job" && boot_modules "$1" "$root/modules" || return 1
	ldd "$root/bin/busybox" 2>/dev/null | grep -o '/[^ ]*' |
		xargs -r cp --parents --dereference -t "$root" # where it is not static
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$WORK/initrd"
}

virtiofsd_path() {
	local path
	for path in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
		[[ -x $path ]] && echo "$path" && return
	done
}

# share_root: serves this machine's root, with what is mounted below it, to the next guest
share_root() {
	mkdir -p "$WORK/host"
	rm -f "$WORK/share"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -ec '
		mount --rbind / "$1/host"
		mount -o remount,bind,ro "$1/host"
		exec "$2" --socket-path="$1/share" -o "source=$1/host,cache=always,sandbox=chroot"
	' sh "$WORK" "$(virtiofsd_path)" >"$WORK/virtiofsd.log" 2>&1 &
	SHARE_PID=$!
	wait_until 10 test -S "$WORK/share"
}

# wait_until SECONDS COMMAND...
wait_until() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# boot RELEASE JOB: starts the guest; its report comes out of $WORK/report, line by line
boot() {
	local accel=(-accel "tcg,thread=multi" -cpu max,la57=off)
	has_kvm && accel=(-accel kvm -cpu host)
	rm -f "$WORK/report"
	boot_root "$@" && share_root && mkfifo "$WORK/report" || return 1
	nice -n 19 timeout --kill-after=5 "$VM_LIMIT" qemu-system-x86_64 "${accel[@]}" \
		-smp 2 -m "$VM_MEMORY" -nodefaults -no-user-config -display none -no-reboot \
		-object "memory-backend-memfd,id=memory,size=$VM_MEMORY,share=on" \
		-numa node,memdev=memory \
		-chardev "socket,id=share,path=$WORK/share" \
		-device vhost-user-fs-pci,chardev=share,tag=host \
		-kernel "$CACHE/$1/vmlinuz" -initrd "$WORK/initrd" -append "$BOOT_OPTIONS" \
		-serial "file:$WORK/console.log" -serial stdio \
		>"$WORK/report" 2>"$WORK/qemu.log" </dev/null &
	QEMU_PID=$!
}

boot_end() {
	local pid
	for pid in ${QEMU_PID:-} ${SHARE_PID:-}; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	QEMU_PID='' SHARE_PID=''
}
