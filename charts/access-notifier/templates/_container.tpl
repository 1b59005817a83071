{{/* Arguments of the operator. */}}
{{- define "access-notifier.args" -}}
- manager
- --log-format={{ .Values.log.format }}
- --log-level={{ .Values.log.level }}
- --health-probe-bind-address=:{{ .Values.healthPort }}
- --metrics-bind-address={{ ternary (printf ":%d" (int .Values.metrics.port)) "0" .Values.metrics.enabled }}
- --metrics-secure={{ .Values.metrics.secure }}
- --leader-elect={{ .Values.leaderElection.enabled }}
{{- if .Values.leaderElection.enabled }}
- --leader-elect-namespace={{ .Release.Namespace }}
- --leader-elect-lease-duration={{ .Values.leaderElection.leaseDuration }}
- --leader-elect-renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --leader-elect-retry-period={{ .Values.leaderElection.retryPeriod }}
{{- end }}
- --graceful-shutdown-timeout={{ sub .Values.terminationGracePeriodSeconds 5 }}s
{{- with .Values.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
{{- with .Values.watchLabelSelector }}
- --watch-label-selector={{ . }}
{{- end }}
{{- with include "access-notifier.secretPollInterval" . }}
- --secret-poll-interval={{ . }}
{{- end }}
{{- with .Values.allowNetworks }}
- --allow-networks={{ join "," . }}
{{- end }}
{{- range $type, $url := .Values.messengerURLs }}
- --messenger-url={{ $type }}={{ $url }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Environment that the operator and tbot need to reach others. */}}
{{- define "access-notifier.networkEnv" -}}
{{- with .Values.proxy.http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- if or .Values.proxy.http .Values.proxy.https }}
- name: NO_PROXY
  value: {{ concat (list "$(KUBERNETES_SERVICE_HOST)" "localhost" ".svc" ".cluster.local") .Values.proxy.exclude | join "," | quote }}
{{- end }}
{{- if include "access-notifier.caSources" . }}
- name: SSL_CERT_DIR
  value: /etc/access-notifier/ca
{{- end }}
{{- end }}

{{/* Environment of the operator. */}}
{{- define "access-notifier.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
- name: POD_UID
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.uid
{{- if dig "limits" "memory" "" (.Values.resources | default dict) }}
- name: MEMORY_LIMIT
  valueFrom:
    resourceFieldRef:
      containerName: manager
      resource: limits.memory
      divisor: "1"
{{- end }}
{{- include "access-notifier.networkEnv" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where certificates of authorities come from. */}}
{{- define "access-notifier.caSources" -}}
{{- with .Values.caCertificates.configMapName }}
- configMap:
    name: {{ . }}
{{- end }}
{{- with .Values.caCertificates.secretName }}
- secret:
    name: {{ . }}
{{- end }}
{{- end }}

{{/* The volume with certificates of authorities. */}}
{{- define "access-notifier.caVolume" -}}
{{- with include "access-notifier.caSources" . }}
- name: ca-certificates
  projected:
    sources:
      {{- . | trim | nindent 6 }}
{{- end }}
{{- end }}

{{/* Where it is seen. */}}
{{- define "access-notifier.caVolumeMount" -}}
{{- if include "access-notifier.caSources" . }}
- name: ca-certificates
  mountPath: /etc/access-notifier/ca
  readOnly: true
{{- end }}
{{- end }}

{{/* Volumes of the operator's pods. */}}
{{- define "access-notifier.volumes" -}}
{{- include "access-notifier.caVolume" . }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where the operator sees volumes. */}}
{{- define "access-notifier.volumeMounts" -}}
{{- include "access-notifier.caVolumeMount" . }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What the operator's and tbot's pods share. */}}
{{- define "access-notifier.podSettings" -}}
{{- with .Values.podSecurityContext -}}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
