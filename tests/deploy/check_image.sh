#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The image: reproducible, complete, and nothing in it but what runs.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh

TESTS="image_layout image_contents image_libraries image_licences image_reproducible image_runs"

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
else
	echo "SKIP image_runs: no user namespaces here"
fi
exit $failed
