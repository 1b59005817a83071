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

{{/* The name of objects that are not in a namespace: two releases of one name, in
two namespaces, must not share them. */}}
{{- define "access-notifier.clusterName" -}}
{{- $name := include "access-notifier.fullname" . }}
{{- if eq $name .Release.Namespace }}
{{- $name }}
{{- else }}
{{- printf "%s-%s" .Release.Namespace $name }}
{{- end }}
{{- end }}

{{/* What selects the operator's pods. */}}
{{- define "access-notifier.selector" -}}
app.kubernetes.io/name: {{ include "access-notifier.name" . }}
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
optionally with more labels and annotations. */}}
{{- define "access-notifier.metadata" -}}
{{- $labels := include "access-notifier.labels" .root | fromYaml }}
labels:
  {{- merge $labels (.labels | default dict) | toYaml | nindent 2 }}
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

{{/* The image, by digest if there is one. */}}
{{- define "access-notifier.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* The rules of the operator's role, as controller-gen made them. */}}
{{- define "access-notifier.rules" -}}
{{- (.Files.Get "files/role.yaml" | fromYaml).rules | toYaml }}
{{- end }}

{{/* Fails on values that contradict each other in ways that a schema cannot say. */}}
{{- define "access-notifier.validate" -}}
{{- if and (not .Values.leaderElection.enabled) (gt (int .Values.replicas) 1) }}
{{- fail "leaderElection.enabled is false with more than one replica: each would announce every request. Set replicas to 1, or turn leader election on." }}
{{- end }}
{{- if and .Values.watchNamespaces .Values.notifiers }}
{{- range $name, $notifier := .Values.notifiers }}
{{- $namespace := default $.Release.Namespace $notifier.namespace }}
{{- if not (has $namespace $.Values.watchNamespaces) }}
{{- fail (printf "notifiers.%s is in namespace %s, which is not among watchNamespaces: nobody would look after it." $name $namespace) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
