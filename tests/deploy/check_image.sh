#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The image: reproducible, complete, and nothing in it but what runs.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh

TESTS="image_layout image_contents image_libraries image_licences image_reproducible image_runs image_clean_up_gives_up"

# The same programs, in another directory, by a user with other habits.
build_again() {
	local at=$tmp/elsewhere
	mkdir "$at"
	cp "$BUILD"/parallax{d,ctl,-pod,-cni} "$at"
	(umask 077 && TZ=Pacific/Chatham LC_ALL=C SOURCE_DATE_EPOCH=1700000000 \
		tools/image/image.py --build "$at" --archive "$tmp/second.tar")
}

same_digest() {
	build_again && cmp "$tmp/first.tar" "$tmp/second.tar"
}

# Other programs must be another image, else the comparison above proves nothing.
other_digest() {
	cp "$tmp/elsewhere/parallaxd" "$tmp/elsewhere/parallaxctl"
	SOURCE_DATE_EPOCH=1700000000 tools/image/image.py --build "$tmp/elsewhere" \
		--archive "$tmp/third.tar" && ! cmp -s "$tmp/first.tar" "$tmp/third.tar"
}

can_chroot() { unshare -r chroot / true; }

runs() {
	mkdir "$tmp/root"
	tools/image/image.py --build "$BUILD" --root "$tmp/root" &&
		unshare -r chroot "$tmp/root" /usr/sbin/parallaxd --version &&
		unshare -r chroot "$tmp/root" /usr/sbin/parallaxctl version &&
		unshare -r chroot "$tmp/root" /usr/sbin/parallax-pod --help
}

# An agent that never leaves, here a parallaxctl that always fails: the clean-up does not lurk for its restart.
gives_up() {
	mkdir "$tmp/busy" "$tmp/busy/host"
	cp -r "$tmp/root/." "$tmp/busy" && cp /bin/false "$tmp/busy/usr/sbin/parallaxctl" || return
	unshare -r chroot "$tmp/busy" /usr/sbin/parallax-pod clean-up /host /host 1 >"$tmp/gave-up" 2>&1 &
	local pid=$! end=$((SECONDS + 20))
	until grep 'given up after 1 s' "$tmp/gave-up" >/dev/null || ((SECONDS > end)); do sleep 0.2; done
	kill -0 $pid || return # an end would be success, or a new start
	kill $pid
	wait $pid
	(($? == 1)) && grep 'the data plane stays' "$tmp/gave-up"
}

for tool in dpkg-query objcopy readelf; do
	# shellcheck disable=SC2086 # a list of names
	needs $tool $TESTS || exit 0
done
if ! SOURCE_DATE_EPOCH=1700000000 tools/image/image.py --build "$BUILD" \
	--archive "$tmp/first.tar" >"$tmp/log" 2>&1; then
	echo "FAIL image_builds"
	cat "$tmp/log"
	exit 1
fi
for check in layout contents libraries licences; do
	passes "image_$check" python3 tests/deploy/image_test.py "$check" "$tmp/first.tar"
done
passes image_reproducible same_digest
passes image_follows_its_input other_digest
if can_chroot 2>/dev/null; then
	passes image_runs runs
	passes image_clean_up_gives_up gives_up
else
	echo "SKIP image_runs: no user namespaces here"
fi
exit $failed
