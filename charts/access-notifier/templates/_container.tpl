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
{{- with .Values.apiURLs.slack }}
- --slack-api-url={{ . }}
{{- end }}
{{- with .Values.apiURLs.discord }}
- --discord-api-url={{ . }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Environment of the operator. */}}
{{- define "access-notifier.env" -}}
{{- if or .Values.proxy.http .Values.proxy.https }}
- name: HTTP_PROXY
  value: {{ .Values.proxy.http | quote }}
- name: HTTPS_PROXY
  value: {{ .Values.proxy.https | quote }}
- name: NO_PROXY
  value: {{ concat (list "$(KUBERNETES_SERVICE_HOST)" "localhost" ".svc" ".cluster.local") .Values.proxy.exclude | join "," | quote }}
{{- end }}
{{- if include "access-notifier.caSources" . }}
- name: SSL_CERT_DIR
  value: /etc/access-notifier/ca
{{- end }}
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

{{/* Volumes of the pods. */}}
{{- define "access-notifier.volumes" -}}
{{- with include "access-notifier.caSources" . }}
- name: ca-certificates
  projected:
    sources:
      {{- . | trim | nindent 6 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where the operator sees volumes. */}}
{{- define "access-notifier.volumeMounts" -}}
{{- if include "access-notifier.caSources" . }}
- name: ca-certificates
  mountPath: /etc/access-notifier/ca
  readOnly: true
{{- end }}
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
