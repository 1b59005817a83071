{{/* Fails on values that contradict each other in ways that a schema cannot say. */}}
{{- define "access-notifier.validate" -}}
{{- include "access-notifier.validateTbot" . }}
{{- include "access-notifier.validateReview" . }}
{{- include "access-notifier.validateStrict" . }}
{{- if and (not .Values.leaderElection.enabled) (gt (include "access-notifier.replicaCount" . | int) 1) }}
{{- fail "leaderElection.enabled is false with more than one replica: each would announce every request. Set replicaCount to 1, or turn leader election on." }}
{{- end }}
{{- if not (regexMatch "^[a-z]" (include "access-notifier.fullname" .)) }}
{{- fail "The release's name begins with a digit, which the name of a Service may not: set fullnameOverride." }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled }}
{{- fail "metrics.serviceMonitor and metrics.podMonitor are both enabled: Prometheus would get everything twice. Turn one of them off." }}
{{- end }}
{{- range $namespace := keys .Values.secrets.names | sortAlpha }}
{{- if and $.Values.watchNamespaces (not (has $namespace $.Values.watchNamespaces)) }}
{{- fail (printf "secrets.names has namespace %s, which is not among watchNamespaces: no AccessNotifier there would use the Secrets." $namespace) }}
{{- end }}
{{- end }}
{{- range $name, $notifier := .Values.notifiers }}
{{- if $notifier }}
{{- include "access-notifier.validateNotifier" (dict "root" $ "name" $name "notifier" $notifier) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "access-notifier.validateTbot" -}}
{{- with .Values.tbot }}
{{- if .enabled }}
{{- if not (or .image.tag .image.digest) }}
{{- fail "tbot.image.tag is empty: set it to the version of your Teleport cluster." }}
{{- end }}
{{- if not (include "access-notifier.tbotServer" $) }}
{{- fail "tbot.teleportProxyAddress is empty: set it to the address of your Teleport Proxy." }}
{{- end }}
{{- if and (eq .joinMethod "token") (not (or .token .tokenSecretRef.name)) }}
{{- fail "tbot.joinMethod is token: set tbot.token to the token, or tbot.tokenSecretRef to the Secret that holds it." }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes a dict with the root context, and the name and value of a notifier. */}}
{{- define "access-notifier.validateNotifier" -}}
{{- $values := .root.Values }}
{{- $namespace := default (include "access-notifier.namespace" .root) .notifier.namespace }}
{{- if and $values.watchNamespaces (not (has $namespace $values.watchNamespaces)) }}
{{- fail (printf "notifiers.%s is in namespace %s, which is not among watchNamespaces: no operator would watch it." .name $namespace) }}
{{- end }}
{{- $spec := include "access-notifier.notifierSpec" . | fromYaml }}
{{- if not $spec.teleport.address }}
{{- fail (printf "notifiers.%s.spec.teleport.address is empty: set it to the address of your Teleport Proxy." .name) }}
{{- end }}
{{- if not (or $spec.teleport.identitySecretRef $spec.teleport.tlsSecretRef) }}
{{- fail (printf "notifiers.%s.spec.teleport names no Secret with an identity in namespace %s: set identitySecretRef." .name $namespace) }}
{{- end }}
{{- $schema := (index (.root.Files.Get "files/crd.yaml" | fromYaml).spec.versions 0).schema.openAPIV3Schema.properties.spec }}
{{- include "access-notifier.obey" (dict "schema" $schema "value" $spec "path" (printf "notifiers.%s.spec" .name)) }}
{{- $references := list $spec.teleport.identitySecretRef $spec.teleport.tlsSecretRef $spec.teleport.caSecretRef }}
{{- range $messenger := omit $spec.messenger "type" }}
{{- range $field, $reference := $messenger }}
{{- if hasSuffix "SecretRef" $field }}
{{- $references = append $references $reference }}
{{- end }}
{{- end }}
{{- end }}
{{- range compact $references }}
{{- if and $values.secrets.names (not (has .name (get $values.secrets.names $namespace | default list))) }}
{{- fail (printf "notifiers.%s names Secret %s, which is not among secrets.names.%s: the operator could not read it." $.name .name $namespace) }}
{{- end }}
{{- end }}
{{- end }}
