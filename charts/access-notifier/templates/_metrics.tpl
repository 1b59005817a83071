{{/* The Secret with the certificate of the metrics; nothing if the operator signs one for
itself. */}}
{{- define "access-notifier.metricsSecret" -}}
{{- if and .Values.metrics.enabled .Values.metrics.secure }}
{{- $issued := ternary (printf "%s-metrics" (include "access-notifier.fullname" .)) "" .Values.metrics.certificate.certManager.enabled }}
{{- default $issued .Values.metrics.certificate.secretName }}
{{- end }}
{{- end }}

{{/* Where the operator sees it. */}}
{{- define "access-notifier.metricsCertificate" -}}
/etc/access-notifier/metrics
{{- end }}

{{/* The name by which Prometheus reaches the metrics, and that the certificate is for. */}}
{{- define "access-notifier.metricsHost" -}}
{{- printf "%s-metrics.%s.svc" (include "access-notifier.fullname" .) (include "access-notifier.namespace" .) }}
{{- end }}

{{/* The namespace of what Prometheus's operator reads. */}}
{{- define "access-notifier.monitorNamespace" -}}
{{- default (include "access-notifier.namespace" .) .Values.metrics.serviceMonitor.namespace }}
{{- end }}

{{/* The account by which Prometheus gets the metrics, in the namespace of the monitor;
nothing if values say how it is authorized, or if no authorization is asked for. */}}
{{- define "access-notifier.scraper" -}}
{{- $monitored := or .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled }}
{{- if and .Values.metrics.enabled .Values.metrics.secure $monitored (not .Values.metrics.serviceMonitor.authorization) }}
{{- include "access-notifier.qualifiedName" (list . "scraper") }}
{{- end }}
{{- end }}

{{/* How Prometheus gets the metrics. */}}
{{- define "access-notifier.monitorEndpoint" -}}
{{- with .Values.metrics.serviceMonitor -}}
port: metrics
path: /metrics
honorLabels: {{ .honorLabels }}
{{- if $.Values.metrics.secure }}
scheme: https
{{- $credentials := dict "name" (include "access-notifier.scraper" $) "key" "token" }}
authorization:
  {{- .authorization | default (dict "credentials" $credentials) | toYaml | nindent 2 }}
tlsConfig:
  {{- .tlsConfig | default (include "access-notifier.monitorTLS" $ | fromYaml) | toYaml | nindent 2 }}
{{- end }}
{{- with include "access-notifier.fields" (pick . "interval" "metricRelabelings" "relabelings" "scrapeTimeout") }}
{{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* How Prometheus checks the certificate, if there is anything to check it against. */}}
{{- define "access-notifier.monitorTLS" -}}
{{- with include "access-notifier.metricsSecret" . -}}
serverName: {{ include "access-notifier.metricsHost" $ | quote }}
ca:
  secret:
    name: {{ . | quote }}
    key: ca.crt
{{- else -}}
insecureSkipVerify: true
{{- end }}
{{- end }}
