import { commandSchema } from './command-schema.ts'
import type { JsonSchema } from './json-schema.ts'

const text: JsonSchema = { type: ['string', 'null'] }
const bool: JsonSchema = { type: 'boolean' }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const labels: JsonSchema = { type: ['object', 'null'], additionalProperties: { type: 'string' } }
/** Values that Kubernetes validates. */
const anything: JsonSchema = { type: ['object', 'null'] }
const list: JsonSchema = { type: ['array', 'null'] }

/** Characters allowed in a rule without quotes, and before a fragment. */
const URL_PATTERN = '^(https?://[^\\s#"\'{}]+)?$'

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', additionalProperties: false, properties }
}

/** Schema of the chart's values, so that helm rejects misspelt values. */
export function valuesSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...object({
      // Helm adds these values.
      global: anything,
      command: commandSchema(),
      env: { type: ['object', 'null'], additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
      envVarsFromSecret: {
        type: ['object', 'null'],
        additionalProperties: {
          ...object({ secretKeyRef: { type: 'string' }, key: { type: 'string' } }),
          required: ['secretKeyRef', 'key'],
        },
      },
      proxy: object({
        // A password in a values file would also be in the release and in the pod.
        httpsProxy: { type: ['string', 'null'], pattern: '^(https?://[^@/\\s]+/?)?$' },
        noProxy: { type: ['string', 'array', 'null'], items: { type: 'string', pattern: '^[^,\\s]+$' } },
        secretRef: object({ name: text, key: text }),
      }),
      rrsa: object({
        enable: bool,
        audience: { type: 'string' },
        expirationSeconds: { type: 'integer', minimum: 600 },
      }),
      rbac: object({
        create: bool,
        scope: { enum: ['Cluster', 'Namespaced'] },
        restartWorkloads: bool,
        serviceAccountTokens: bool,
      }),
      serviceAccount: object({ create: bool, annotations: labels, name: text }),
      crds: object({ install: bool }),
      replicaCount: count,
      image: object({
        repository: { type: 'string' },
        tag: text,
        digest: { type: ['string', 'null'], pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      // The Go operator's chart has a Job that cleans up before an uninstall; this chart needs none.
      cleanupImage: anything,
      imagePullSecrets: list,
      nameOverride: text,
      fullnameOverride: text,
      podAnnotations: labels,
      podLabels: labels,
      securityContext: anything,
      resources: anything,
      nodeSelector: labels,
      tolerations: list,
      affinity: anything,
      topologySpreadConstraints: list,
      priorityClassName: text,
      terminationGracePeriodSeconds: count,
      extraVolumes: list,
      extraVolumeMounts: list,
      podDisruptionBudget: object({ create: bool, maxUnavailable: { type: ['integer', 'string'] } }),
      metrics: object({
        service: object({ create: bool }),
        serviceMonitor: object({ create: bool, interval: { type: 'string' }, labels }),
        prometheusRule: object({ create: bool, labels, runbookUrl: { type: 'string', pattern: URL_PATTERN } }),
        dashboard: object({ create: bool, labels }),
      }),
      networkPolicy: object({ create: bool, metricsFrom: list, apiServerPorts: list, endpointPorts: list }),
    }),
  }
}
