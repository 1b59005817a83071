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

{{/* Ports that values name, and those of proxies. */}}
{{- define "access-notifier.egressPorts" -}}
{{- $ports := list }}
{{- range .Values.networkPolicy.egressPorts }}
{{- $ports = append $ports (int .) }}
{{- end }}
{{- range compact (list .Values.proxy.http .Values.proxy.https) }}
{{- with regexFind "[0-9]+$" (regexFind ":[0-9]+$" (urlParse .).host) }}
{{- $ports = append $ports (int .) }}
{{- end }}
{{- end }}
{{- uniq $ports | toYaml }}
{{- end }}
