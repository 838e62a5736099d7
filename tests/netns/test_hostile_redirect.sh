#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs alone
# The hostile pod once more, where packets go from pod to pod without the stack: answers of a pod in the
# name of another reach no routes of the kernel.
DELIVERY=redirect
# shellcheck source=tests/netns/test_hostile.sh
. "$(dirname "$0")/test_hostile.sh"
