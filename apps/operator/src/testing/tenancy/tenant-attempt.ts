import type { NamespaceObjects } from '../environment/namespace-objects.ts'
import { type TenancyEnvironment, VICTIM } from './tenancy-environment.ts'

/** One way to get, or to change, what belongs to somebody else. */
export interface TenantAttempt {
  /** Prepares it, and gives the spec of the resource that is to succeed. @param name of that resource */
  readonly spec: (env: TenancyEnvironment, name: string) => Promise<object>
  /** What that resource is. @default ExternalSecret */
  readonly kind?: 'ExternalSecret' | 'SecretStore'
  /** What else its metadata says. @default nothing */
  readonly metadata?: (env: TenancyEnvironment) => object
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
  spec: (env: TenancyEnvironment) => object,
  [reason, says]: Cell,
  more: object = {},
  atHome = false,
): TenantAttempt {
  return {
    reason,
    says,
    atHome,
    spec: async (env, name) => {
      await objectsOf(env, { atHome }).apply('SecretStore', name, spec(env))
      return { ...read({ name }), ...more }
    },
  }
}

/** Through a store of the cluster that belongs to the victim. */
export function shared(
  limits: (env: TenancyEnvironment) => object,
  key: string = VICTIM,
  kmsEndpoint?: (env: TenancyEnvironment) => string,
): TenantAttempt {
  return {
    reason: 'StoreNotAllowed',
    says: /does not (admit|allow) namespace/,
    spec: async (env, name) => {
      const { namespace } = env.victim.cluster
      const spec = { ...env.accessKeyStore('shared-key', namespace), ...limits(env) }
      const secretStoreRef = { kind: 'ClusterSecretStore', name: await env.tenant.clusterStore(name, spec) }
      const at = kmsEndpoint && { kmsEndpoint: kmsEndpoint(env) }
      return { data: [{ key, name: 'password', secretStoreRef, ...at }] }
    },
  }
}

/** On a Secret that is there: what the tenant reads is its own, where it is written is not. */
export function target(
  secret: (env: TenancyEnvironment) => object,
  more: object,
  [reason, says]: Cell = ['TargetConflict', /is not changed/],
): TenantAttempt {
  return {
    reason,
    says,
    keeps: 'attempt',
    spec: async (env, name) => {
      const object = { apiVersion: 'v1', kind: 'Secret', stringData: { theirs: 'unchanged' }, ...secret(env) }
      const { metadata } = object as { metadata?: object }
      await env.tenant.applyObject({ ...object, metadata: { ...metadata, name } })
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
export function objectsOf(
  env: TenancyEnvironment,
  { atHome = false }: Pick<TenantAttempt, 'atHome'>,
): NamespaceObjects {
  return atHome ? env.home : env.tenant
}
