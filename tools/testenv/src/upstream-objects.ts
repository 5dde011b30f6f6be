import type { Manifest } from './manifests.ts'

/** Finalizer that the Go operator adds to its resources. */
export const UPSTREAM_FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'

/** An object that the Go operator has written. */
export interface LeftObject extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly finalizers?: readonly string[]
    readonly ownerReferences?: readonly object[]
  }
  readonly spec?: object
  readonly status?: object
}

/** Versions of the Go operator with different statuses. */
export type UpstreamVersion = 'v0.5' | 'v0.6'

const text = { type: 'string' }
const time = { type: 'string', format: 'date-time' }
const list = (properties: object): object => ({ type: 'array', items: { type: 'object', properties } })
const condition = { type: text, status: text, reason: text, message: text, lastTransitionTime: time }
const storeStatus = {
  conditions: list({ ...condition, observedGeneration: { type: 'integer', format: 'int64' } }),
  capabilities: text,
}
const STATUSES: Readonly<Record<string, object>> = {
  ExternalSecret: {
    dataSyncResults: list({ ExternalSecretKey: text, status: text, reason: text, synchronizationTime: time }),
  },
  SecretStore: storeStatus,
  ClusterSecretStore: storeStatus,
  ClusterExternalSecret: {
    externalSecretName: text,
    provisionedNamespaces: { type: 'array', items: text },
    failedNamespaces: list({ namespace: text, reason: text }),
    conditions: list(condition),
  },
}
const SHORT_NAMES: Readonly<Record<string, string>> = { ClusterSecretStore: 'css', ClusterExternalSecret: 'ces' }

/** CRDs with the names and statuses of the Go operator. */
export function upstreamCrds(version: UpstreamVersion): Manifest[] {
  const kinds = Object.keys(STATUSES).filter((kind) => version === 'v0.6' || !kind.startsWith('Cluster'))
  return kinds.map((kind) => {
    const singular = kind.toLowerCase()
    const cluster = SHORT_NAMES[kind]
    const status = version === 'v0.6' ? { type: 'object', properties: STATUSES[kind] } : { type: 'object' }
    const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${singular}s.alibabacloud.com` },
      spec: {
        group: 'alibabacloud.com',
        names: {
          kind,
          listKind: `${kind}List`,
          plural: `${singular}s`,
          singular,
          ...(cluster === undefined ? {} : { categories: ['external-secrets'], shortNames: [cluster] }),
        },
        scope: cluster === undefined ? 'Namespaced' : 'Cluster',
        versions: [
          {
            name: 'v1alpha1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
          },
        ],
      },
    }
  })
}

const TIME = '2025-03-01T08:00:00Z'

function resource(kind: string, name: string, spec: object, status: object): LeftObject {
  return {
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind,
    metadata: { name, finalizers: [UPSTREAM_FINALIZER] },
    spec,
    status,
  }
}

/** A store that both versions support, with its status. */
export function leftStore(kind: string, name: string, namespace: string, version: UpstreamVersion): LeftObject {
  const ref = (key: string): object => ({ name: 'kms-key', namespace, key })
  const spec = { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } }
  const said = { reason: 'Valid', message: 'store validated', lastTransitionTime: TIME, observedGeneration: 1 }
  const status = { conditions: [{ type: 'Ready', status: 'True', ...said }], capabilities: 'ReadOnly' }
  return resource(kind, name, spec, version === 'v0.6' ? status : {})
}

/** Spec of an ExternalSecret. @param more fields in addition to its data */
export function leftSpec(secrets: Readonly<Record<string, string>>, more: object = {}): object {
  const data = Object.entries(secrets).map(([name, key]) => ({ key, name, secretStoreRef: { name: 'kms' } }))
  return { provider: 'kms', data, ...more }
}

/** An ExternalSecret. @param failed secrets that could not be read */
export function leftExternalSecret(
  name: string,
  spec: object,
  version: UpstreamVersion,
  failed: readonly string[] = [],
): LeftObject {
  const failures = failed.map((ExternalSecretKey) => ({
    ExternalSecretKey,
    status: 'Failed',
    reason: 'Forbidden.ResourceNotFound',
    synchronizationTime: TIME,
  }))
  const dataSyncResults = failures.length > 0 ? failures : [{ status: 'Succeeded', synchronizationTime: TIME }]
  return resource('ExternalSecret', name, spec, version === 'v0.6' ? { dataSyncResults } : {})
}

/** A ClusterExternalSecret that was provisioned in all namespaces. */
export function leftClusterExternalSecret(name: string, namespaces: readonly string[], spec: object): LeftObject {
  return resource(
    'ClusterExternalSecret',
    name,
    { externalSecretName: name, conditions: [{ namespaces }], externalSecretSpec: spec },
    {
      externalSecretName: name,
      provisionedNamespaces: namespaces,
      failedNamespaces: [{ namespace: 'gone', reason: 'namespace not found' }],
      conditions: [{ type: 'Ready', status: 'True', message: 'all namespaces', lastTransitionTime: TIME }],
    },
  )
}

/** A Secret of the Go operator: v0.5 adds a timestamp label, v0.6 lists the keys of templates. */
export function leftSecret(
  name: string,
  values: Readonly<Record<string, string>>,
  metadata: object = {},
): LeftObject & { readonly data: object } {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  return { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name }, data }
}
