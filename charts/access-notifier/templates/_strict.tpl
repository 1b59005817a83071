{{/* Says so if the profile is the strict one. */}}
{{- define "access-notifier.strict" -}}
{{- if eq .Values.profile "strict" -}}
strict
{{- end }}
{{- end }}

{{/* Says so if there are NetworkPolicies. */}}
{{- define "access-notifier.hasNetworkPolicy" -}}
{{- if or .Values.networkPolicy.enabled (include "access-notifier.strict" .) -}}
yes
{{- end }}
{{- end }}

{{/* Fails on values that take back what the strict profile promises. */}}
{{- define "access-notifier.validateStrict" -}}
{{- if include "access-notifier.strict" . }}
{{- if not .Values.secrets.names }}
{{- fail "profile is strict, and secrets.names is empty: name the Secrets that the operator may read, by namespace, such as secrets.names.team-a: [access-notifier-identity, slack-bot]." }}
{{- end }}
{{- if .Values.review.listener.enabled }}
{{- fail "profile is strict, and review.listener.enabled is true: nobody decides in chat with this profile. Turn the listener off, or leave the profile." }}
{{- end }}
{{- if and .Values.metrics.enabled (not .Values.metrics.secure) }}
{{- fail "profile is strict, and metrics.secure is false: whoever reaches the pod could read the metrics. Set it to true, or metrics.enabled to false." }}
{{- end }}
{{- if .Values.hostNetwork }}
{{- fail "profile is strict, and hostNetwork is true: NetworkPolicies do not apply to the network of a node." }}
{{- end }}
{{- include "access-notifier.validateStrictContext" . }}
{{- range .Values.extraArgs }}
{{- with regexFind "^--(allow-review|metrics-bind-address|metrics-secure|pprof-bind-address|review-bind-address|secret-poll-interval)(=|$)" . | trimSuffix "=" }}
{{- fail (printf "profile is strict, and extraArgs has %s: this profile decides about that." .) }}
{{- end }}
{{- end }}
{{- range $name, $notifier := .Values.notifiers }}
{{- if ne "Off" (dig "spec" "review" "mode" "Off" ($notifier | default dict)) }}
{{- fail (printf "profile is strict, and notifiers.%s.spec.review.mode is %s: nobody decides in chat with this profile. Set it to Off, or leave the profile." $name $notifier.spec.review.mode) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Fails on a pod that could do more than a process without rights. */}}
{{- define "access-notifier.validateStrictContext" -}}
{{- $container := .Values.securityContext | default dict }}
{{- $pods := dict "podSecurityContext.runAsNonRoot" (.Values.podSecurityContext | default dict) }}
{{- if .Values.tbot.enabled }}
{{- $_ := set $pods "tbot.podSecurityContext.runAsNonRoot" (.Values.tbot.podSecurityContext | default dict) }}
{{- end }}
{{- range $path, $pod := $pods }}
{{- if ne "true" (merge dict $container $pod | dig "runAsNonRoot" "" | toString) }}
{{- fail (printf "profile is strict, and %s is not true." $path) }}
{{- end }}
{{- end }}
{{- range $field, $want := dict "privileged" false "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true }}
{{- if ne (toString $want) (get $container $field | toString) }}
{{- fail (printf "profile is strict, and securityContext.%s is not %t." $field $want) }}
{{- end }}
{{- end }}
{{- with dig "capabilities" "add" list $container }}
{{- fail (printf "profile is strict, and securityContext.capabilities.add has %s." (join ", " .)) }}
{{- end }}
{{- if not (has "ALL" (dig "capabilities" "drop" list $container)) }}
{{- fail "profile is strict, and securityContext.capabilities.drop does not have ALL." }}
{{- end }}
{{- end }}
