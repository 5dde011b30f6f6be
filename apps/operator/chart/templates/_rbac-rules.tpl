{{/* "true" if a cluster-wide kind is enabled. Arguments: root, and the flag that disables it. */}}
{{- define "ack-secret-manager.processes" -}}
{{- $given := toString (dig .flag "" (.root.Values.command | default dict)) -}}
{{- if and (eq .root.Values.rbac.scope "Cluster") (ne $given "false") }}true{{ end -}}
{{- end -}}

{{/* "true" if PushSecrets are enabled. */}}
{{- define "ack-secret-manager.pushes" -}}
{{- if eq (toString (dig "processPushSecret" "" (.Values.command | default dict))) "true" }}true{{ end -}}
{{- end -}}

{{/* Permissions in each managed namespace. */}}
{{- define "ack-secret-manager.namespaceRules" -}}
# Read the resources. Patch them only to remove the Go operator's finalizer, which would block their deletion.
- apiGroups: [alibabacloud.com]
  resources: [externalsecrets, secretstores]
  verbs: [list, watch, patch]
# Write statuses.
- apiGroups: [alibabacloud.com]
  resources: [externalsecrets/status, secretstores/status]
  verbs: [patch]
# Secrets: get for credentials, templates, comparisons and PushSecrets; list and watch metadata only; delete when a target is
# renamed, recreated, or deleted with its KMS secrets.
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
# ConfigMaps with templates: get by name; list and watch by name, metadata only.
- apiGroups: ['']
  resources: [configmaps]
  verbs: [get, list, watch]
{{- if include "ack-secret-manager.pushes" . }}
# Read PushSecrets. Patch them to add and remove the finalizer that lets their KMS secrets be deleted first.
- apiGroups: [alibabacloud.com]
  resources: [pushsecrets]
  verbs: [list, watch, patch]
- apiGroups: [alibabacloud.com]
  resources: [pushsecrets/status]
  verbs: [patch]
{{- end }}
{{- if .Values.rbac.serviceAccountTokens }}
# ServiceAccounts that stores use: read their role and UID, and request tokens for STS.
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [get, list, watch]
- apiGroups: ['']
  resources: [serviceaccounts/token]
  verbs: [create]
{{- end }}
# Create events, and patch the count of repeated ones.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* Cluster-wide permissions. */}}
{{- define "ack-secret-manager.clusterRules" -}}
{{- $stores := include "ack-secret-manager.processes" (dict "root" . "flag" "processClusterSecretStore") -}}
{{- $secrets := include "ack-secret-manager.processes" (dict "root" . "flag" "processClusterExternalSecret") -}}
{{- if $stores }}
- apiGroups: [alibabacloud.com]
  resources: [clustersecretstores]
  verbs: [list, watch, patch]
- apiGroups: [alibabacloud.com]
  resources: [clustersecretstores/status]
  verbs: [patch]
{{- end }}
{{- if $secrets }}
- apiGroups: [alibabacloud.com]
  resources: [clusterexternalsecrets]
  verbs: [list, watch, patch]
- apiGroups: [alibabacloud.com]
  resources: [clusterexternalsecrets/status]
  verbs: [patch]
# Create the ExternalSecrets of ClusterExternalSecrets.
- apiGroups: [alibabacloud.com]
  resources: [externalsecrets]
  verbs: [get, create, update, delete]
{{- end }}
{{- if or $stores $secrets }}
# Labels of namespaces, for namespace selectors.
- apiGroups: ['']
  resources: [namespaces]
  verbs: [list, watch]
{{- end }}
{{- end -}}

{{/* Permissions in the namespace of the Lease and the digest key. */}}
{{- define "ack-secret-manager.ownRules" -}}
{{- if include "ack-secret-manager.elects" . }}
# The Leases of all shards, also of those with another number of shards. RBAC cannot limit these verbs to names.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create, list, watch]
# The Leases of up to 16 shards.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: {{ include "ack-secret-manager.leaseNames" . }}
  verbs: [get, update]
{{- end }}
{{- if eq .Values.rbac.scope "Namespaced" }}
# The key of the value digests.
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [ack-secret-manager-digest-key]
  verbs: [get]
{{- end }}
{{- end -}}

{{/* For spec.restart only, because permission to patch workloads allows running any code. */}}
{{- define "ack-secret-manager.restartRules" -}}
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, patch]
{{- end -}}

{{/* A role and its binding to the operator. Arguments: root, kind, name, namespace (of a Role) and rules. */}}
{{- define "ack-secret-manager.grant" -}}
{{- $root := .root -}}
{{- $place := . -}}
{{- range $kind := list .kind (printf "%sBinding" .kind) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  {{- include "ack-secret-manager.metadata" (dict "root" $root "name" $place.name "namespace" $place.namespace "given" $root.Values.rbac "at" "rbac.labels") | nindent 2 }}
{{- if eq $kind $place.kind }}
rules:
  {{- $place.rules | trim | nindent 2 }}
{{- else }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $place.kind }}
  name: {{ $place.name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "ack-secret-manager.serviceAccountName" $root }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}
{{- end }}
{{- end -}}
