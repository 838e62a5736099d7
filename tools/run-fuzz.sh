#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzzes each target for FUZZ_SECONDS, from the seeds in tests/data and what earlier runs found.
# Usage: tools/run-fuzz.sh TARGET...
set -uo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
failed=0

(($# > 0)) || { echo "run-fuzz: there is no fuzz target" >&2; exit 1; }
for target in "$@"; do
	name=$(basename "$target")
	corpus=$build/corpus/$name
	mkdir -p "$corpus"
	mapfile -t seeds < <(find tests/data -type d 2>/dev/null)
	if "$target" -verbosity=0 -max_total_time="${FUZZ_SECONDS:-30}" -max_len=65536 -rss_limit_mb=1024 -timeout=10 \
		-artifact_prefix="$corpus.crash-" -print_final_stats=1 "$corpus" "${seeds[@]}" \
		>"$corpus.log" 2>&1; then
		echo "PASS $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") runs"
	else
		echo "FAIL $name"
		tail -n 40 "$corpus.log"
		failed=1
	fi
done
exit $failed
