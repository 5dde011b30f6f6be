import type { ClusterObjects } from './cluster-objects.ts'
import { type TenantScene, VICTIM } from './tenant-scene.ts'

/** One way to get, or to change, what belongs to somebody else. */
export interface TenantAttempt {
  /** Prepares it, and gives the spec of the resource that is to succeed. @param name of that resource */
  readonly spec: (scene: TenantScene, name: string) => Promise<object>
  /** What that resource is. @default ExternalSecret */
  readonly kind?: 'ExternalSecret' | 'SecretStore'
  /** What else its metadata says. @default nothing */
  readonly metadata?: (scene: TenantScene) => object
  /** What the resource says; `Invalid` where the API server refuses it. */
  readonly reason: string
  readonly says: RegExp
  /** In the operator's own namespace. @default false */
  readonly atHome?: boolean
  /** Secret of that namespace that is to stay as it is. @default none: no Secret of the attempt's name may appear */
  readonly keeps?: string
}

/** What the ExternalSecret says. */
export type Cell = readonly [reason: string, says: RegExp]

/** Reads the victim's secret. */
export const read = (secretStoreRef: object | undefined, more: object = {}): object => ({
  data: [{ key: VICTIM, name: 'password', ...(secretStoreRef && { secretStoreRef }), ...more }],
})

/** Through a store of the tenant's own making. */
export function store(
  spec: (scene: TenantScene) => object,
  [reason, says]: Cell,
  more: object = {},
  atHome = false,
): TenantAttempt {
  return {
    reason,
    says,
    atHome,
    spec: async (scene, name) => {
      await placeOf(scene, { atHome }).apply('SecretStore', name, spec(scene))
      return { ...read({ name }), ...more }
    },
  }
}

/** Through a store of the cluster that belongs to the victim. */
export function shared(
  limits: (scene: TenantScene) => object,
  key: string = VICTIM,
  kmsEndpoint?: (scene: TenantScene) => string,
): TenantAttempt {
  return {
    reason: 'StoreNotAllowed',
    says: /does not (admit|let) namespace/,
    spec: async (scene, name) => {
      const { namespace } = scene.victim.place
      const spec = { ...scene.accessKeyStore('shared-key', namespace), ...limits(scene) }
      const secretStoreRef = { kind: 'ClusterSecretStore', name: await scene.tenant.clusterStore(name, spec) }
      const at = kmsEndpoint && { kmsEndpoint: kmsEndpoint(scene) }
      return { data: [{ key, name: 'password', secretStoreRef, ...at }] }
    },
  }
}

/** On a Secret that is there: what the tenant reads is its own, where it is written is not. */
export function target(
  secret: (scene: TenantScene) => object,
  more: object,
  [reason, says]: Cell = ['TargetConflict', /is left alone/],
): TenantAttempt {
  return {
    reason,
    says,
    keeps: 'attempt',
    spec: async (scene, name) => {
      const object = { apiVersion: 'v1', kind: 'Secret', stringData: { theirs: 'unchanged' }, ...secret(scene) }
      const { metadata } = object as { metadata?: object }
      await scene.tenant.applyObject({ ...object, metadata: { ...metadata, name } })
      return own(more)
    },
  }
}

/** Reads what the tenant may read. */
export const own = (more: object): object => ({
  data: [{ key: 'tenant/db', name: 'password', secretStoreRef: { name: 'own' } }],
  ...more,
})

/** Where an attempt takes place. */
export function placeOf(scene: TenantScene, { atHome = false }: Pick<TenantAttempt, 'atHome'>): ClusterObjects {
  return atHome ? scene.home : scene.tenant
}
