{{/* The address that tbot joins by. */}}
{{- define "access-notifier.tbotAddress" -}}
{{- with include "access-notifier.tbotServer" . | fromYaml }}
{{- values . | first }}
{{- end }}
{{- end }}

{{/* The Secret with a join token that is a secret itself. */}}
{{- define "access-notifier.tbotTokenSecret" -}}
{{- default (printf "%s-tbot" (include "access-notifier.fullname" .)) .Values.tbot.tokenSecretRef.name }}
{{- end }}

{{/* What tbot shows Teleport, if it needs a file for that. By the method kubernetes, a
Teleport in this cluster has the API server check it, another one checks it itself. */}}
{{- define "access-notifier.tbotTokenSources" -}}
{{- with .Values.tbot }}
{{- if eq .joinMethod "kubernetes" -}}
- serviceAccountToken:
    path: token
    {{- with .clusterName }}
    audience: {{ . | quote }}
    {{- end }}
    expirationSeconds: 600
{{- else if eq .joinMethod "token" -}}
- secret:
    name: {{ include "access-notifier.tbotTokenSecret" $ | quote }}
    items:
      - key: {{ .tokenSecretRef.key | quote }}
        path: token
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret in which tbot keeps who it is. A secret token lets it join once; by other
methods it joins anew at each start, and needs to keep nothing. */}}
{{- define "access-notifier.tbotState" -}}
{{- if eq .Values.tbot.joinMethod "token" }}
{{- printf "%s-tbot-state" (include "access-notifier.fullname" .) }}
{{- end }}
{{- end }}

{{/* The name of the join token in Teleport, or the file that holds a secret one. */}}
{{- define "access-notifier.tbotToken" -}}
{{- with .Values.tbot }}
{{- ternary "/var/run/secrets/teleport/token" (default "access-notifier" .token) (eq .joinMethod "token") }}
{{- end }}
{{- end }}

{{/* The configuration of tbot. */}}
{{- define "access-notifier.tbotConfig" -}}
{{- with .Values.tbot -}}
version: v2
{{ include "access-notifier.tbotServer" $ }}
onboarding:
  {{- merge (dict "join_method" .joinMethod "token" (include "access-notifier.tbotToken" $)) (.onboarding | default dict) | toYaml | nindent 2 }}
storage:
  {{- with include "access-notifier.tbotState" $ }}
  type: kubernetes_secret
  name: {{ . | quote }}
  {{- else }}
  type: memory
  {{- end }}
{{ .configDialect }}:
  - type: identity
    ssh_config: "off" # no user logs in with it, and it would need the Proxy
    destination:
      type: kubernetes_secret
      name: {{ .identitySecretName | quote }}
{{- end }}
{{- end }}
