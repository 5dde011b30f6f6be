import { accessKeyStore, type NamespaceObjects } from '@ack-secret-manager/testenv'
import { type TenancyEnvironment, VICTIM } from './tenancy-environment.ts'

/** One attempt to read or change objects of another tenant. */
export interface TenantAttempt {
  /** Prepares the attempt. @param name of the resource @returns its spec */
  readonly spec: (env: TenancyEnvironment, name: string) => Promise<object>
  /** Kind of the resource. @default ExternalSecret */
  readonly kind?: 'ExternalSecret' | 'SecretStore'
  /** Additional metadata. @default none */
  readonly metadata?: (env: TenancyEnvironment) => object
  /** Expected reason of the resource; `Invalid` if the API server rejects it. */
  readonly reason: string
  readonly says: RegExp
  /** In the operator's own namespace. @default false */
  readonly atHome?: boolean
  /** Secret that must not change. @default none: no Secret with the attempt's name may be created */
  readonly keeps?: string
}

/** Expected Ready condition of the ExternalSecret. */
export type Cell = readonly [reason: string, says: RegExp]

/** Reads the victim's secret. */
export const read = (secretStoreRef: object | undefined, more: object = {}): object => ({
  data: [{ key: VICTIM, name: 'password', ...(secretStoreRef && { secretStoreRef }), ...more }],
})

/** Through a store of the tenant. */
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

/** Through the victim's ClusterSecretStore. */
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
      const spec = { ...accessKeyStore('shared-key', namespace), ...limits(env) }
      const secretStoreRef = { kind: 'ClusterSecretStore', name: await env.tenant.clusterStore(name, spec) }
      const at = kmsEndpoint && { kmsEndpoint: kmsEndpoint(env) }
      return { data: [{ key, name: 'password', secretStoreRef, ...at }] }
    },
  }
}

/** On an existing Secret: the tenant may read the values but not write the target. */
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

/** Reads a secret that the tenant may read. */
export const own = (more: object): object => ({
  data: [{ key: 'tenant/db', name: 'password', secretStoreRef: { name: 'own' } }],
  ...more,
})

/** Objects in the namespace of an attempt. */
export function objectsOf(
  env: TenancyEnvironment,
  { atHome = false }: Pick<TenantAttempt, 'atHome'>,
): NamespaceObjects {
  return atHome ? env.home : env.tenant
}
