{{/* The configuration of tbot. It joins anew at each start, so that it needs to keep
nothing. */}}
{{- define "access-notifier.tbotConfig" -}}
{{- with .Values.tbot -}}
version: v2
{{ .addressOf }}_server: {{ .address | quote }}
onboarding:
  join_method: kubernetes
  token: {{ .token | quote }}
storage:
  type: memory
{{ .configDialect }}:
  - type: identity
    ssh_config: "off" # no user logs in with it, and it would need the Proxy
    destination:
      type: kubernetes_secret
      name: {{ .identitySecretName | quote }}
{{- end }}
{{- end }}
