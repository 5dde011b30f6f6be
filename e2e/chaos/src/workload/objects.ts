import type { Seed } from '@ack-secret-manager/kms-simulator'
import type { Manifest } from '@ack-secret-manager/testenv'
import {
  CLUSTER_STORE,
  FOREIGN,
  NAMESPACES,
  OPTIONAL_SECRET,
  SECRETS,
  SHARED,
  STORES,
  SYSTEM_NAMESPACE,
  TEMPLATE,
  templateTextOf,
  WORKLOAD,
  type ChaosResource,
} from './resources.ts'
import { type Naming, RIGHT, specOf } from './specs.ts'
import { documentOf, kmsNameOf } from './values.ts'

const API = 'alibabacloud.com/v1alpha1'
const ACCOUNT = '1234567890123456'
export const ACCESS_KEY = { id: 'LTAI5tChaos', secret: 'chaos-only-not-a-real-secret' }
export const CLIENT_KEY = { id: 'KAAP.chaos', password: 'chaos-only-not-a-real-password' }

/** Seed of the simulator. */
export function simulatorSeed(): Seed {
  const read = { actions: ['kms:GetSecretValue', 'oos:GetSecretParameter'], resources: ['*'] }
  const secrets = [...SECRETS, OPTIONAL_SECRET]
  return {
    account: ACCOUNT,
    accessKeys: [{ ...ACCESS_KEY, allow: [read, { actions: ['sts:AssumeRole'], resources: ['*'] }] }],
    roles: [
      { name: 'reader', trust: { accessKeys: [ACCESS_KEY.id] }, allow: [read] },
      { name: 'worker', trust: { ecs: true }, allow: [read] },
    ],
    // Short sessions of the node, so that the operator renews them during a run.
    metadata: { role: 'worker', sessionSeconds: 60 },
    instances: [{ id: 'kst-chaos', clientKeys: [CLIENT_KEY] }],
    secrets: secrets.map((secret) => ({
      name: kmsNameOf(secret),
      versions: [{ id: 'v1', data: documentOf(secret, 1) }],
    })),
    parameters: secrets.map((secret) => ({ name: kmsNameOf(secret), value: documentOf(secret, 1) })),
  }
}

/** Endpoint and credential of the KMS instance. */
export interface InstanceAccess {
  /** `host:port`. */
  readonly endpoint: string
  readonly caPem: string
  /** Content of the client key file. */
  readonly clientKey: string
}

/** A manifest of any kind. */
export type AnyManifest = Manifest & Readonly<Record<string, unknown>>

export function namespaceObject(name: string, labels: Readonly<Record<string, string>> = {}): AnyManifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

export function storeObject(namespace: string, name: (typeof STORES)[number], instance: InstanceAccess): AnyManifest {
  return { apiVersion: API, kind: 'SecretStore', metadata: { namespace, name }, spec: storeSpecOf(name, instance) }
}

function storeSpecOf(name: (typeof STORES)[number], { endpoint, caPem }: InstanceAccess): object {
  switch (name) {
    case 'kms':
      return { KMS: { KMSAuth: keyAuth() } }
    case 'role': {
      const ramRoleARN = `acs:ram::${ACCOUNT}:role/reader`
      return { KMS: { KMSAuth: { ...keyAuth(), ramRoleARN, roleSessionExpiration: '900' } } }
    }
    case 'worker':
      return { KMS: { KMSAuth: { workerRole: {} } } }
    case 'instance': {
      const ref = (key: string): object => ({ name: 'client-key', key })
      const ca = Buffer.from(caPem).toString('base64')
      const key = { clientKeyContent: ref('secret'), password: ref('password') }
      return { KMS: { dedicatedKMSAuth: { protocol: 'https', endpoint, ca, ...key } } }
    }
    case 'oos':
      return { OOS: { OOSAuth: keyAuth() } }
  }
}

export function resourceObject(resource: ChaosResource, extra: boolean, naming: Naming = RIGHT): AnyManifest {
  const { namespace, name } = resource
  const spec = specOf(resource, extra, naming)
  return { apiVersion: API, kind: 'ExternalSecret', metadata: { namespace, name }, spec }
}

/** A Secret of another owner, in its n-th state. */
export function foreignObject(namespace: string, name: string, state: number, clientKey: string): AnyManifest {
  const keys: Readonly<Record<string, object>> = {
    'kms-key': { id: ACCESS_KEY.id, secret: ACCESS_KEY.secret },
    'client-key': { secret: clientKey, password: CLIENT_KEY.password },
  }
  const stringData = keys[name] ?? { theirs: `theirs-${name}-${state}` }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData }
}

/** The ConfigMap with a template, in its n-th version. */
export function templateObject(namespace: string, version: number): AnyManifest {
  const data = { dsn: templateTextOf(namespace, version) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: TEMPLATE }, data }
}

/** All objects except the ExternalSecrets. */
export function surroundings(cluster: ChaosResource, instance: InstanceAccess): AnyManifest[] {
  return [
    namespaceObject(SYSTEM_NAMESPACE),
    ...NAMESPACES.flatMap((namespace) => [
      namespaceObject(namespace, { chaos: 'yes' }),
      ...[...FOREIGN, ...SHARED].map((name) => foreignObject(namespace, name, 0, instance.clientKey)),
      ...STORES.map((name) => storeObject(namespace, name, instance)),
      templateObject(namespace, 1),
      workloadObject(namespace),
    ]),
    clusterStoreObject(),
    clusterObject(cluster),
  ]
}

export function clusterObject(cluster: ChaosResource): AnyManifest {
  return {
    apiVersion: API,
    kind: 'ClusterExternalSecret',
    metadata: { name: cluster.name },
    spec: {
      externalSecretName: cluster.name,
      externalSecretSpec: specOf(cluster, false),
      conditions: [{ namespaceSelector: { matchLabels: { chaos: 'yes' } } }],
    },
  }
}

function workloadObject(namespace: string): AnyManifest {
  const labels = { app: WORKLOAD }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] } }
  const spec = { selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: WORKLOAD }, spec }
}

function clusterStoreObject(): AnyManifest {
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
