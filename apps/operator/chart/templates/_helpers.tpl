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
{{- required "serviceAccount.create is false: name a ServiceAccount in serviceAccount.name; without a name the operator's rights would go to \"default\", and so to every pod of the namespace that names none" .Values.serviceAccount.name -}}
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

{{/* Name of the Lease: replicas of one release share it, and no other release does. */}}
{{- define "ack-secret-manager.leaseName" -}}
{{- .Values.command.leaseName | default (include "ack-secret-manager.fullname" .) -}}
{{- end -}}

{{/* Namespace of the Lease and of the digest key. */}}
{{- define "ack-secret-manager.ownNamespace" -}}
{{- .Values.command.leaderElectionNamespace | default .Release.Namespace -}}
{{- end -}}

{{/* "true" where a replica leads by a Lease; without one there may be no second replica. */}}
{{- define "ack-secret-manager.elects" -}}
{{- if ne (toString .Values.command.leaderElect) "false" -}}
true
{{- else if gt (int .Values.replicaCount) 1 -}}
{{- fail "command.leaderElect is false: set replicaCount to 1, or every replica would lead" -}}
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
{{- if eq (toString .Values.command.enableCrossNamespaceSecretStore) "true" -}}
{{- fail "command.enableCrossNamespaceSecretStore looks at the SecretStores of all namespaces, for which rbac.scope Namespaced gives no right: turn it off, or take rbac.scope Cluster" -}}
{{- end -}}
{{- required "rbac.scope Namespaced needs command.watchNamespaces" (include "ack-secret-manager.watchNamespaces" .) -}}
{{- end -}}
{{- end -}}

{{/* A value as text, as it was typed; empty where it says nothing. */}}
{{- define "ack-secret-manager.text" -}}
{{- if not (kindIs "invalid" .) }}{{ ternary . (toJson .) (kindIs "string" .) }}{{ end -}}
{{- end -}}

{{/* Refuses flags as variables where templates decide by them, because those only know of command. */}}
{{- define "ack-secret-manager.refuseVariables" -}}
{{- $flags := list "enableCrossNamespaceSecretStore" "enableWorkerRole" "leaderElect" "leaderElectionNamespace" "leaseName" "metricsPerResource" "processClusterExternalSecret" "processClusterSecretStore" "watchNamespaces" -}}
{{- range $where := list "env" "envVarsFromSecret" -}}
{{- $given := index $.Values $where | default dict -}}
{{- range $flag := $flags -}}
{{- $name := printf "ACKSM_%s" (snakecase $flag | upper) -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: set command.%s instead; rights and other objects of the chart go by that alone" $where $name $flag) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "ACKSM_METRICS_BIND_ADDRESS" "ACKSM_HEALTH_PROBE_BIND_ADDRESS" -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: take it out; ports and probes of the chart are those of the flag's default" $where $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.Values.envVarsFromSecret | default dict) "WATCH_NAMESPACE" -}}
{{- fail "envVarsFromSecret.WATCH_NAMESPACE: set command.watchNamespaces instead; the operator does not read this variable" -}}
{{- end -}}
{{- end -}}

{{/* Flags of the operator, one a line. */}}
{{- define "ack-secret-manager.arguments" -}}
{{- include "ack-secret-manager.refuseVariables" . -}}
{{- $command := deepCopy .Values.command -}}
{{- $_ := set $command "watchNamespaces" (include "ack-secret-manager.watchNamespaces" .) -}}
{{- if eq .Values.rbac.scope "Namespaced" -}}
{{- $_ := set $command "processClusterSecretStore" false -}}
{{- $_ := set $command "processClusterExternalSecret" false -}}
{{- end -}}
{{- $lease := include "ack-secret-manager.leaseName" . -}}
{{- if ne $lease "ack-secret-manager" }}{{ $_ := set $command "leaseName" $lease }}{{ end -}}
{{- range $key, $value := $command -}}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ end -}}
{{- with include "ack-secret-manager.text" $value }}
- {{ printf "--%s=%s" (kebabcase $key) . | quote }}
{{- end -}}
{{- end -}}
{{- end -}}
