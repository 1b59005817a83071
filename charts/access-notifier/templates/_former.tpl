{{/* Values that have another name now. The former one still has effect in this version. */}}
{{- define "access-notifier.former" -}}
replicas: replicaCount
updateStrategy: strategy
tbot.address: tbot.teleportProxyAddress
tbot.addressOf: tbot.teleportAuthAddress
{{- end }}

{{/* Operators to run. */}}
{{- define "access-notifier.replicaCount" -}}
{{- ternary .Values.replicaCount .Values.replicas (kindIs "invalid" .Values.replicas) }}
{{- end }}

{{/* How pods are replaced. Without an election, two would deliver while one takes the
place of another. */}}
{{- define "access-notifier.strategy" -}}
{{- if .Values.leaderElection.enabled }}
{{- .Values.updateStrategy | default .Values.strategy | toYaml }}
{{- else -}}
type: Recreate
{{- end }}
{{- end }}

{{/* What tbot joins by, as its configuration has it. */}}
{{- define "access-notifier.tbotServer" -}}
{{- with .Values.tbot }}
{{- if .teleportProxyAddress -}}
proxy_server: {{ .teleportProxyAddress | quote }}
{{- else if .teleportAuthAddress -}}
auth_server: {{ .teleportAuthAddress | quote }}
{{- else if .address -}}
{{ default "proxy" .addressOf }}_server: {{ .address | quote }}
{{- end }}
{{- end }}
{{- end }}
