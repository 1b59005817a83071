{{/* Arguments that say where clicks are heard of; nothing if nowhere. */}}
{{- define "access-notifier.reviewArgs" -}}
{{- with .Values.review.listener }}
{{- if .enabled -}}
- {{ printf "--review-bind-address=:%v" .port | quote }}
- {{ printf "--review-url=%v" (include "access-notifier.reviewURL" $) | quote }}
{{- if .tls.secretName }}
- {{ printf "--review-cert-dir=%v" (include "access-notifier.reviewCertificate" $) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The URL by which chat services report clicks. */}}
{{- define "access-notifier.reviewURL" -}}
{{- with .Values.review.listener }}
{{- $own := ternary (printf "https://%s" .ingress.host) "" (and .ingress.enabled (not (empty .ingress.host))) }}
{{- default $own .url }}
{{- end }}
{{- end }}

{{/* The Secret with the certificate of the listener; nothing without one. */}}
{{- define "access-notifier.reviewSecret" -}}
{{- with .Values.review.listener }}
{{- if .enabled }}
{{- .tls.secretName }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the operator sees it. */}}
{{- define "access-notifier.reviewCertificate" -}}
/etc/access-notifier/review
{{- end }}

{{/* Fails on values by which no click would arrive, or not always. */}}
{{- define "access-notifier.validateReview" -}}
{{- with .Values.review.listener }}
{{- if .enabled }}
{{- if gt (include "access-notifier.replicaCount" $ | int) 1 }}
{{- fail "review.listener.enabled is true with more than one replica: the Service would lead half of the clicks to an operator that does not deliver. Set replicaCount to 1." }}
{{- end }}
{{- if not (include "access-notifier.reviewURL" $) }}
{{- fail "review.listener.url is empty: set it to the URL by which chat services reach the listener, or turn review.listener.ingress on with a host." }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.host) }}
{{- fail "review.listener.ingress.host is empty: set it to the host by which chat services reach the listener." }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
