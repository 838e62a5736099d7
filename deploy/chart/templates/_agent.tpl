{{/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */}}

{{/* The rights of everything that touches the data plane. */}}
{{- define "parallax.rights" -}}
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: [BPF, NET_ADMIN, PERFMON]
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "parallax.noRights" -}}
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
capabilities:
  drop: [ALL]
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "parallax.mountBpffs" -}}
- name: mount-bpffs
  image: {{ include "parallax.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/usr/sbin/parallax-pod, mount-bpffs, /sys/fs/bpf]
  # Kubernetes lets mounts reach the node from privileged containers only.
  securityContext: {privileged: true, readOnlyRootFilesystem: true}
  volumeMounts:
    - {name: bpffs, mountPath: /sys/fs/bpf, mountPropagation: Bidirectional}
{{- end }}

{{- define "parallax.probe" -}}
httpGet: {host: 127.0.0.1, port: {{ .port }}, path: {{ .path }}}
periodSeconds: 5
timeoutSeconds: 5
failureThreshold: {{ .failures }}
{{- end }}

{{- define "parallax.environment" -}}
{{- if .Values.istio.enabled }}
- {name: PARALLAX_SOURCE_ADS_NODE_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: PARALLAX_SOURCE_ADS_NODE_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: PARALLAX_SOURCE_ADS_NODE_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
{{- end }}
{{- if and (include "parallax.metricsPort" .) (not (dig "address" "" .Values.config.metrics)) }}
- {name: PARALLAX_METRICS_ADDRESS, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
{{- end }}
{{- if .gateway }}
{{/* The node's addresses of each family, since the pod is in the node's network. status.hostIPs
     would need Kubernetes 1.29. */}}
{{- if not .Values.gateway.listen }}
- {name: PARALLAX_GATEWAY_LISTEN_ADDRESS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
{{- end }}
{{- if not .Values.gateway.snat }}
- {name: PARALLAX_GATEWAY_SNAT, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "parallax.configMounts" -}}
- {name: config, mountPath: /etc/parallax, readOnly: true}
{{- if .Values.tunnel.keysSecret }}
- {name: tunnel-keys, mountPath: /etc/parallax-keys, readOnly: true}
{{- end }}
{{- if or .Values.endpoints .Values.endpointsConfigMap }}
- {name: endpoints, mountPath: /etc/parallax-endpoints, readOnly: true}
{{- end }}
{{- if .Values.istio.enabled }}
- {name: istio-token, mountPath: /var/run/secrets/tokens, readOnly: true}
- {name: istio-ca, mountPath: /var/run/secrets/istio, readOnly: true}
{{- if .Values.istio.meshNetworks }}
- {name: istio-config, mountPath: /etc/istio-config, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "parallax.volumes" -}}
{{- if .Values.events.enabled }}
- name: api-account
  projected:
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
- name: bpffs
  hostPath: {path: /sys/fs/bpf, type: Directory}
- name: config
  configMap: {name: {{ include "parallax.name" . }}{{ if .gateway }}-gateway{{ end }}}
{{- with .Values.tunnel.keysSecret }}
- name: tunnel-keys
  secret: {secretName: {{ . }}, defaultMode: 0400}
{{- end }}
{{- if or .Values.endpoints .Values.endpointsConfigMap }}
- name: endpoints
  configMap: {name: {{ .Values.endpointsConfigMap | default (printf "%s-endpoints" (include "parallax.name" .)) }}}
{{- end }}
{{- if .Values.istio.enabled }}
- name: istio-token
  projected:
    sources:
      - serviceAccountToken:
          path: istio-token
          audience: {{ .Values.istio.tokenAudience }}
          expirationSeconds: {{ .Values.istio.tokenExpirationSeconds }}
- name: istio-ca
  configMap: {name: {{ .Values.istio.rootCertificate }}}
{{- if .Values.istio.meshNetworks }}
- name: istio-config
  configMap:
    name: {{ .Values.istio.configMap }}
    items: [{key: meshNetworks, path: meshNetworks}]
{{- end }}
{{- end }}
{{- end }}

{{/* Which nodes: all without the gateways' label, or all with it. */}}
{{- define "parallax.placement" -}}
nodeSelector:
  kubernetes.io/os: linux
  kubernetes.io/arch: amd64
  {{- with .Values.nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if .Values.gateway.enabled }}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - key: {{ .Values.gateway.nodeLabel }}
              operator: {{ if .gateway }}Exists{{ else }}DoesNotExist{{ end }}
{{- end }}
{{- end }}

{{- define "parallax.agentContainer" -}}
{{- $port := dig "admin" "port" 15100 .Values.config }}
- name: parallaxd
  image: {{ include "parallax.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [--config, /etc/parallax/config.yaml]
  {{- with include "parallax.environment" . }}
  env:
    {{- . | trim | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "parallax.rights" . | nindent 4 }}
  {{- with include "parallax.metricsPort" . }}
  ports:
    - {name: metrics, containerPort: {{ . }}, protocol: TCP}
  {{- end }}
  startupProbe:
    {{- include "parallax.probe" (dict "port" $port "path" "/healthz" "failures" 60) | nindent 4 }}
  # Six times in a row: a node under load answers late, and a restart would not help it.
  livenessProbe:
    {{- include "parallax.probe" (dict "port" $port "path" "/healthz" "failures" 6) | nindent 4 }}
  readinessProbe:
    {{- include "parallax.probe" (dict "port" $port "path" "/ready" "failures" 3) | nindent 4 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - {name: bpffs, mountPath: /sys/fs/bpf, mountPropagation: HostToContainer}
    {{- include "parallax.configMounts" . | nindent 4 }}
{{- end }}

{{/* Root of the node's files, but without any capability. */}}
{{- define "parallax.rootFiles" -}}
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "parallax.cniMounts" -}}
- {name: cni-configurations, mountPath: /host/cni/net.d}
- {name: cni-programs, mountPath: /host/cni/bin}
{{- end }}

{{- define "parallax.cniVolumes" -}}
- name: cni-configurations
  hostPath: {path: {{ .Values.cni.confDir }}, type: DirectoryOrCreate}
- name: cni-programs
  hostPath: {path: {{ .Values.cni.binDir }}, type: DirectoryOrCreate}
{{- end }}

{{/* The plugin of an earlier release in which it was enabled. */}}
{{- define "parallax.removeCni" -}}
- name: remove-cni
  image: {{ include "parallax.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/usr/sbin/parallax-pod, remove-cni, /host/cni/net.d, /host/cni/bin]
  securityContext:
    {{- include "parallax.rootFiles" . | nindent 4 }}
  volumeMounts:
    {{- include "parallax.cniMounts" . | nindent 4 }}
{{- end }}

{{/* Its plugin stays when the pod goes: it is there for the time without an agent. */}}
{{- define "parallax.cniContainer" -}}
{{- $entry := dict "adminPort" (dig "admin" "port" 15100 .Values.config | int) "waitSeconds" (.Values.cni.waitSeconds | int) }}
- name: cni
  image: {{ include "parallax.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/usr/sbin/parallax-pod, keep-cni, /host/cni/net.d, /host/cni/bin, {{ $entry | toJson | quote }}]
  securityContext:
    {{- include "parallax.rootFiles" . | nindent 4 }}
  resources:
    requests: {cpu: 1m, memory: 8Mi}
    limits: {memory: 32Mi}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    {{- include "parallax.cniMounts" . | nindent 4 }}
{{- end }}

{{/* It alone may reach the API server, and has no other right; the agent has no token. */}}
{{- define "parallax.eventsContainer" -}}
- name: events
  image: {{ include "parallax.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/usr/sbin/parallax-pod, events, {{ dig "admin" "port" 15100 .Values.config | quote }}]
  env:
    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
    - {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
  securityContext:
    {{- include "parallax.noRights" . | nindent 4 }}
  resources:
    requests: {cpu: 1m, memory: 8Mi}
    limits: {memory: 32Mi}
  volumeMounts:
    - {name: api-account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{- define "parallax.agentPod" -}}
metadata:
  labels:
    {{- include "parallax.labels" . | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: parallaxd
    # These two sections are read at the start only.
    checksum/restart: {{ list (get .Values.config "interfaces") (get .Values.config "limits") | toJson | sha256sum }}
    {{- with include "parallax.metricsPort" . }}
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ . | quote }}
    prometheus.io/path: /stats/prometheus
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "parallax.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  priorityClassName: {{ .Values.priorityClassName }}
  # An agent leaves at once; the data plane stays.
  terminationGracePeriodSeconds: 10
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  tolerations:
    {{- toYaml .Values.tolerations | nindent 4 }}
  {{- include "parallax.placement" . | nindent 2 }}
  {{- if or .Values.bpffs.mount (not .Values.cni.enabled) }}
  initContainers:
    {{- if .Values.bpffs.mount }}
    {{- include "parallax.mountBpffs" . | nindent 4 }}
    {{- end }}
    {{- if not .Values.cni.enabled }}
    {{- include "parallax.removeCni" . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "parallax.agentContainer" . | nindent 4 }}
    {{- if .Values.cni.enabled }}
    {{- include "parallax.cniContainer" . | nindent 4 }}
    {{- end }}
    {{- if .Values.events.enabled }}
    {{- include "parallax.eventsContainer" . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "parallax.volumes" . | nindent 4 }}
    {{- include "parallax.cniVolumes" . | nindent 4 }}
{{- end }}

{{- define "parallax.daemonSet" -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ include "parallax.name" . }}{{ if .gateway }}-gateway{{ end }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "parallax.labels" . | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  selector:
    matchLabels:
      {{- include "parallax.selector" . | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  # One agent runs per node, so a new one cannot start beside the old one: no surge.
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: {{ .Values.maxUnavailable }}, maxSurge: 0}
  template:
    {{- include "parallax.agentPod" . | nindent 4 }}
{{- end }}
