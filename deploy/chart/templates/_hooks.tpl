{{/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */}}

{{- define "parallax.hook" -}}
helm.sh/hook: {{ .event }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end }}

{{- define "parallax.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "parallax.name" . }}-{{ .job }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "parallax.labels" . | nindent 4 }}
  annotations:
    {{- include "parallax.hook" . | nindent 4 }}
spec:
  backoffLimit: 2
  activeDeadlineSeconds: {{ .Values.uninstall.timeoutSeconds }}
  template:
    metadata:
      labels:
        {{- include "parallax.labels" . | nindent 8 }}
        app.kubernetes.io/component: {{ .job }}
    spec:
      restartPolicy: Never
      {{- if .account }}
      serviceAccountName: {{ .account }}
      {{- end }}
      automountServiceAccountToken: {{ not (empty .account) }}
      enableServiceLinks: false
      # The CNI plugin would wait for an agent that has left, or that the new release is to mend.
      hostNetwork: true
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      nodeSelector: {kubernetes.io/os: linux, kubernetes.io/arch: amd64}
      tolerations:
        {{- toYaml .Values.tolerations | nindent 8 }}
      containers:
        - name: {{ .job }}
          image: {{ include "parallax.image" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          command: {{ .command | toJson }}
          securityContext:
            {{- include "parallax.noRights" . | nindent 12 }}
{{- end }}
