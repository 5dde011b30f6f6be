import type { z } from 'zod'
import { clusterExternalSecretSpecSchema } from './cluster-external-secret/cluster-external-secret-spec.ts'
import { clusterExternalSecretStatusSchema } from './cluster-external-secret/cluster-external-secret-status.ts'
import { externalSecretSpecSchema } from './external-secret/external-secret-spec.ts'
import { externalSecretStatusSchema } from './external-secret/external-secret-status.ts'
import { API_VERSION } from './names.ts'
import { age, message, type PrinterColumn, ready } from './printer-columns.ts'
import { pushSecretSpecSchema } from './push-secret/push-secret-spec.ts'
import { pushSecretStatusSchema } from './push-secret/push-secret-status.ts'
import { PLURALS } from './resource-path.ts'
import { clusterSecretStoreSpecSchema, secretStoreSpecSchema } from './stores/secret-store-spec.ts'
import { anyOf, SERVICE_NAMES } from './stores/store-services.ts'
import { secretStoreStatusSchema } from './stores/secret-store-status.ts'

/** Definition of a kind, from which its CRD and reference page are generated. */
export interface KindDefinition {
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly shortNames: readonly string[]
  readonly description: string
  readonly spec: z.ZodType
  readonly status: z.ZodType
  readonly columns: readonly PrinterColumn[]
  /** A manifest for the reference page. */
  readonly example: unknown
}

const store: readonly PrinterColumn[] = [
  ...ready,
  {
    name: 'Provider',
    type: 'string',
    description: `Service that holds the secrets: ${anyOf(SERVICE_NAMES)}.`,
    jsonPath: '.status.provider',
  },
  {
    name: 'Identity',
    type: 'string',
    description: 'Identity with which the store reads.',
    jsonPath: '.status.identity.principal',
  },
  {
    name: 'Endpoint',
    type: 'string',
    description: 'Endpoint of the store.',
    jsonPath: '.status.endpoint',
    priority: 1,
  },
  message,
]

const externalSecret = {
  kind: 'ExternalSecret',
  plural: PLURALS.ExternalSecret,
  singular: 'externalsecret',
  scope: 'Namespaced',
  // External Secrets Operator, which may run in the same cluster, uses `es`.
  shortNames: ['aes'],
  description: 'Mirrors secrets of Alibaba Cloud KMS into one Secret in the same namespace.',
  spec: externalSecretSpecSchema,
  status: externalSecretStatusSchema,
  columns: [
    ...ready,
    { name: 'Target', type: 'string', description: 'Name of the Secret.', jsonPath: '.status.target.name' },
    {
      name: 'Keys',
      type: 'integer',
      description: 'Number of its keys that the operator manages.',
      jsonPath: '.status.target.keyCount',
    },
    {
      name: 'Changed',
      type: 'date',
      description: 'Time since the operator last wrote the Secret.',
      jsonPath: '.status.target.lastChangeTime',
    },
    {
      name: 'Store',
      type: 'string',
      description: 'Store of the first entry.',
      jsonPath: '.spec.data[0].secretStoreRef.name',
      priority: 1,
    },
    {
      name: 'Interval',
      type: 'string',
      description: 'Refresh interval, if the resource sets one.',
      jsonPath: '.spec.rotationInterval',
      priority: 1,
    },
    message,
    age,
  ],
  example: {
    apiVersion: API_VERSION,
    kind: 'ExternalSecret',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      rotationInterval: '60s',
      data: [
        { key: 'app/db', name: 'password', secretStoreRef: { name: 'kms' } },
        {
          key: 'app/users',
          jmesPath: [{ path: 'admin.name', objectAlias: 'admin' }],
          secretStoreRef: { name: 'kms' },
        },
      ],
      dataProcess: [
        {
          extract: { key: 'app/config', secretStoreRef: { name: 'kms' } },
          replaceRule: [{ source: '^db_', target: 'DB_' }],
        },
      ],
      target: { name: 'web-credentials' },
    },
  },
} as const satisfies KindDefinition

