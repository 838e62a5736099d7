#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs the agent against control planes of other projects, as root.
# Usage: ISTIOD=/path/to/pilot-discovery tests/interop/run.sh [NAME...]    e.g. `run.sh istiod'
#
# Tests without their control plane print SKIP: nothing here builds or fetches an istiod.
set -uo pipefail

cd "$(dirname "$0")" || exit 1
failed=0
export TEST_DIR
((EUID == 0)) || { echo "SKIP interop: needs root"; exit 0; }
(($#)) || set -- $(printf '%s\n' test_*.sh | sed 's/^test_//; s/\.sh$//')
for name in "$@"; do
	log=$(mktemp /tmp/parallax-interop-XXXXXX)
	TEST_DIR=$log.d bash "./test_$name.sh" >"$log" 2>&1 </dev/null
	case $? in
	0) echo "PASS $name" ;;
	77) echo "SKIP $name: $(tail -n 1 "$log")" ;;
	*)
		echo "FAIL $name"
		sed 's/^/    | /' "$log"
		failed=1
		;;
	esac
	rm -f "$log"
done
exit $failed
