{{/* Fails on what the API server would refuse by a rule of the CRD, before anything is
installed. Takes a dict with the schema of a value, the value, and its path. */}}
{{- define "access-notifier.obey" -}}
{{- $value := .value }}
{{- $path := .path }}
{{- $properties := .schema.properties | default dict }}
{{- range index .schema "x-kubernetes-validations" }}
{{- if include "access-notifier.broken" (list .rule $value) }}
{{- fail (printf "%s%s %s." $path (.fieldPath | default "") .message) }}
{{- end }}
{{- end }}
{{- if kindIs "map" $value }}
{{- $others := .schema.additionalProperties }}
{{- range $name, $member := $value }}
{{- with get $properties $name | default $others }}
{{- include "access-notifier.obey" (dict "schema" . "value" $member "path" (printf "%s.%s" $path $name)) }}
{{- end }}
{{- end }}
{{- else if kindIs "slice" $value }}
{{- $items := .schema.items }}
{{- range $i, $item := $value }}
{{- include "access-notifier.obey" (dict "schema" $items "value" $item "path" (printf "%s[%d]" $path $i)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Says so if a value breaks a rule. Each of a rule's conditions must hold, and for that
one of its alternatives. Alternatives of another form than those that "access-notifier.fails"
knows are taken to hold: they are left to the API server. Takes a list of the rule and the
value. */}}
{{- define "access-notifier.broken" -}}
{{- $value := index . 1 }}
{{- range index . 0 | splitList " && " }}
{{- $alternatives := splitList " || " . }}
{{- $failing := list }}
{{- range $alternatives }}
{{- if include "access-notifier.fails" (list . $value) }}
{{- $failing = append $failing . }}
{{- end }}
{{- end }}
{{- if eq (len $failing) (len $alternatives) -}}
broken
{{- end }}
{{- end }}
{{- end }}

{{/* Says so if a condition does not hold. Takes a list of the condition and the value. */}}
{{- define "access-notifier.fails" -}}
{{- $condition := index . 0 }}
{{- $value := index . 1 }}
{{- $words := regexFindAll "[a-zA-Z]+" $condition -1 }}
{{- $text := regexFind "'.*'" $condition | trimAll "'" | replace "\\\\" "\\" }}
{{- $pattern := regexReplaceAll "\\\\[uU]([0-9A-F]+)" $text "\\x{$1}" }}
{{- $holds := true }}
{{- if eq $condition "false" }}
{{- $holds = false }}
{{- else if eq $condition "self == self.trim()" }}
{{- $holds = eq $value (trim $value) }}
{{- else if eq $condition "self.all(role, self[role].size() > 0)" }}
{{- $holds = not (has (list) (values $value)) }}
{{- else if regexMatch "^self\\.startsWith\\('[^']*'\\)$" $condition }}
{{- $holds = hasPrefix $text $value }}
{{- else if regexMatch "^self\\.\\w+\\.startsWith\\('[^']*'\\)$" $condition }}
{{- $holds = hasPrefix $text (get $value (index $words 1)) }}
{{- else if regexMatch "^self\\.matches\\('[^']*'\\)$" $condition }}
{{- $holds = regexMatch $pattern $value }}
{{- else if regexMatch "^self\\.\\w+\\.matches\\('[^']*'\\)$" $condition }}
{{- $holds = regexMatch $pattern (get $value (index $words 1)) }}
{{- else if regexMatch "^self\\.\\?\\w+\\.orValue\\(\"\"\\) == '[^']*'$" $condition }}
{{- $holds = eq $text (get $value (index $words 1)) }}
{{- else if regexMatch "^self\\.\\?\\w+\\.orValue\\(\"\"\\) != '[^']*'$" $condition }}
{{- $holds = ne $text (get $value (index $words 1)) }}
{{- else if regexMatch "^!self\\.matches\\('[^']*'\\)$" $condition }}
{{- $holds = not (regexMatch $pattern $value) }}
{{- else if regexMatch "^has\\(self\\.\\w+\\) == \\(self\\.type == '\\w+'\\)$" $condition }}
{{- $holds = eq (hasKey $value (index $words 2)) (eq $value.type $text) }}
{{- else if regexMatch "^has\\(self\\.\\w+\\) != has\\(self\\.\\w+\\)$" $condition }}
{{- $holds = ne (hasKey $value (index $words 2)) (hasKey $value (index $words 5)) }}
{{- end }}
{{- if not $holds -}}
fails
{{- end }}
{{- end }}
