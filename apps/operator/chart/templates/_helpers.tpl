{{- define "ack-secret-manager.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "ack-secret-manager.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ack-secret-manager.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ack-secret-manager.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods; as in the Go operator's chart, because a Deployment's selector cannot change. */}}
{{- define "ack-secret-manager.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ack-secret-manager.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ack-secret-manager.labels" -}}
{{ include "ack-secret-manager.selectorLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "ack-secret-manager.image" -}}
{{- if and (hasSuffix "acs/ack-secret-manager" .Values.image.repository) (hasPrefix "v0." (toString .Values.image.tag)) -}}
{{- fail "image: this is the Go operator's, kept from its values; name this operator's image.repository and image.tag" -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Namespaces to watch, separated by commas: our value, else the Go operator's variable. */}}
{{- define "ack-secret-manager.watchNamespaces" -}}
{{- $given := .Values.command.watchNamespaces -}}
{{- if kindIs "slice" $given }}{{ $given = join "," $given }}{{ end -}}
{{- $given | default (.Values.env).WATCH_NAMESPACE | default "" -}}
{{- end -}}

{{/* Namespaces that get a Role of their own; empty where one ClusterRole holds for all. */}}
{{- define "ack-secret-manager.roleNamespaces" -}}
{{- if eq .Values.rbac.scope "Namespaced" -}}
{{- required "rbac.scope Namespaced needs command.watchNamespaces" (include "ack-secret-manager.watchNamespaces" .) -}}
{{- end -}}
{{- end -}}

{{/* Flags of the operator, one a line. */}}
{{- define "ack-secret-manager.arguments" -}}
{{- $command := deepCopy .Values.command -}}
{{- $_ := set $command "watchNamespaces" (include "ack-secret-manager.watchNamespaces" .) -}}
{{- if eq .Values.rbac.scope "Namespaced" -}}
{{- $_ := set $command "processClusterSecretStore" false -}}
{{- $_ := set $command "processClusterExternalSecret" false -}}
{{- end -}}
{{- range $key, $value := $command -}}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ end -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
- {{ printf "--%s=%s" (kebabcase $key) (ternary $value (toJson $value) (kindIs "string" $value)) | quote }}
{{- end -}}
{{- end -}}
{{- end -}}
