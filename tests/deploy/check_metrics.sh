#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The page of metrics: linted by promtool, documented metric by metric, and asked for by dashboard and
# alerts under the names and labels that it has.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh

PAGE=tests/data/ctl/metrics.txt

metrics_test() { python3 tests/deploy/metrics_test.py "$@"; }
lint() { promtool check metrics <"$1"; }

# A fault that promtool must find, else the lint proves nothing.
lint_fault() {
	printf '# HELP a_count A counter by a wrong name.\n# TYPE a_count counter\na_count 1\n' >"$tmp/fault"
	lint "$tmp/fault"
}

passes metrics_documented metrics_test documented docs/metrics.md $PAGE ${PAGE%.txt}-istio.txt
passes metrics_queries metrics_test queries $PAGE deploy/chart/files/alerts.yaml \
	deploy/chart/files/dashboard.json
for fault in s/parallax_map_pressure/parallax_map_presure/ 's/labels.map /labels.mapp /'; do
	sed "$fault" deploy/chart/files/alerts.yaml >"$tmp/fault.yaml"
	refuses metrics_queries_fault "Error" metrics_test queries $PAGE "$tmp/fault.yaml"
done
if needs promtool metrics_lint; then
	passes metrics_lint lint $PAGE
	passes metrics_lint_istio lint ${PAGE%.txt}-istio.txt
	refuses metrics_lint_fault "a_count" lint_fault
fi
exit $failed
