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
{{- required "serviceAccount.create is false: set serviceAccount.name; otherwise the ServiceAccount \"default\", and so other pods of the namespace, would get the operator's permissions" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Pod selector, equal to the Go operator's chart because the selector of a Deployment is immutable. */}}
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

{{/* Body of the metadata of an object. Arguments: root, name, namespace (empty for none), given with labels and annotations, at for where the values set them. */}}
{{- define "ack-secret-manager.metadata" -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ toYaml . }}
{{- end }}
labels:
  {{- include "ack-secret-manager.objectLabels" . | nindent 2 }}
{{- with .given.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels of the chart, then those of the values. Arguments as above. */}}
{{- define "ack-secret-manager.objectLabels" -}}
{{- $own := include "ack-secret-manager.labels" .root -}}
{{- $own -}}
{{- $ours := fromYaml $own -}}
{{- range $where, $labels := dict .at .given.labels "commonLabels" .root.Values.commonLabels -}}
{{- range $label, $_ := $labels -}}
{{- if hasKey $ours $label -}}
{{- fail (printf "%s: the chart itself sets the label %s; choose another name" $where $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with merge (dict) (.given.labels | default dict) (.root.Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{/* Security context of a pod. */}}
{{- define "ack-secret-manager.podSecurity" -}}
{{- $default := dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532 "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- toYaml (mergeOverwrite $default (.Values.securityContext | default dict)) -}}
{{- end -}}

{{/* Security context of a container. */}}
{{- define "ack-secret-manager.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "ack-secret-manager.image" -}}
{{- if and (hasSuffix "acs/ack-secret-manager" .Values.image.repository) (hasPrefix "v0." (toString .Values.image.tag)) -}}
{{- fail "image: this is the image of the Go operator, from its values file; set image.repository and image.tag to this operator's image" -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Name of the Lease, which only the replicas of this release share. */}}
{{- define "ack-secret-manager.leaseName" -}}
{{- .Values.command.leaseName | default (include "ack-secret-manager.fullname" .) -}}
{{- end -}}

{{/* Names of the Leases of all shards, as JSON. Also of those above command.shards, because pods end after a change of their Role. */}}
{{- define "ack-secret-manager.leaseNames" -}}
{{- $first := include "ack-secret-manager.leaseName" . -}}
{{- $names := list $first -}}
{{- range $index := untilStep 1 16 1 -}}
{{- $names = append $names (printf "%s-%d" $first $index) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* Namespace of the Lease and of the digest key. */}}
{{- define "ack-secret-manager.ownNamespace" -}}
{{- .Values.command.leaderElectionNamespace | default .Release.Namespace -}}
{{- end -}}

{{/* "true" with leader election; fails for several replicas without it. */}}
{{- define "ack-secret-manager.elects" -}}
{{- if ne (toString .Values.command.leaderElect) "false" -}}
true
{{- else if gt (int .Values.replicaCount) 1 -}}
{{- fail "command.leaderElect is false: set replicaCount to 1, because every replica would be a leader" -}}
{{- end -}}
{{- end -}}

{{/* Normalizes a list of namespaces, or a text separated by commas, as the operator parses it. Arguments: given, and of for its name. */}}
{{- define "ack-secret-manager.namespaces" -}}
{{- $of := .of -}}
{{- $text := ternary (join "," .given) (include "ack-secret-manager.text" .given) (kindIs "slice" .given) -}}
{{- $text = $text | trimPrefix "\"" | trimSuffix "\"" -}}
{{- $names := list -}}
{{- range splitList "," $text -}}
{{- with trim . -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" .) -}}
{{- fail (printf "%s: %q is not a valid namespace name" $of .) -}}
{{- end -}}
{{- $names = append $names . | uniq -}}
{{- end -}}
{{- end -}}
{{- if and $text (not $names) -}}
{{- fail (printf "%s contains no namespace: leave it empty, or set at least one" $of) -}}
{{- else if gt (len $names) 64 -}}
{{- fail (printf "%s: %d namespaces, but the operator accepts at most 64" $of (len $names)) -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* Namespaces to watch, separated by commas: command.watchNamespaces, or the variable of the Go operator. */}}
{{- define "ack-secret-manager.watchNamespaces" -}}
{{- $ours := include "ack-secret-manager.namespaces" (dict "given" .Values.command.watchNamespaces "of" "command.watchNamespaces") -}}
{{- if $ours -}}
{{- $ours -}}
{{- else -}}
{{- include "ack-secret-manager.namespaces" (dict "given" (.Values.env).WATCH_NAMESPACE "of" "env.WATCH_NAMESPACE") -}}
{{- end -}}
{{- end -}}

{{/* Namespaces to skip, separated by commas. */}}
{{- define "ack-secret-manager.excludeNamespaces" -}}
{{- $names := include "ack-secret-manager.namespaces" (dict "given" .Values.command.excludeNamespaces "of" "command.excludeNamespaces") -}}
{{- $watched := include "ack-secret-manager.watchNamespaces" . | splitList "," -}}
{{- range splitList "," $names -}}
{{- if and . (has . $watched) -}}
{{- fail (printf "command.excludeNamespaces: %s is also in the watched namespaces; remove it from one of them" .) -}}
{{- end -}}
{{- end -}}
{{- $names -}}
{{- end -}}

{{/* Namespaces that get a Role; empty with a ClusterRole. */}}
{{- define "ack-secret-manager.roleNamespaces" -}}
{{- if eq .Values.rbac.scope "Namespaced" -}}
{{- if eq (toString .Values.command.enableCrossNamespaceSecretStore) "true" -}}
{{- fail "command.enableCrossNamespaceSecretStore watches the SecretStores of all namespaces, which rbac.scope Namespaced does not permit: disable it, or use rbac.scope Cluster" -}}
{{- end -}}
{{- required "rbac.scope Namespaced requires command.watchNamespaces" (include "ack-secret-manager.watchNamespaces" .) -}}
{{- end -}}
{{- end -}}

{{/* A value as text; empty if it is not set. */}}
{{- define "ack-secret-manager.text" -}}
{{- if not (kindIs "invalid" .) }}{{ ternary . (toJson .) (kindIs "string" .) }}{{ end -}}
{{- end -}}

{{/* Flags of the operator, one per line. */}}
{{- define "ack-secret-manager.arguments" -}}
{{- include "ack-secret-manager.refuseVariables" . -}}
{{- include "ack-secret-manager.refuseHalfProvider" . -}}
{{- include "ack-secret-manager.refuseTwoIdentities" . -}}
{{- $command := deepCopy .Values.command -}}
{{- range $flag := list "watchNamespaces" "excludeNamespaces" -}}
{{- $_ := set $command $flag (include (printf "ack-secret-manager.%s" $flag) $) -}}
{{- end -}}
{{- if eq .Values.rbac.scope "Namespaced" -}}
{{- $_ := set $command "processClusterSecretStore" false -}}
{{- $_ := set $command "processClusterExternalSecret" false -}}
{{- end -}}
{{- if eq (int .Values.ports.metrics) (int .Values.ports.health) -}}
{{- fail (printf "ports.metrics and ports.health are both %d: choose two ports" (int .Values.ports.metrics)) -}}
{{- end -}}
{{- if ne (int .Values.ports.metrics) 8080 }}{{ $_ := set $command "metricsBindAddress" (printf ":%d" (int .Values.ports.metrics)) }}{{ end -}}
{{- if ne (int .Values.ports.health) 8081 }}{{ $_ := set $command "healthProbeBindAddress" (printf ":%d" (int .Values.ports.health)) }}{{ end -}}
{{- if .Values.hintTarget.tokenSecretRef.name -}}
{{- range $port := list "metrics" "health" -}}
{{- if eq (int $.Values.ports.hints) (int (get $.Values.ports $port)) -}}
{{- fail (printf "ports.hints and ports.%s are both %d: choose two ports" $port (int $.Values.ports.hints)) -}}
{{- end -}}
{{- end -}}
{{- range $flag := list "hintHttpUrl" "hintHttpAccount" -}}
{{- if not (get $command $flag) -}}
{{- fail (printf "hintTarget.tokenSecretRef: set command.%s as well" $flag) -}}
{{- end -}}
{{- end -}}
{{- if gt (int (default 1 $command.shards)) 1 -}}
{{- fail "hintTarget.tokenSecretRef: not with command.shards, because a request reaches one shard only; use command.hintQueue" -}}
{{- end -}}
{{- $_ := set $command "hintHttpBindAddress" (printf ":%d" (int .Values.ports.hints)) -}}
{{- $_ := set $command "hintHttpTokenFile" "/var/run/secrets/hint-target/token" -}}
{{- else -}}
{{- range $flag := list "hintHttpUrl" "hintHttpAccount" "hintHttpTokenFile" "hintHttpCertificateEndpoint" -}}
{{- if get $command $flag -}}
{{- fail (printf "command.%s: set hintTarget.tokenSecretRef.name as well, the Secret with the signature token of the target" $flag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (include "ack-secret-manager.flag" (dict "root" . "flag" "hintQueue")) -}}
{{- range $flag := list "hintEndpoint" "pollingIntervalWithPush" -}}
{{- if get $command $flag -}}
{{- fail (printf "command.%s: set command.hintQueue as well" $flag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $lease := include "ack-secret-manager.leaseName" . -}}
{{- if ne $lease "ack-secret-manager" }}{{ $_ := set $command "leaseName" $lease }}{{ end -}}
{{- with $command.aliuid }}{{ $_ := set $command "uid" (default . $command.uid) }}{{ end -}}
{{- range $key, $value := omit $command "aliuid" -}}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ end -}}
{{- with include "ack-secret-manager.text" $value }}
- {{ printf "--%s=%s" (kebabcase $key) . | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Objects of this release by namespace, as KIND/NAME, in JSON. Without CRDs; cluster-scoped objects are under the release's namespace. */}}
{{- define "ack-secret-manager.objects" -}}
{{- $found := dict -}}
{{- range $file := list "deployment" "service" "hint-service" "poddisruptionbudget" "serviceaccount" "rbac" "rbac-aggregate" "rbac-restart" "networkpolicy" "dashboard" "servicemonitor" "prometheusrule" "extra-objects" -}}
{{- range splitList "\n---" (include (printf "%s/%s.yaml" $.Template.BasePath $file) $) -}}
{{- with fromYaml . -}}
{{- $namespace := .metadata.namespace | default $.Release.Namespace -}}
{{- $_ := set $found $namespace (append (get $found $namespace | default list) (printf "%s/%s" (lower .kind) .metadata.name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if include "ack-secret-manager.elects" . -}}
{{- $namespace := include "ack-secret-manager.ownNamespace" . -}}
{{- $names := include "ack-secret-manager.leaseNames" . | fromJsonArray -}}
{{- range $name := slice $names 0 (min 16 (int (default 1 .Values.command.shards))) -}}
{{- $_ := set $found $namespace (append (get $found $namespace | default list) (printf "lease/%s" $name)) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
