#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The chart: linted, valid against the API's schemas, with configurations that the agent accepts,
# and with no right that it does not need.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh

CHART=deploy/chart
SCHEMAS=${PARALLAX_CACHE:-/var/cache/parallax-cluster}/schemas
CASES="node gateway istio monitoring every-key"

namespace_of() { [[ $1 == istio ]] && echo istio-system || echo parallax; }

# render CASE OPTION...: all manifests with the values of deploy/chart/ci
render() {
	local case=$1
	shift
	helm template parallax $CHART --kube-version 1.34 --namespace "$(namespace_of "$case")" \
		--values "$CHART/ci/$case-values.yaml" "$@"
}

lint() {
	helm lint --strict $CHART --namespace "$(namespace_of "$1")" --values "$CHART/ci/$1-values.yaml"
}

conforms() {
	kubeconform -strict -summary -schema-location \
		"$SCHEMAS/{{ .ResourceKind }}{{ .KindSuffix }}.json" -schema-location \
		"tests/deploy/{{ .ResourceKind }}-{{ .Group }}-{{ .ResourceAPIVersion }}.json" "$tmp/$1.yaml"
}

# A fault that a schema must find, else the validation proves nothing.
conforms_not() {
	sed 's/hostNetwork:/hostNetwrok:/' "$tmp/node.yaml" >"$tmp/fault.yaml"
	conforms fault
}

chart_test() { python3 tests/deploy/chart_test.py "$@"; }

# agent_accepts FILE: with meshNetworks as istiod's ConfigMap has them at first, and, if it has the
# gateway role, with the environment of the gateways' pods.
agent_accepts() {
	local environment=()
	grep -q '^gateway:' "$1" && environment=(PARALLAX_GATEWAY_SNAT=192.23.120.10,2001:db8:120::10
		PARALLAX_GATEWAY_LISTEN_ADDRESS=192.23.120.10,2001:db8:120::10)
	grep -q '^metrics:' "$1" && environment+=(PARALLAX_METRICS_ADDRESS=192.23.120.10)
	printf 'networks:\n  network1: {}\n  network2: {}\n' >"$tmp/meshNetworks"
	sed -i "s|/etc/istio-config/meshNetworks|$tmp/meshNetworks|" "$1"
	env "${environment[@]}" "$BUILD/parallaxd" --check --config "$1"
}

# The agent reads what the ConfigMaps hold, with the environment that the pod has.
config_accepted() {
	local file
	rm -rf "$tmp/config" && mkdir "$tmp/config"
	chart_test configs "$tmp/$1.yaml" "$tmp/config" || return
	for file in "$tmp"/config/*.yaml; do
		echo "$file:"
		agent_accepts "$file" || return
	done
}

# With a BPF file system on the nodes nothing is privileged.
unprivileged() {
	render gateway >"$tmp/with" && grep -q 'privileged: true' "$tmp/with" || return
	render gateway --set bpffs.mount=false >"$tmp/without" && ! grep -q 'privileged: true' "$tmp/without"
}

manifests_are_current() {
	tools/render-manifests.sh "$tmp/manifests" && diff -r deploy/manifests "$tmp/manifests"
}

check_helm() {
	local case
	for case in $CASES; do
		passes "chart_lint_$case" lint "$case"
		render "$case" >"$tmp/$case.yaml" 2>"$tmp/log" || {
			echo "FAIL chart_renders_$case"
			cat "$tmp/log"
			failed=1
		}
	done
	render gateway --set gateway.service.ipFamilyPolicy=PreferDualStack >"$tmp/dual-stack.yaml"
	refuses chart_needs_network "network" helm template parallax $CHART
	refuses chart_refuses_unknown_key "uplink" render node --set 'config.interfaces.uplink=eth0'
	refuses chart_refuses_wrong_value "/config/delivery" render node --set config.delivery=sideways
	refuses chart_refuses_open_gateway "gateway.allow or tunnel.keysSecret is required" \
		render gateway --set 'gateway.allow=null'
	refuses chart_refuses_two_sources "exclude each other" \
		render istio --set endpointsConfigMap=endpoints
	refuses chart_refuses_second_source "endpointsConfigMap gives the agents their source" \
		render gateway --set config.source.files.path=/eds
	refuses chart_refuses_second_mesh "istio.meshNetworks exclude each other" \
		render istio --set config.meshNetworksFile=/networks
	refuses chart_refuses_no_section "missing property 'cni'" render node --set cni=null
	refuses chart_refuses_other_namespace "cannot mount a ConfigMap of another namespace" \
		render istio --namespace parallax
	refuses chart_refuses_deaf_monitor "needs config.metrics" render node --set podMonitor.enabled=true
	passes chart_can_do_without_privileges unprivileged
	passes chart_manifests_are_current manifests_are_current
}

check_python() {
	local case
	if ! python3 -c 'import yaml' 2>/dev/null; then
		echo "SKIP chart_rights: python3-yaml is not installed"
		return
	fi
	for case in node gateway istio; do
		passes "chart_rights_$case" chart_test rights "$tmp/$case.yaml"
	done
	for case in $CASES; do
		passes "chart_config_$case" config_accepted "$case"
	done
	passes chart_istio chart_test istio "$tmp/istio.yaml"
	passes chart_gateway chart_test gateway "$tmp/gateway.yaml"
	passes chart_dual_stack chart_test dual_stack "$tmp/dual-stack.yaml"
	passes chart_monitor chart_test monitor "$tmp/monitoring.yaml" "$tmp/node.yaml"
	passes chart_events chart_test events "$tmp/monitoring.yaml"
	passes chart_hooks chart_test hooks "$tmp/gateway.yaml"
	passes chart_rollout chart_test rollout "$tmp/gateway.yaml"
	passes chart_schema_has_every_key chart_test schema $CHART user/config
}

check_kubeconform() {
	local case
	needs kubeconform chart_kubeconform || return
	[[ -e $SCHEMAS/daemonset-apps-v1.json ]] || {
		echo "SKIP chart_kubeconform: no schemas in $SCHEMAS (tools/cluster/programs.sh)"
		return
	}
	for case in $CASES; do
		passes "chart_kubeconform_$case" conforms "$case"
	done
	refuses chart_kubeconform_fault "hostNetwrok" conforms_not
}

check_promtool() {
	needs promtool chart_promtool || return
	passes chart_promtool alerts_are_valid
}

alerts_are_valid() {
	chart_test rules "$tmp/monitoring.yaml" >"$tmp/rules.yaml" && promtool check rules "$tmp/rules.yaml"
}

unit_is_valid() {
	local messages
	mkdir -p "$tmp/unit"
	sed 's|@SBINDIR@/parallaxd|/bin/true|' deploy/parallaxd.service >"$tmp/unit/parallaxd.service"
	messages=$(systemd-analyze verify --man=no "$tmp/unit/parallaxd.service" 2>&1) || {
		echo "$messages"
		return 1
	}
	[[ $messages != *parallaxd.service* ]] || { echo "$messages" && return 1; }
}

needs systemd-analyze unit_verified && passes unit_verified unit_is_valid
if needs helm chart_lint chart_config chart_rights chart_kubeconform chart_promtool; then
	check_helm
	check_python
	check_kubeconform
	check_promtool
fi
exit $failed
