{{/* The spec of an AccessNotifier, with tbot's address and identity where it says
nothing else. A Secret can only be used in its own namespace. Takes a dict with the
root context and the value of a notifier. */}}
{{- define "access-notifier.notifierSpec" -}}
{{- $tbot := .root.Values.tbot }}
{{- $spec := deepCopy .notifier.spec }}
{{- $teleport := $spec.teleport | default dict }}
{{- if $tbot.enabled }}
{{- $teleport = merge $teleport (dict "address" (include "access-notifier.tbotAddress" .root)) }}
{{- $own := include "access-notifier.namespace" .root }}
{{- $here := eq $own (default $own .notifier.namespace) }}
{{- if and $here (not (or $teleport.identitySecretRef $teleport.tlsSecretRef)) }}
{{- $_ := set $teleport "identitySecretRef" (dict "name" $tbot.identitySecretName) }}
{{- end }}
{{- end }}
{{- set $spec "teleport" $teleport | toYaml }}
{{- end }}
