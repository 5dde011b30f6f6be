{{/* Variables of the operator by the value that sets them: env, envVarsFromSecret and extraEnv. In JSON. */}}
{{- define "ack-secret-manager.variables" -}}
{{- $extra := dict -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $extra .name -}}
{{- fail (printf "extraEnv: %s is listed twice; remove one of them" .name) -}}
{{- else if and .valueFrom (hasKey . "value") -}}
{{- fail (printf "extraEnv.%s: value and valueFrom are both set; keep one of them" .name) -}}
{{- end -}}
{{- $_ := set $extra .name (ternary .valueFrom (get . "value") (not (empty .valueFrom))) -}}
{{- end -}}
{{- $found := dict "env" (.Values.env | default dict) "envVarsFromSecret" (.Values.envVarsFromSecret | default dict) -}}
{{- range $where, $given := $found -}}
{{- range $name, $value := $given -}}
{{- if and (hasKey $extra $name) (include "ack-secret-manager.text" $value) -}}
{{- fail (printf "extraEnv.%s: %s.%s sets it as well; remove one of them" $name $where $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (set $found "extraEnv" $extra) -}}
{{- end -}}

{{/* Rejects variables for flags that templates evaluate, because templates only read command. */}}
{{- define "ack-secret-manager.refuseVariables" -}}
{{- $flags := list "enableCrossNamespaceSecretStore" "enableWorkerRole" "leaderElect" "leaderElectionNamespace" "leaseName" "metricsPerResource" "processClusterExternalSecret" "processClusterSecretStore" "processPushSecret" "shards" "watchNamespaces" -}}
{{- $ports := dict "ACKSM_METRICS_BIND_ADDRESS" "ports.metrics" "ACKSM_HEALTH_PROBE_BIND_ADDRESS" "ports.health" "ACKSM_HINT_HTTP_BIND_ADDRESS" "hintTarget.tokenSecretRef and ports.hints" -}}
{{- range $where, $given := include "ack-secret-manager.variables" . | fromJson -}}
{{- range $flag := $flags -}}
{{- $name := printf "ACKSM_%s" (snakecase $flag | upper) -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: set command.%s instead; permissions and other objects of the chart depend only on it" $where $name $flag) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $ports -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: set %s instead; the probes and the Service of the chart use its port" $where $name $value) -}}
{{- end -}}
{{- end -}}
{{- if and (ne $where "env") (hasKey $given "WATCH_NAMESPACE") -}}
{{- fail (printf "%s.WATCH_NAMESPACE: set command.watchNamespaces instead; the operator does not read this variable" $where) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Environment variables of the operator. */}}
{{- define "ack-secret-manager.environment" -}}
{{- range $name, $value := omit (.Values.env | default dict) "WATCH_NAMESPACE" }}
{{- with include "ack-secret-manager.text" $value }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- range $name, $from := .Values.envVarsFromSecret }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secretKeyRef | quote }}
      key: {{ $from.key | quote }}
{{- end }}
{{- include "ack-secret-manager.proxyVariables" . }}
{{- /* Last, so that a value may refer to the others with $(NAME). */}}
{{- range .Values.extraEnv }}
- name: {{ .name }}
  {{- if .valueFrom }}
  valueFrom:
    {{- toYaml .valueFrom | nindent 4 }}
  {{- else }}
  value: {{ include "ack-secret-manager.text" (get . "value") | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Environment variables of values.proxy. */}}
{{- define "ack-secret-manager.proxyVariables" -}}
{{- $proxy := .Values.proxy | default dict -}}
{{- $url := include "ack-secret-manager.text" $proxy.httpsProxy -}}
{{- $secret := include "ack-secret-manager.text" (dig "name" "" ($proxy.secretRef | default dict)) -}}
{{- $direct := "" -}}
{{- if kindIs "slice" $proxy.noProxy -}}
{{- $direct = join "," $proxy.noProxy -}}
{{- else -}}
{{- $direct = include "ack-secret-manager.text" $proxy.noProxy -}}
{{- end -}}
{{- if and $url $secret -}}
{{- fail "proxy.httpsProxy and proxy.secretRef both name a proxy: keep one of them" -}}
{{- else if and $direct (not (or $url $secret)) -}}
{{- fail "proxy.noProxy: set proxy.httpsProxy or proxy.secretRef as well" -}}
{{- end -}}
{{- if or $url $secret -}}
{{- range $where, $given := include "ack-secret-manager.variables" . | fromJson -}}
{{- range $name := list "HTTPS_PROXY" "https_proxy" "NO_PROXY" "no_proxy" -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: remove it, because proxy is set" $where $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
- name: HTTPS_PROXY
{{- if $url }}
  value: {{ $url | quote }}
{{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret | quote }}
      key: {{ dig "key" "" $proxy.secretRef | default "httpsProxy" | quote }}
{{- end }}
{{- with $direct }}
- name: NO_PROXY
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Port of values.proxy.httpsProxy. */}}
{{- define "ack-secret-manager.proxyPort" -}}
{{- with include "ack-secret-manager.text" (dig "httpsProxy" "" (.Values.proxy | default dict)) -}}
{{- regexFind ":[0-9]+/?$" . | trimAll ":/" | default (ternary "443" "80" (hasPrefix "https:" .)) -}}
{{- end -}}
{{- end -}}
