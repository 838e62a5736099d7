#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Renders the chart as plain manifests, to install without Helm: tools/render-manifests.sh DIRECTORY
set -euo pipefail

cd "$(dirname "$0")/.."
out=${1:?a directory}
mkdir -p "$out"

# render FILE VALUES OPTION...
render() {
	local file=$out/$1 values=deploy/chart/ci/$2
	shift 2
	{
		echo "# Rendered from deploy/chart by \`make manifests'; docs/install-kubernetes.md has the use."
		helm template parallax deploy/chart --kube-version 1.34 --namespace parallax \
			--values "$values" "$@"
	} >"$file"
}

render parallax.yaml node-values.yaml --no-hooks
render parallax-gateway.yaml gateway-values.yaml --no-hooks --set endpointsConfigMap=parallax-endpoints
render clean-up.yaml node-values.yaml --show-only templates/clean-up.yaml
