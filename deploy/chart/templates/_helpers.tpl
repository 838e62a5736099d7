{{/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */}}

{{- define "parallax.name" -}}
{{- if eq .Release.Name "parallax" }}parallax{{ else }}{{ printf "%s-parallax" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "parallax.selector" -}}
app.kubernetes.io/name: parallax
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "parallax.labels" -}}
{{ include "parallax.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "parallax.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The port on which metrics are served to the cluster; empty: they are not. */}}
{{- define "parallax.metricsPort" -}}
{{- if kindIs "map" .Values.config.metrics }}{{ dig "port" 15101 .Values.config.metrics }}{{ end }}
{{- end }}

{{/* The port on which a gateway's agent receives tunnels. */}}
{{- define "parallax.gatewayPort" -}}
{{- if eq .Values.gateway.service.type "none" }}{{ .Values.gateway.port }}{{ else }}{{ .Values.gateway.service.nodePort }}{{ end }}
{{- end }}

{{- define "parallax.adsSource" -}}
{{- $ads := dict "addresses" (list .Values.istio.address)
  "tls" (dict "caFile" "/var/run/secrets/istio/root-cert.pem")
  "tokenFile" "/var/run/secrets/tokens/istio-token" }}
{{- dict "ads" (merge (deepCopy .Values.istio.ads) $ads) | toYaml }}
{{- end }}

{{/* What the chart knows and config does not say: the source, the file of meshNetworks, the keys. */}}
{{- define "parallax.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.istio.enabled }}
{{- $_ := set $config "source" (include "parallax.adsSource" . | fromYaml) }}
{{- else if or .Values.endpoints .Values.endpointsConfigMap }}
{{- $_ := set $config "source" (dict "files" (dict "path" "/etc/parallax-endpoints")) }}
{{- end }}
{{- if and .Values.istio.enabled .Values.istio.meshNetworks }}
{{- $_ := set $config "meshNetworksFile" "/etc/istio-config/meshNetworks" }}
{{- end }}
{{- $tunnel := dict }}
{{- if .Values.tunnel.keysSecret }}
{{- $tunnel = dict "keysFile" "/etc/parallax-keys/keys" "admission" .Values.tunnel.admission }}
{{- end }}
{{- if ne .Values.tunnel.require "none" }}{{ $_ := set $tunnel "require" .Values.tunnel.require }}{{ end }}
{{- if $tunnel }}{{ $_ := set $config "tunnel" $tunnel }}{{ end }}
{{- toYaml $config }}
{{- end }}

{{/* Where listen or snat is empty, the environment of the pod names the node's address. */}}
{{- define "parallax.gatewayConfig" -}}
{{- $listen := merge (dict "port" (include "parallax.gatewayPort" . | int)) (deepCopy .Values.gateway.listen) }}
{{- $role := dict "listen" $listen }}
{{- with .Values.gateway.allow }}{{ $_ := set $role "allow" . }}{{ end }}
{{- if ne .Values.gateway.mode "nat" }}{{ $_ := set $role "mode" .Values.gateway.mode }}{{ end }}
{{- with .Values.gateway.snat }}{{ $_ := set $role "snat" . }}{{ end }}
{{- $config := include "parallax.config" . | fromYaml }}
{{- toYaml (set $config "gateway" $role) }}
{{- end }}

{{- define "parallax.check" -}}
{{- $istio := .Values.istio }}
{{- if and $istio.enabled (or .Values.endpoints .Values.endpointsConfigMap) }}
{{- fail "endpoints and istio.enabled exclude each other: the agents have one source" }}
{{- end }}
{{- if and .Values.endpoints .Values.endpointsConfigMap }}
{{- fail "endpoints and endpointsConfigMap exclude each other" }}
{{- end }}
{{- if and .Values.config.source (or $istio.enabled .Values.endpoints .Values.endpointsConfigMap) }}
{{- fail "config.source is of no use here: istio, endpoints or endpointsConfigMap gives the agents their source" }}
{{- end }}
{{- if and $istio.enabled $istio.meshNetworks (or .Values.config.meshNetworks .Values.config.meshNetworksFile) }}
{{- fail "config.meshNetworks, config.meshNetworksFile and istio.meshNetworks exclude each other" }}
{{- end }}
{{- $namespace := (splitList "." $istio.address | rest | first | default "") }}
{{- if and $istio.enabled $istio.meshNetworks (contains ".svc" $istio.address) (ne $namespace .Release.Namespace) }}
{{- fail (printf "istio.meshNetworks needs the release in istiod's namespace %s, not in %s: a pod cannot mount a ConfigMap of another namespace" $namespace .Release.Namespace) }}
{{- end }}
{{- if and .Values.podMonitor.enabled (not (kindIs "map" .Values.config.metrics)) }}
{{- fail "podMonitor.enabled needs config.metrics: without it the agents serve metrics to their loopback only" }}
{{- end }}
{{- if and .Values.gateway.enabled (not .Values.gateway.allow) (not .Values.tunnel.keysSecret) }}
{{- fail "gateway.allow or tunnel.keysSecret is required: the address ranges, or the keys, that may enter the tunnel" }}
{{- end }}
{{- end }}