const secretStore = {
  kind: 'SecretStore',
  plural: PLURALS.SecretStore,
  singular: 'secretstore',
  scope: 'Namespaced',
  shortNames: ['asts'],
  description: 'An Alibaba Cloud endpoint that holds secrets, and the identity with which they are read.',
  spec: secretStoreSpecSchema,
  status: secretStoreStatusSchema,
  columns: [...store, age],
  example: {
    apiVersion: API_VERSION,
    kind: 'SecretStore',
    metadata: { name: 'kms', namespace: 'default' },
    spec: {
      KMS: {
        region: 'cn-hangzhou',
        KMSAuth: {
          accessKey: { name: 'alibaba-credentials', key: 'ak' },
          accessKeySecret: { name: 'alibaba-credentials', key: 'sk' },
        },
      },
    },
  },
} as const satisfies KindDefinition

const clusterSecretStore = {
  kind: 'ClusterSecretStore',
  plural: PLURALS.ClusterSecretStore,
  singular: 'clustersecretstore',
  scope: 'Cluster',
  shortNames: ['css'],
  description: 'A SecretStore for all namespaces, or for the namespaces that its conditions select.',
  spec: clusterSecretStoreSpecSchema,
  status: secretStoreStatusSchema,
  columns: [...store, age],
  example: {
    apiVersion: API_VERSION,
    kind: 'ClusterSecretStore',
    metadata: { name: 'shared' },
    spec: {
      KMS: {
        KMSAuth: {
          serviceAccountRef: { name: 'secrets-reader', namespace: 'platform' },
          oidcProviderARN: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c123',
        },
      },
      conditions: [{ namespaceSelector: { matchLabels: { team: 'payments' } }, namespaces: ['shop'] }],
      allow: [{ namespaces: ['shop'], secrets: ['shop/**'] }, { secrets: ['shared/*'] }],
    },
  },
} as const satisfies KindDefinition

const clusterExternalSecret = {
  kind: 'ClusterExternalSecret',
  plural: PLURALS.ClusterExternalSecret,
  singular: 'clusterexternalsecret',
  scope: 'Cluster',
  shortNames: ['ces'],
  description: 'The same ExternalSecret in every namespace, or in selected namespaces.',
  spec: clusterExternalSecretSpecSchema,
  status: clusterExternalSecretStatusSchema,
  columns: [
    ...ready,
    {
      name: 'Name',
      type: 'string',
      description: 'Name of the ExternalSecrets.',
      jsonPath: '.status.externalSecretName',
    },
    message,
    age,
  ],
  example: {
    apiVersion: API_VERSION,
    kind: 'ClusterExternalSecret',
    metadata: { name: 'registry' },
    spec: {
      conditions: [
        { namespaceSelector: { matchLabels: { team: 'payments' } } },
        { namespaces: ['shop'], namespaceRegexes: ['preview-.*'] },
      ],
      externalSecretMetadata: { labels: { team: 'platform' } },
      externalSecretSpec: {
        type: 'kubernetes.io/dockerconfigjson',
        data: [
          {
            key: 'shared/registry',
            name: '.dockerconfigjson',
            secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' },
          },
        ],
      },
    },
  },
} as const satisfies KindDefinition

const pushSecret = {
  kind: 'PushSecret',
  plural: PLURALS.PushSecret,
  singular: 'pushsecret',
  scope: 'Namespaced',
  // External Secrets Operator, which may run in the same cluster, uses `ps`.
  shortNames: ['aps'],
  description: 'Pushes a Secret to Alibaba Cloud KMS. Requires `--process-push-secret`.',
  spec: pushSecretSpecSchema,
  status: pushSecretStatusSchema,
  columns: [
    ...ready,
    { name: 'Secret', type: 'string', description: 'Name of the Secret.', jsonPath: '.spec.selector.name' },
    {
      name: 'Store',
      type: 'string',
      description: 'Store to write to.',
      jsonPath: '.spec.secretStoreRef.name',
      priority: 1,
    },
    message,
    age,
  ],
  example: {
    apiVersion: API_VERSION,
    kind: 'PushSecret',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      secretStoreRef: { name: 'kms' },
      selector: { name: 'web-credentials' },
      data: [{ key: 'shop/web' }, { key: 'shop/{{ .name }}-password', secretKey: 'password' }],
      deletionPolicy: 'Delete',
    },
  },
} as const satisfies KindDefinition

/** All kinds, in the order of the documentation. */
export const kinds = [externalSecret, secretStore, clusterSecretStore, clusterExternalSecret, pushSecret] as const
