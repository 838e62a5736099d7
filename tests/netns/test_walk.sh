#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The README's walk: each of its commands works in the clusters that `make demo-up` leaves.
. "$(dirname "$0")/lib.sh"

export STANDING=$TEST_DIR/px$$-walk
walk_end() {
	local status=$?
	tools/demo.sh down >/dev/null 2>&1
	(exit "$status")
	test_end
}
trap walk_end EXIT

# walk_blocks LANGUAGE: prints the README's blocks in it, with the names of these clusters
walk_blocks() {
	sed -n '/^## A walk/,/^## How it/p' README.md | sed -n "/^\`\`\`$1$/,/^\`\`\`$/p" |
		sed "/^\`\`\`/d; s|/run/parallax-demo/|$STANDING/|g; s|parallax-demo|${STANDING##*/}|g
			s|build/|$BUILD/|g"
}

check "the demo stands up" tools/demo.sh up
refute "but not twice" quietly tools/demo.sh up
{
	echo 'set -em; trap "kill -- -\$(jobs -p)" EXIT' # ends the background jobs
	walk_blocks sh
	walk_blocks console | sed -n 's/^# //p'
	echo '[[ $(jobs -r) == *tcpdump* ]]'
} >"$TEST_DIR/walk"
check "each command of the walk succeeds" bash -x "$TEST_DIR/walk"
check "down it goes" tools/demo.sh down
equal "pins left" "" "$(compgen -G "/sys/fs/bpf/${STANDING##*/}-*")"
equal "namespaces left" 0 "$(ip netns list | grep -c "^${STANDING##*/}-")"
