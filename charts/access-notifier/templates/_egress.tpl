{{/* What the operator and tbot may reach. */}}
{{- define "access-notifier.egress" -}}
- ports: # DNS
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
    - port: 5353 # of the pods behind the Service, in OpenShift
      protocol: UDP
    - port: 5353
      protocol: TCP
{{- with include "access-notifier.egressPorts" . | fromYamlArray }}
- ports:
    {{- range . }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Ports that values name, and those of all addresses in values. */}}
{{- define "access-notifier.egressPorts" -}}
{{- $addresses := concat (values (.Values.messengerURLs | default dict) | sortAlpha) (list .Values.proxy.http .Values.proxy.https) }}
{{- if .Values.tbot.enabled }}
{{- $addresses = append $addresses (include "access-notifier.tbotAddress" . | printf "https://%s") }}
{{- end }}
{{- range $name, $notifier := .Values.notifiers }}
{{- if $notifier }}
{{- $spec := include "access-notifier.notifierSpec" (dict "root" $ "notifier" $notifier) | fromYaml }}
{{- $addresses = append $addresses (dig "teleport" "address" "" $spec | printf "https://%s") }}
{{- $addresses = append $addresses (dig "messenger" "mattermost" "url" "" $spec) }}
{{- $addresses = append $addresses (dig "messenger" "webhook" "url" "" $spec) }}
{{- with dig "messenger" "email" "address" "" $spec }}
{{- $addresses = append $addresses (printf "https://%s" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- $ports := concat (.Values.networkPolicy.apiServerPorts | default list) (.Values.networkPolicy.egressPorts | default list) }}
{{- range compact $addresses }}
{{- $ports = append $ports (include "access-notifier.port" .) }}
{{- end }}
{{- $numbers := list }}
{{- range $ports }}
{{- $numbers = append $numbers (int .) }}
{{- end }}
{{- uniq $numbers | toYaml }}
{{- end }}

{{/* The port of an address, which is a URL, or the host and port of a proxy. */}}
{{- define "access-notifier.port" -}}
{{- $url := urlParse (contains "://" . | ternary . (printf "http://%s" .)) }}
{{- $known := dict "http" "80" "https" "443" "socks5" "1080" "socks5h" "1080" }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (get $known $url.scheme) }}
{{- end }}
