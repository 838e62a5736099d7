#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The demo passes all its checks in both families, and in IPv6 alone; a family that there is not is refused.
# Families: 6
export FAMILY=${FAMILY:-46}
. "$(dirname "$0")/lib.sh"

FAMILY=5 tools/demo.sh >"$TEST_DIR/demo" 2>&1
equal "exit status of a family that there is not" 64 $?
check "which the message names" seen -F "FAMILY is 4, 6 or 46, not '5'" <"$TEST_DIR/demo"

tools/demo.sh >"$TEST_DIR/log/demo" 2>&1 || fail "the demo in $FAMILY: $(tail -n 40 "$TEST_DIR/log/demo")"
for step in {0..8}; do
	check "step $step was played" seen "^── Step $step: " <"$TEST_DIR/log/demo"
done
for family in $(inner_families); do
	check "calls over IPv$family were shown" seen -F "   from $(at "$(inner 10.10.0.89 "$family")" "")" <"$TEST_DIR/log/demo"
done
check "all as the scenario says" seen '^.*All as the scenario says' <"$TEST_DIR/log/demo"
