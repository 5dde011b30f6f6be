import { commandSchema } from './command-schema.ts'
import { inWords, type JsonSchema } from './json-schema.ts'

const text: JsonSchema = { type: ['string', 'null'] }
const bool: JsonSchema = { type: 'boolean' }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const labels: JsonSchema = { type: ['object', 'null'], additionalProperties: { type: 'string' } }
const metadata = { labels, annotations: labels } as const
/** Values that Kubernetes validates. */
const anything: JsonSchema = { type: ['object', 'null'] }
const list: JsonSchema = { type: ['array', 'null'] }

/** Objects that Kubernetes validates. */
const objects: JsonSchema = { type: ['array', 'null'], items: { type: 'object' } }
const port: JsonSchema = { type: 'integer', minimum: 1, maximum: 65_535 }
/** Text that is empty or matches. */
const matching = (pattern: string, words: string): JsonSchema => ({ ...text, ...inWords(words, { pattern }) })
const namespace = matching('^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$', 'the name of a namespace, or empty')
const seconds = (minimum: number): JsonSchema => ({ type: 'integer', minimum })
/** Timing of a probe; what it asks is fixed. */
const probe: JsonSchema = {
  ...object({
    initialDelaySeconds: seconds(0),
    periodSeconds: seconds(1),
    timeoutSeconds: seconds(1),
    failureThreshold: seconds(1),
    successThreshold: seconds(1),
    terminationGracePeriodSeconds: seconds(1),
  }),
  type: ['object', 'null'],
}
/** A duration of Prometheus. */
const promDuration = matching('^([0-9]+(ms|[smhdwy]))*$', 'a duration of Prometheus, such as 30s or 1m30s')

/** Characters allowed in a rule without quotes, and before a fragment. */
const URL_PATTERN = '^(https?://[^\\s#"\'{}]+)?$'

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', additionalProperties: false, properties }
}

/** Flags and variables of the operator. */
const environment: Readonly<Record<string, JsonSchema>> = {
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
  extraEnv: {
    type: ['array', 'null'],
    items: {
      ...object({
        name: {
          type: 'string',
          ...inWords('the name of a variable: letters, digits, _, - and ., not a digit first', {
            pattern: '^[-._a-zA-Z][-._a-zA-Z0-9]*$',
          }),
        },
        value: { type: ['string', 'number', 'boolean', 'null'] },
        valueFrom: { type: 'object' },
      }),
      required: ['name'],
    },
  },
  proxy: object({
    // A password in a values file would also be in the release and in the pod.
    httpsProxy: matching(
      '^(https?://[^@/\\s]+/?)?$',
      'http://HOST:PORT or https://HOST:PORT; with a user and a password use proxy.secretRef',
    ),
    noProxy: {
      type: ['string', 'array', 'null'],
      items: { type: 'string', ...inWords('one host, without commas and spaces', { pattern: '^[^,\\s]+$' }) },
    },
    secretRef: object({ name: text, key: text }),
  }),
  hintTarget: object({ tokenSecretRef: object({ name: text, key: text }), service: object(metadata) }),
  rrsa: object({
    enable: bool,
    audience: { type: 'string' },
    expirationSeconds: { type: 'integer', minimum: 600 },
  }),
}

/** Objects other than the Deployment. */
const release: Readonly<Record<string, JsonSchema>> = {
  rbac: object({
    create: bool,
    scope: { enum: ['Cluster', 'Namespaced'] },
    restartWorkloads: bool,
    serviceAccountTokens: bool,
    aggregate: object({ view: bool, edit: bool, admin: bool }),
    ...metadata,
  }),
  serviceAccount: object({ create: bool, ...metadata, name: text }),
  crds: object({
    install: bool,
    createExternalSecret: bool,
    createSecretStore: bool,
    createClusterSecretStore: bool,
    createClusterExternalSecret: bool,
    createPushSecret: bool,
    ...metadata,
  }),
  nameOverride: text,
  fullnameOverride: text,
  commonLabels: labels,
  extraObjects: { type: ['array', 'null'], items: { type: ['object', 'string'] } },
  podDisruptionBudget: object({ create: bool, maxUnavailable: { type: ['integer', 'string'] }, ...metadata }),
  networkPolicy: object({
    create: bool,
    metricsFrom: objects,
    hintsFrom: objects,
    apiServerPorts: { ...list, items: port },
    endpointPorts: { ...list, items: port },
    ...metadata,
  }),
}

/** The Deployment. */
const deployment: Readonly<Record<string, JsonSchema>> = {
  replicaCount: count,
  image: object({
    repository: { type: 'string' },
    tag: text,
    digest: matching('^(sha256:[0-9a-f]{64})?$', 'sha256: and 64 hexadecimal digits, or empty'),
    pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
  }),
  // The Go operator's chart has a Job that cleans up before an uninstall; this chart needs none.
  cleanupImage: anything,
  imagePullSecrets: list,
  deploymentLabels: labels,
  deploymentAnnotations: labels,
  revisionHistoryLimit: count,
  strategy: anything,
}

/** Its pods. */
const pod: Readonly<Record<string, JsonSchema>> = {
  podLabels: labels,
  podAnnotations: labels,
  livenessProbe: probe,
  readinessProbe: probe,
  hostNetwork: bool,
  ports: object({ metrics: port, health: port, hints: port }),
  dnsPolicy: { enum: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None', '', null] },
  dnsConfig: anything,
  securityContext: anything,
  resources: anything,
  nodeSelector: labels,
  tolerations: list,
  affinity: anything,
  topologySpreadConstraints: list,
  priorityClassName: text,
  terminationGracePeriodSeconds: count,
  extraVolumes: objects,
  extraVolumeMounts: objects,
  extraInitContainers: objects,
  extraContainers: objects,
}

const metrics = object({
  service: object({ create: bool, ...metadata }),
  serviceMonitor: object({
    create: bool,
    namespace,
    interval: promDuration,
    scrapeTimeout: promDuration,
    relabelings: objects,
    metricRelabelings: objects,
    ...metadata,
  }),
  prometheusRule: object({
    create: bool,
    namespace,
    runbookUrl: matching(URL_PATTERN, 'a URL that starts with http:// or https://, or empty'),
    ...metadata,
  }),
  dashboard: object({ create: bool, namespace, ...metadata }),
})

/** Schema of the chart's values, so that helm rejects misspelt values. */
export function valuesSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...object({ ...environment, ...release, ...deployment, ...pod, metrics }),
  }
}
