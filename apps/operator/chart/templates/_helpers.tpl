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

{{/* A flag from command or from a variable; empty if it is not set. Arguments: root and flag. */}}
{{- define "ack-secret-manager.flag" -}}
{{- $name := printf "ACKSM_%s" (snakecase .flag | upper) -}}
{{- $values := .root.Values -}}
{{- $found := get $values.command .flag -}}
{{- range list $values.env $values.envVarsFromSecret -}}
{{- if not (include "ack-secret-manager.text" $found) }}{{ $found = get (. | default dict) $name }}{{ end -}}
{{- end -}}
{{- include "ack-secret-manager.text" $found -}}
{{- end -}}

{{/* Rejects variables for flags that templates evaluate, because templates only read command. */}}
{{- define "ack-secret-manager.refuseVariables" -}}
{{- $flags := list "enableCrossNamespaceSecretStore" "enableWorkerRole" "leaderElect" "leaderElectionNamespace" "leaseName" "metricsPerResource" "processClusterExternalSecret" "processClusterSecretStore" "watchNamespaces" -}}
{{- range $where := list "env" "envVarsFromSecret" -}}
{{- $given := index $.Values $where | default dict -}}
{{- range $flag := $flags -}}
{{- $name := printf "ACKSM_%s" (snakecase $flag | upper) -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: set command.%s instead; permissions and other objects of the chart depend only on it" $where $name $flag) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "ACKSM_METRICS_BIND_ADDRESS" "ACKSM_HEALTH_PROBE_BIND_ADDRESS" -}}
{{- if include "ack-secret-manager.text" (get $given $name) -}}
{{- fail (printf "%s.%s: remove it; ports and probes of the chart use the flag's default" $where $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.Values.envVarsFromSecret | default dict) "WATCH_NAMESPACE" -}}
{{- fail "envVarsFromSecret.WATCH_NAMESPACE: set command.watchNamespaces instead; the operator does not read this variable" -}}
{{- end -}}
{{- end -}}

{{/* Rejects an incomplete OIDC provider, with which the operator would not start. */}}
{{- define "ack-secret-manager.refuseHalfProvider" -}}
{{- $uid := include "ack-secret-manager.flag" (dict "root" . "flag" "uid") -}}
{{- $cluster := include "ack-secret-manager.flag" (dict "root" . "flag" "clusterId") -}}
{{- if ne (empty $uid) (empty $cluster) -}}
{{- fail "command.uid and command.clusterId together select the OIDC provider of the cluster: set both or neither" -}}
{{- end -}}
{{- end -}}

{{/* Name of the first variable that is set. Argument: a list of root and the names. */}}
{{- define "ack-secret-manager.variable" -}}
{{- $values := (first .).Values -}}
{{- $set := merge (dict) ($values.env | default dict) ($values.envVarsFromSecret | default dict) -}}
{{- $found := "" -}}
{{- range rest . -}}
{{- if and (not $found) (get $set .) }}{{ $found = . }}{{ end -}}
{{- end -}}
{{- $found -}}
{{- end -}}

{{/* Rejects two operator identities without a choice, with which the operator would not start. Uncertain cases are left to the operator. */}}
{{- define "ack-secret-manager.refuseTwoIdentities" -}}
{{- $choice := include "ack-secret-manager.flag" (dict "root" . "flag" "ownIdentity") -}}
{{- $cluster := include "ack-secret-manager.flag" (dict "root" . "flag" "clusterId") -}}
{{- $isNode := eq (toString .Values.command.enableWorkerRole) "true" -}}
{{- $key := include "ack-secret-manager.variable" (list . "ALIBABA_CLOUD_ACCESS_KEY_ID" "ACCESS_KEY_ID") -}}
{{- $oidc := include "ack-secret-manager.variable" (list . "ALIBABA_CLOUD_OIDC_PROVIDER_ARN" "ALICLOUD_OIDC_PROVIDER_ARN" "ALIBABA_CLOUD_OIDC_TOKEN_FILE" "ALICLOUD_OIDC_TOKEN_FILE") -}}
{{- $role := include "ack-secret-manager.variable" (list . "ALIBABA_CLOUD_ROLE_ARN" "ALICLOUD_ROLE_ARN") -}}
{{- /* A webhook that reads the ServiceAccount's annotations may add variables with a provider. */ -}}
{{- $seesAll := and .Values.serviceAccount.create (not .Values.serviceAccount.annotations) -}}
{{- $two := list -}}
{{- if and $key $oidc -}}
{{- $two = list $key $oidc -}}
{{- else if and $role $cluster $isNode $seesAll (not (or $key $oidc)) -}}
{{- $two = list "command.clusterId" "command.enableWorkerRole" -}}
{{- end -}}
{{- if and (eq $choice "worker-role") (not $isNode) -}}
{{- fail "command.ownIdentity worker-role: requires command.enableWorkerRole" -}}
{{- else if and $two (not $choice) -}}
{{- fail (printf "%s configure two different identities: keep one of them, or choose one by command.ownIdentity" (join " and " $two)) -}}
{{- end -}}
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
{{- $lease := include "ack-secret-manager.leaseName" . -}}
{{- if ne $lease "ack-secret-manager" }}{{ $_ := set $command "leaseName" $lease }}{{ end -}}
{{- range $key, $value := $command -}}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ end -}}
{{- with include "ack-secret-manager.text" $value }}
- {{ printf "--%s=%s" (kebabcase $key) . | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Objects of this release by namespace, as KIND/NAME, in JSON. Without CRDs; cluster-scoped objects are under the release's namespace. */}}
{{- define "ack-secret-manager.objects" -}}
{{- $found := dict -}}
{{- range $file := list "deployment" "service" "poddisruptionbudget" "serviceaccount" "rbac" "rbac-restart" "networkpolicy" "dashboard" "servicemonitor" "prometheusrule" -}}
{{- range splitList "\n---" (include (printf "%s/%s.yaml" $.Template.BasePath $file) $) -}}
{{- with fromYaml . -}}
{{- $namespace := .metadata.namespace | default $.Release.Namespace -}}
{{- $_ := set $found $namespace (append (get $found $namespace | default list) (printf "%s/%s" (lower .kind) .metadata.name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if include "ack-secret-manager.elects" . -}}
{{- $namespace := include "ack-secret-manager.ownNamespace" . -}}
{{- $_ := set $found $namespace (append (get $found $namespace | default list) (printf "lease/%s" (include "ack-secret-manager.leaseName" .))) -}}
{{- end -}}
{{- toJson $found -}}
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
{{- range $where := list "env" "envVarsFromSecret" -}}
{{- range $name := list "HTTPS_PROXY" "https_proxy" "NO_PROXY" "no_proxy" -}}
{{- if include "ack-secret-manager.text" (get (index $.Values $where | default dict) $name) -}}
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
