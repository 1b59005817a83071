{{/* The chart's name, or what stands for it. */}}
{{- define "access-notifier.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the release's objects. It holds a whole release's name, of up to 53
characters, which leaves room for what is appended to it. */}}
{{- define "access-notifier.fullname" -}}
{{- $name := include "access-notifier.name" . }}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $own .Values.fullnameOverride | replace "." "-" | trunc 53 | trimSuffix "-" }}
{{- end }}

{{/* The name of an object that is in no namespace, or in others than the release's. It
ends with the release's, so that releases of one name in two namespaces do not share the
object. Takes a list of the root context and what the object is. */}}
{{- define "access-notifier.qualifiedName" -}}
{{- $root := index . 0 }}
{{- printf "%s-%s.%s" (include "access-notifier.fullname" $root) (index . 1) (include "access-notifier.namespace" $root) }}
{{- end }}

{{/* The namespace of the release's objects. */}}
{{- define "access-notifier.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
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
  namespace: {{ include "access-notifier.namespace" . }}
{{- end }}

{{/* An image, by digest if there is one. A repository may name its registry itself. Takes
a dict with the root context, the image's values, and a default tag. */}}
{{- define "access-notifier.image" -}}
{{- $repository := .image.repository }}
{{- if not (regexMatch "^(localhost|[^/]*[.:][^/]*)/" $repository) }}
{{- $repository = compact (list (default .image.registry .root.Values.global.imageRegistry) $repository) | join "/" }}
{{- end }}
{{- if .image.digest }}
{{- printf "%s@%s" $repository .image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .tag .image.tag) }}
{{- end }}
{{- end }}

{{/* The tag of the operator's image if none is given. The chart of a release also names the
digest, so that what is pulled is what was signed, but not for another repository, where an
image may have been built anew. */}}
{{- define "access-notifier.tag" -}}
{{- .Chart.AppVersion }}
{{- $digest := index .Chart.Annotations "accessnotifier.dev/image-digest" }}
{{- if and $digest (eq .Values.image.repository "accessnotifier/access-notifier") }}
{{- printf "@%s" $digest }}
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
{{- if has "configmaps" .resources }}
{{- if include "access-notifier.remindsOwners" $ }}
{{- $rules = append $rules . }}
{{- end }}
{{- else if not (has "secrets" .resources) }}
{{- $rules = append $rules . }}
{{- else if not (include "access-notifier.secretPollInterval" $) }}
{{- $rules = append $rules . }}
{{- else if not $.Values.secrets.names }}
{{- $rules = append $rules (merge (dict "verbs" (list "get")) .) }}
{{- end }}
{{- end }}
{{- toYaml $rules }}
{{- end }}

{{/* Says so if owners of access lists are reminded, which takes a ConfigMap. */}}
{{- define "access-notifier.remindsOwners" -}}
{{- $reminds := .Values.rbac.accessListReminders }}
{{- range $name, $notifier := .Values.notifiers }}
{{- if $notifier }}
{{- $reminds = or $reminds (eq "Notify" (dig "spec" "accessListReminders" "policy" "" $notifier)) }}
{{- end }}
{{- end }}
{{- if $reminds -}}
reminds
{{- end }}
{{- end }}

{{/* The rules for leader election. The operator makes the name of the lease of what it
watches, unless that is everything. */}}
{{- define "access-notifier.leaderElectionRules" -}}
{{- $rules := list }}
{{- range (.Files.Get "files/leader_election_role.yaml" | fromYaml).rules }}
{{- $rules = append $rules (or $.Values.watchLabelSelector $.Values.watchNamespaces | empty | ternary . (omit . "resourceNames")) }}
{{- end }}
{{- toYaml $rules }}
{{- end }}

{{/* Fails if the cluster does not know the kind of an object. What renders without a
cluster, such as helm template, knows no kinds at all. Takes a list of the root context,
the API version, the kind, and the value that asks for the object. */}}
{{- define "access-notifier.requireKind" -}}
{{- $kinds := (index . 0).Capabilities.APIVersions }}
{{- $kind := printf "%s/%s" (index . 1) (index . 2) }}
{{- if and ($kinds.Has "v1/Pod") (not ($kinds.Has $kind)) }}
{{- fail (printf "%s is true, but the cluster knows no kind %s of %s: install what brings it first, or set the value to false." (index . 3) (index . 2) (index . 1)) }}
{{- end }}
{{- end }}
