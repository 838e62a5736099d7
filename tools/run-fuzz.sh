#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzzes each target for FUZZ_SECONDS, from the seeds in tests/data and the inputs of earlier runs.
# Usage: tools/run-fuzz.sh TARGET...
#        tools/run-fuzz.sh --can-link CLANG    before building: is its fuzzer runtime installed?
set -uo pipefail

cd "$(dirname "$0")/.."
build=${BUILD:-build}
failed=0

# can_link CLANG: true if the fuzzer and sanitizer runtime, a separate package, is installed.
can_link() {
	local said major
	said=$(echo 'int LLVMFuzzerTestOneInput(const char *b, long n) { return b && n < 0; }' |
		"$1" -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>&1) && return
	major=$("$1" -dumpversion) && major=${major%%.*}
	echo "make fuzz: $1 cannot link a fuzz target${major:+; package libclang-rt-$major-dev has what it needs}:"
	tail -n 3 <<<"$said"
	return 1
} >&2

if [[ ${1:-} == --can-link ]]; then
	can_link "$2"
	exit
fi
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
