import { defined } from '@ack-secret-manager/core'
import type { SecretKeyRef, ServiceAccountRef } from './credential-refs.ts'
import type { RamAuth } from './ram-auth-spec.ts'

export const DEFAULT_SESSION_NAME = 'ack-secret-manager'
/** Maximum session of a role that is assumed with another role, in seconds (RAM, "role chaining"). */
const MAX_CHAINED_SECONDS = 3_600

/** The first identity of a chain. */
export type IdentitySource =
  /** The operator's own. */
  | { readonly kind: 'own' }
  | { readonly kind: 'access-key'; readonly accessKey: SecretKeyRef; readonly accessKeySecret: SecretKeyRef }
  | ({ readonly kind: 'worker-role' } & NonNullable<RamAuth['workerRole']>)
  /** RRSA with the operator's own token. */
  | {
      readonly kind: 'rrsa'
      readonly role: RoleSpec
      readonly oidcProviderArn?: string
      readonly tokenFile?: string
    }
  /** RRSA with a token of a workload's ServiceAccount. If `roleArn` is absent, its annotation has the role. */
  | {
      readonly kind: 'service-account'
      readonly ref: ServiceAccountRef
      readonly role: Omit<RoleSpec, 'roleArn'> & { readonly roleArn?: string }
      readonly oidcProviderArn?: string
    }

/** A RAM role of a store, and the session of it to request. */
export interface RoleSpec {
  readonly roleArn: string
  readonly sessionName: string
  readonly durationSeconds?: number
  /** Required by the trust policy; only with AssumeRole. */
  readonly externalId?: string
  /** Field of the authentication that names the role. */
  readonly field: 'ramRoleARN' | 'remoteRamRoleARN' | 'serviceAccountRef'
}

/** An identity as a chain: the first identity, and the roles that are assumed with it, in this order. */
export interface RamIdentity {
  readonly source: IdentitySource
  readonly roles: readonly RoleSpec[]
}

/** The identity chain of a store's authentication. Expects a parsed one, whose combinations are valid. */
export function ramIdentityOf(auth: RamAuth | undefined): RamIdentity {
  if (auth === undefined) return { source: { kind: 'own' }, roles: [] }
  const source = sourceOf(auth)
  const isOidc = source.kind === 'rrsa' || source.kind === 'service-account'
  const own = isOidc ? undefined : ownRoleOf(auth)
  const remote = remoteRoleOf(auth, isOidc || own !== undefined)
  return { source, roles: [own, remote].filter((role) => role !== undefined) }
}

function sourceOf(auth: RamAuth): IdentitySource {
  const { accessKey, accessKeySecret, serviceAccountRef, oidcProviderARN, oidcTokenFilePath } = auth
  if (accessKey !== undefined && accessKeySecret !== undefined)
    return { kind: 'access-key', accessKey, accessKeySecret }
  if (auth.workerRole !== undefined) return { kind: 'worker-role', ...auth.workerRole }
  const provider = defined({ oidcProviderArn: oidcProviderARN })
  if (serviceAccountRef !== undefined) {
    const roleArn = auth.ramRoleARN
    const role =
      roleArn === undefined
        ? ({ field: 'serviceAccountRef', ...sessionOf(auth) } as const)
        : ({ field: 'ramRoleARN', roleArn, ...sessionOf(auth) } as const)
    return { kind: 'service-account', ref: serviceAccountRef, role, ...provider }
  }
  const role = ownRoleOf(auth)
  if (role === undefined) return { kind: 'own' }
  return {
    kind: 'rrsa',
    role,
    ...provider,
    ...defined({ tokenFile: oidcTokenFilePath }),
  }
}

function ownRoleOf(auth: RamAuth): RoleSpec | undefined {
  if (auth.ramRoleARN === undefined) return undefined
  return {
    field: 'ramRoleARN',
    roleArn: auth.ramRoleARN,
    ...sessionOf(auth),
    ...defined({ externalId: auth.ramRoleExternalId }),
  }
}

function sessionOf(auth: RamAuth): Pick<RoleSpec, 'sessionName' | 'durationSeconds'> {
  return { sessionName: auth.ramRoleSessionName ?? DEFAULT_SESSION_NAME, ...durationOf(auth, Infinity) }
}

function remoteRoleOf(auth: RamAuth, isChained: boolean): RoleSpec | undefined {
  if (auth.remoteRamRoleARN === undefined) return undefined
  return {
    field: 'remoteRamRoleARN',
    roleArn: auth.remoteRamRoleARN,
    sessionName: auth.remoteRamRoleSessionName ?? DEFAULT_SESSION_NAME,
    ...durationOf(auth, isChained ? MAX_CHAINED_SECONDS : Infinity),
    ...defined({ externalId: auth.remoteRamRoleExternalId }),
  }
}

function durationOf(auth: RamAuth, atMost: number): { durationSeconds?: number } {
  if (auth.roleSessionExpiration === undefined) return {}
  return { durationSeconds: Math.min(Number(auth.roleSessionExpiration), atMost) }
}
