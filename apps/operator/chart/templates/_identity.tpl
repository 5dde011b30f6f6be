{{/* A flag from command or from a variable; empty if it is not set. Arguments: root and flag. */}}
{{- define "ack-secret-manager.flag" -}}
{{- $name := printf "ACKSM_%s" (snakecase .flag | upper) -}}
{{- $command := .root.Values.command -}}
{{- $found := get $command .flag -}}
{{- /* The Go operator's chart has another name for it. */ -}}
{{- if eq .flag "uid" }}{{ $found = default (get $command "aliuid") $found }}{{ end -}}
{{- range include "ack-secret-manager.variables" .root | fromJson -}}
{{- if not (include "ack-secret-manager.text" $found) }}{{ $found = get . $name }}{{ end -}}
{{- end -}}
{{- include "ack-secret-manager.text" $found -}}
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
{{- $set := dict -}}
{{- range include "ack-secret-manager.variables" (first .) | fromJson }}{{ $set = merge $set . }}{{ end -}}
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
