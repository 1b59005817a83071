{{/* The chart's name, or what stands for it. */}}
{{- define "access-notifier.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the release's objects. */}}
{{- define "access-notifier.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "access-notifier.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* What selects the operator's pods. */}}
{{- define "access-notifier.selector" -}}
app.kubernetes.io/name: {{ include "access-notifier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What selects tbot's pod, which the operator's selector must not. */}}
{{- define "access-notifier.tbotSelector" -}}
app.kubernetes.io/name: {{ include "access-notifier.name" . | trunc 58 }}-tbot
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "access-notifier.labels" -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" .Chart.Name }}
{{- $selector := include "access-notifier.selector" . | fromYaml }}
{{- merge $selector $labels .Values.commonLabels | toYaml }}
{{- end }}

{{/* Labels and annotations of an object. Takes a dict with the root context, and
optionally with more labels and annotations, and with the labels that select the
object if it is none of the operator's own. */}}
{{- define "access-notifier.metadata" -}}
{{- $labels := include "access-notifier.labels" .root | fromYaml -}}
labels:
  {{- merge dict (.selector | default dict) $labels (.labels | default dict) | toYaml | nindent 2 }}
{{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The name of the operator's ServiceAccount. */}}
{{- define "access-notifier.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "access-notifier.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The operator as the subject of a binding. */}}
{{- define "access-notifier.subjects" -}}
- kind: ServiceAccount
  name: {{ include "access-notifier.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* An image, by digest if there is one. Takes a dict with the image's values and a
default tag. */}}
{{- define "access-notifier.image" -}}
{{- if .image.digest }}
{{- printf "%s@%s" .image.repository .image.digest }}
{{- else }}
{{- printf "%s:%s" .image.repository (default .tag .image.tag) }}
{{- end }}
{{- end }}

{{/* How often Secrets are looked at; nothing if they are watched. */}}
{{- define "access-notifier.secretPollInterval" -}}
{{- default (ternary "1m" "" (not (empty .Values.secrets.names))) .Values.secrets.pollInterval }}
{{- end }}

{{/* The rules of the operator's role, as controller-gen made them, with less about
Secrets if they are polled, and nothing if they are named. */}}
{{- define "access-notifier.rules" -}}
{{- $rules := list }}
{{- range (.Files.Get "files/role.yaml" | fromYaml).rules }}
{{- if not (has "secrets" .resources) }}
{{- $rules = append $rules . }}
{{- else if not (include "access-notifier.secretPollInterval" $) }}
{{- $rules = append $rules . }}
{{- else if not $.Values.secrets.names }}
{{- $rules = append $rules (merge (dict "verbs" (list "get")) .) }}
{{- end }}
{{- end }}
{{- toYaml $rules }}
{{- end }}

{{/* The rules for leader election. With a selector, the operator makes the name of
the lease of it. */}}
{{- define "access-notifier.leaderElectionRules" -}}
{{- $rules := list }}
{{- range (.Files.Get "files/leader_election_role.yaml" | fromYaml).rules }}
{{- $rules = append $rules (ternary (omit . "resourceNames") . (not (empty $.Values.watchLabelSelector))) }}
{{- end }}
{{- toYaml $rules }}
{{- end }}
