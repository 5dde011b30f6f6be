import type { Manifest } from '@ack-secret-manager/testbed'
import {
  CLUSTER_STORE,
  FOREIGN,
  NAMESPACES,
  SECRETS,
  SHARED,
  SYSTEM_NAMESPACE,
  type WorldResource,
  specOf,
} from './resources.ts'
import { documentOf, kmsNameOf } from './values.ts'

const API = 'alibabacloud.com/v1alpha1'
const ACCOUNT = '1234567890123456'
export const ACCESS_KEY = { id: 'LTAI5tChaos', secret: 'chaos-only-not-a-real-secret' }

/** What the simulator starts with. */
export function simulatorSeed(): object {
  const read = { actions: ['kms:GetSecretValue'], resources: ['*'] }
  return {
    account: ACCOUNT,
    accessKeys: [{ ...ACCESS_KEY, allow: [read, { actions: ['sts:AssumeRole'], resources: ['*'] }] }],
    roles: [
      { name: 'reader', trust: { accessKeys: [ACCESS_KEY.id] }, allow: [read] },
      { name: 'worker', trust: { ecs: true }, allow: [read] },
    ],
    // Sessions of the machine end soon, so that it is asked again while a run lasts.
    metadata: { role: 'worker', sessionSeconds: 60 },
    secrets: SECRETS.map((secret) => ({
      name: kmsNameOf(secret),
      versions: [{ id: 'v1', data: documentOf(secret, 1) }],
    })),
  }
}

/** A manifest with whatever its kind has. */
export type WorldObject = Manifest & Readonly<Record<string, unknown>>

export function namespaceObject(name: string, labels: Readonly<Record<string, string>> = {}): WorldObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } as WorldObject['metadata'] }
}

export function storeObject(namespace: string, name: 'kms' | 'role' | 'worker'): WorldObject {
  const KMSAuth = {
    kms: keyAuth(),
    role: { ...keyAuth(), ramRoleARN: `acs:ram::${ACCOUNT}:role/reader`, roleSessionExpiration: '900' },
    worker: { workerRole: {} },
  }[name]
  return { apiVersion: API, kind: 'SecretStore', metadata: { namespace, name }, spec: { KMS: { KMSAuth } } }
}

export function resourceObject(resource: WorldResource, extra: boolean): WorldObject {
  const { namespace, name } = resource
  return { apiVersion: API, kind: 'ExternalSecret', metadata: { namespace, name }, spec: specOf(resource, extra) }
}

/** A Secret of somebody else, in its n-th state. */
export function foreignObject(namespace: string, name: string, state: number): WorldObject {
  const stringData =
    name === 'kms-key' ? { id: ACCESS_KEY.id, secret: ACCESS_KEY.secret } : { theirs: `theirs-${name}-${state}` }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData }
}

/** Everything but the ExternalSecrets. */
export function surroundings(cluster: WorldResource): WorldObject[] {
  return [
    namespaceObject(SYSTEM_NAMESPACE),
    ...NAMESPACES.flatMap((namespace) => [
      namespaceObject(namespace, { chaos: 'yes' }),
      ...[...FOREIGN, ...SHARED].map((name) => foreignObject(namespace, name, 0)),
      ...(['kms', 'role', 'worker'] as const).map((name) => storeObject(namespace, name)),
    ]),
    clusterStoreObject(),
    {
      apiVersion: API,
      kind: 'ClusterExternalSecret',
      metadata: { name: cluster.name },
      spec: {
        externalSecretName: cluster.name,
        externalSecretSpec: specOf(cluster, false),
        conditions: [{ namespaceSelector: { matchLabels: { chaos: 'yes' } } }],
      },
    },
  ]
}

function clusterStoreObject(): WorldObject {
  return {
    apiVersion: API,
    kind: 'ClusterSecretStore',
    metadata: { name: CLUSTER_STORE },
    spec: { KMS: { KMSAuth: keyAuth(NAMESPACES[0]) } },
  }
}

function keyAuth(namespace?: string): object {
  const ref = (key: string): object => ({ name: 'kms-key', key, ...(namespace === undefined ? {} : { namespace }) })
  return { accessKey: ref('id'), accessKeySecret: ref('secret') }
}
