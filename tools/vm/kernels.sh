# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Kernels of Debian, and of Ubuntu if VM_UBUNTU_MIRROR names a mirror, extracted into the cache and not
# installed. To be sourced by bash; CACHE names the cache directory. apt works there with lists of its
# own, verified as usual, and leaves those of this machine alone.

SUITES=${VM_SUITES:-bookworm trixie trixie-backports sid}
UBUNTU_SUITES="jammy jammy-updates noble noble-updates"
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The URI from which this machine gets Debian's packages.
debian_mirror() {
	# shellcheck disable=SC2016 # apt's own placeholder
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		grep -v -e security -e debug | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

# sources KEYRING MIRROR SUITE...: lines for apt
sources() {
	local keyring=$1 mirror=$2 suite
	shift 2
	for suite in "$@"; do
		echo "deb [arch=amd64 signed-by=$keyring] $mirror $suite main"
	done
}

apt_config() {
	cat <<-CONFIG
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$1/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$1/cache";
		APT::Architecture "amd64";
		APT::Sandbox::User "root";
	CONFIG
}

# ubuntu_keyring DIR: makes DIR/usr/share/keyrings from Debian's package of Ubuntu's keys
ubuntu_keyring() {
	(cd "$1" && apt-get -qq download ubuntu-keyring && dpkg-deb -x ubuntu-keyring_*.deb .)
}

# apt_begin: makes the lists of all suites, at most once a day
apt_begin() {
	local apt=$CACHE/apt mirror=${VM_MIRROR:-} want="$SUITES ${VM_UBUNTU_MIRROR:-}"
	[[ -n $mirror ]] || mirror=$(debian_mirror)
	[[ -n $mirror ]] || { echo "vm: apt knows no mirror of Debian: name one in VM_MIRROR" >&2; return 1; }
	export APT_CONFIG=$apt/apt.conf
	[[ -n $(find "$apt/updated" -mmin -1440 2>/dev/null) && $(<"$apt/updated") == "$want" ]] && return
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	apt_config "$apt" >"$APT_CONFIG"
	# shellcheck disable=SC2086 # one argument for each suite
	sources "$KEYRING" "$mirror" $SUITES >"$apt/sources.list"
	echo "vm: reading the lists of packages" >&2
	apt-get -qq update || return 1
	if [[ -n ${VM_UBUNTU_MIRROR:-} ]]; then
		ubuntu_keyring "$apt" || return 1
		# shellcheck disable=SC2086
		sources "$apt/usr/share/keyrings/ubuntu-archive-keyring.gpg" "$VM_UBUNTU_MIRROR" \
			$UBUNTU_SUITES >>"$apt/sources.list"
		apt-get -qq update || return 1
	fi
	echo "$want" >"$apt/updated"
}

# kernel_newest SERIES: the newest release of 6.1, 6.12 … or of a whole major version (7)
kernel_newest() {
	apt-cache pkgnames "linux-image-$1." |
		sed -n 's/^linux-image-\(.*-cloud-amd64\|.*-generic\)$/\1/p' | sort -V | tail -n 1
}

# kernel_cached SERIES: the same among the kernels in the cache
kernel_cached() {
	find "$CACHE" -mindepth 2 -maxdepth 2 -path "$CACHE/$1.*" -name vmlinuz -printf '%h\n' |
		sed 's|.*/||' | sort -V | tail -n 1
}

# kernel_fetch RELEASE: extracts it into $CACHE/RELEASE: vmlinuz, lib/modules/RELEASE. The image package
# of newer kernels only depends on those with the contents.
kernel_fetch() {
	local release=$1 dir=$CACHE/$1 work=$CACHE/new part
	[[ -e $dir/vmlinuz ]] && return
	echo "vm: fetching Linux $release" >&2
	rm -rf "$work" && mkdir -p "$work/root" "$work/kernel/lib" || return 1
	for part in base binary image modules; do
		apt-cache show "linux-$part-$release" >"$work/show" 2>/dev/null
		[[ -s $work/show ]] || continue # a mere name may be known too
		(cd "$work" && apt-get -qq download "linux-$part-$release") || return 1
	done
	for part in "$work"/*.deb; do
		dpkg-deb -x "$part" "$work/root" || return 1
	done
	find "$work/root" -name "vmlinuz*" -exec mv {} "$work/kernel/vmlinuz" \;
	mv "$work"/root/{,usr/}lib/modules "$work/kernel/lib" 2>/dev/null
	[[ -e $work/kernel/vmlinuz ]] && depmod -b "$work/kernel" "$release" || return 1
	mv "$work/kernel" "$dir" && rm -rf "$work"
}

# kernel_get SERIES: prints the release, which is in the cache then; nothing if there is none
kernel_get() {
	local release
	if apt_begin; then
		release=$(kernel_newest "$1")
		[[ -z $release ]] || kernel_fetch "$release" || return 1
	fi
	release=${release:-$(kernel_cached "$1")}
	[[ -n $release ]] && echo "$release"
}
