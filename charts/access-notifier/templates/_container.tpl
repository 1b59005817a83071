{{/* Arguments of the operator. */}}
{{- define "access-notifier.args" -}}
- manager
- {{ printf "--log-format=%v" .Values.log.format | quote }}
- {{ printf "--log-level=%v" .Values.log.level | quote }}
- {{ printf "--health-probe-bind-address=:%v" .Values.healthPort | quote }}
- {{ printf "--metrics-bind-address=%v" (ternary (printf ":%d" (int .Values.metrics.port)) "0" .Values.metrics.enabled) | quote }}
- {{ printf "--metrics-secure=%v" .Values.metrics.secure | quote }}
{{- if include "access-notifier.metricsSecret" . }}
- {{ printf "--metrics-cert-dir=%v" (include "access-notifier.metricsCertificate" .) | quote }}
{{- end }}
- {{ printf "--leader-elect=%v" .Values.leaderElection.enabled | quote }}
{{- if .Values.leaderElection.enabled }}
- {{ printf "--leader-elect-namespace=%v" (include "access-notifier.namespace" .) | quote }}
- {{ printf "--leader-elect-lease-duration=%v" .Values.leaderElection.leaseDuration | quote }}
- {{ printf "--leader-elect-renew-deadline=%v" .Values.leaderElection.renewDeadline | quote }}
- {{ printf "--leader-elect-retry-period=%v" .Values.leaderElection.retryPeriod | quote }}
{{- end }}
- --graceful-shutdown-timeout={{ sub .Values.terminationGracePeriodSeconds 5 }}s
{{- with .Values.watchNamespaces }}
- {{ printf "--watch-namespaces=%v" (join "," .) | quote }}
{{- end }}
{{- with .Values.watchLabelSelector }}
- {{ printf "--watch-label-selector=%v" . | quote }}
{{- end }}
{{- with include "access-notifier.secretPollInterval" . }}
- {{ printf "--secret-poll-interval=%v" . | quote }}
{{- end }}
{{- with include "access-notifier.reachArgs" . }}
{{ . }}
{{- end }}
{{- if include "access-notifier.strict" . }}
- --allow-review=false
{{- end }}
{{- with include "access-notifier.reviewArgs" . }}
{{ . }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Arguments that say where connections may lead. */}}
{{- define "access-notifier.reachArgs" -}}
{{- $args := list }}
{{- with .Values.allowNetworks }}
{{- $args = append $args (printf "--allow-networks=%s" (join "," .)) }}
{{- end }}
{{- range $type, $url := .Values.messengerURLs }}
{{- $args = append $args (printf "--messenger-url=%s=%s" $type $url) }}
{{- end }}
{{- with $args }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* Environment that the operator and tbot need to reach others. */}}
{{- define "access-notifier.networkEnv" -}}
{{- with .Values.proxy.http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- if or .Values.proxy.http .Values.proxy.https }}
- name: NO_PROXY
  value: {{ concat (list "$(KUBERNETES_SERVICE_HOST)" "localhost" ".svc" ".cluster.local") (.Values.proxy.exclude | default list) | join "," | quote }}
{{- end }}
{{- if include "access-notifier.caSources" . }}
- name: SSL_CERT_DIR
  value: /etc/access-notifier/ca
{{- end }}
{{- end }}

{{/* Environment of the operator. */}}
{{- define "access-notifier.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
- name: POD_UID
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.uid
{{- if dig "limits" "memory" "" (.Values.resources | default dict) }}
- name: MEMORY_LIMIT
  valueFrom:
    resourceFieldRef:
      containerName: manager
      resource: limits.memory
      divisor: "1"
{{- end }}
{{- include "access-notifier.networkEnv" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where certificates of authorities come from. */}}
{{- define "access-notifier.caSources" -}}
{{- with .Values.caCertificates.configMapName }}
- configMap:
    name: {{ . | quote }}
{{- end }}
{{- with .Values.caCertificates.secretName }}
- secret:
    name: {{ . | quote }}
{{- end }}
{{- end }}

{{/* The volume with certificates of authorities. */}}
{{- define "access-notifier.caVolume" -}}
{{- with include "access-notifier.caSources" . }}
- name: ca-certificates
  projected:
    sources:
      {{- . | trim | nindent 6 }}
{{- end }}
{{- end }}

{{/* Where it is seen. */}}
{{- define "access-notifier.caVolumeMount" -}}
{{- if include "access-notifier.caSources" . }}
- name: ca-certificates
  mountPath: /etc/access-notifier/ca
  readOnly: true
{{- end }}
{{- end }}

{{/* Volumes of the operator's pods. */}}
{{- define "access-notifier.volumes" -}}
{{- include "access-notifier.caVolume" . }}
{{- with include "access-notifier.metricsSecret" . }}
- name: metrics-certificate
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- with include "access-notifier.reviewSecret" . }}
- name: review-certificate
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where the operator sees volumes. */}}
{{- define "access-notifier.volumeMounts" -}}
{{- include "access-notifier.caVolumeMount" . }}
{{- if include "access-notifier.metricsSecret" . }}
- name: metrics-certificate
  mountPath: {{ include "access-notifier.metricsCertificate" . | quote }}
  readOnly: true
{{- end }}
{{- if include "access-notifier.reviewSecret" . }}
- name: review-certificate
  mountPath: {{ include "access-notifier.reviewCertificate" . | quote }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A security context, without what OpenShift sets itself. Takes a list of the root
context and the values. */}}
{{- define "access-notifier.securityContext" -}}
{{- $root := index . 0 }}
{{- $context := index . 1 | default dict }}
{{- $adapt := $root.Values.global.compatibility.openshift.adaptSecurityContext }}
{{- $openshift := $root.Capabilities.APIVersions.Has "security.openshift.io/v1" }}
{{- if or (eq $adapt "force") (and (eq $adapt "auto") $openshift) }}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{/* Secrets to pull images with: the parent chart's, by name or as Kubernetes writes them,
and our own. */}}
{{- define "access-notifier.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat (.Values.global.imagePullSecrets | default list) (.Values.imagePullSecrets | default list) }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- uniq $secrets | toYaml }}
{{- end }}

{{/* Fields of all pods. Takes a list of the root context and the values of the pod's
security context. */}}
{{- define "access-notifier.podSettings" -}}
{{- $root := index . 0 }}
{{- include "access-notifier.fields" (merge (dict
  "imagePullSecrets" (include "access-notifier.imagePullSecrets" $root | fromYamlArray)
  "securityContext" (include "access-notifier.securityContext" . | fromYaml))
  (pick $root.Values "nodeSelector" "priorityClassName" "tolerations")) }}
{{- end }}

{{/* Those of a dict's members that are not empty, as fields of an object. */}}
{{- define "access-notifier.fields" -}}
{{- $fields := dict }}
{{- range $name, $value := . }}
{{- if $value }}
{{- $_ := set $fields $name $value }}
{{- end }}
{{- end }}
{{- if $fields }}
{{- toYaml $fields }}
{{- end }}
{{- end }}
