import { type AssumeRoleOptions, assumeRoleProvider } from '@ack-secret-manager/auth-assume-role'
import { rrsaProvider, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import {
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { ownAccessKey } from './internal/credentials/operator-access-key.ts'
import {
  type Environment,
  OwnVariables,
  type Setting,
  twoIdentities,
} from './internal/credentials/identity-variables.ts'

/** Where the token of the Go operator's own ServiceAccount is mounted. */
export const DEFAULT_TOKEN_FILE = '/var/run/secrets/tokens/ack-secret-manager'

/** What to set so that there is an identity, for messages. */
export const OWN_IDENTITY_HINT =
  'set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (or ACCESS_KEY_ID and SECRET_ACCESS_KEY), ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN for RRSA, or --enable-worker-role'

/** What the worker role needs, for messages. */
export const WORKER_ROLE_HINT = 'the RAM role of the node is lent to nobody without --enable-worker-role'

/** Which identity of several is the process's own; `none` for none of them. */
export type OwnIdentityChoice = 'access-key' | 'rrsa' | 'worker-role' | 'none'

const CHOOSE = ', or choose one by --own-identity (--auth of acksm)'

/** What the environment does not say. */
export interface OwnIdentityOptions {
  /** @default the one that is configured; the RAM role of the node only where it is the only one */
  readonly choice?: OwnIdentityChoice
  /** Names the default endpoint of STS. @default cn-hangzhou */
  readonly region?: string
  /** @default sts-vpc.{region}.aliyuncs.com */
  readonly stsEndpoint?: string
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default 100.100.100.200 */
  readonly metadataEndpoint?: string
  /** The RAM role of the node is the identity where no other one is configured. @default false */
  readonly enableWorkerRole?: boolean
  /** OIDC provider of the cluster, for a role without one. @default none */
  readonly oidcProviderArn?: string
  /** Told of each finished refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * The identity that the environment configures for the process itself; undefined when it configures none. An empty
 * variable counts as absent. Alibaba Cloud's names and those of the Go operator ack-secret-manager are understood:
 *
 * - an AccessKey, with its security token if it is temporary;
 * - a role and an OIDC provider: RRSA with the token file;
 * - with `enableWorkerRole`, and only where neither of these is there, the role of the node;
 * - a role on top of an AccessKey or of the node's role;
 * - a role of another account on top of any of these.
 * @throws SecretSyncError `InvalidSpec` for half an identity, two different ones between which nobody has chosen, a chosen one
 * that is not there, or a malformed role; `Unauthenticated` for a malformed value. Messages name variables, never their content.
 */
export function ownIdentityFromEnvironment(
  env: Environment,
  options: OwnIdentityOptions = {},
): CredentialProvider | undefined {
  if (options.choice === 'none') return undefined
  const variables = new OwnVariables(env)
  const common: Common = {
    region: options.region ?? 'cn-hangzhou',
    ...(options.stsEndpoint === undefined ? {} : { stsEndpoint: options.stsEndpoint }),
    ...(options.onRefresh === undefined ? {} : { onRefresh: options.onRefresh }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  }
  const own = ownOf(env, variables, options, common)
  const remote = variables.get('remoteRole')
  if (remote === undefined) return own
  if (own === undefined) throw notAlone(remote, 'no identity that could assume it: configure one')
  return onTop(own, remote, { ...common, ...sessionName(variables.get('remoteSession')) })
}

/** File with the process's own OIDC token, which stores without one use too. @throws SecretSyncError `InvalidSpec` when the environment names two */
export function ownTokenFile(env: Environment): string {
  return tokenFileOf(new OwnVariables(env))
}

type Common = Pick<AssumeRoleOptions, 'region' | 'stsEndpoint' | 'onRefresh' | 'clock'>
type Session = Common & Pick<AssumeRoleOptions, 'sessionName' | 'durationSeconds'>

function ownOf(
  env: Environment,
  variables: OwnVariables,
  options: OwnIdentityOptions,
  common: Common,
): CredentialProvider | undefined {
  const { choice = choiceOf(env, variables, options) } = options
  const session: Session = {
    ...common,
    ...sessionName(variables.get('session')),
    ...duration(variables.get('expiration')),
  }
  const role = variables.get('role')
  if (choice === 'rrsa') return rrsa(variables, session, options)
  const base = choice === 'worker-role' ? workerRole(options) : ownAccessKey(env)?.provider
  if (base === undefined) {
    if (options.choice !== 'access-key') return undefined
    throw new SecretSyncError(
      'InvalidSpec',
      `an AccessKey is to be the own identity, and there is none: ${OWN_IDENTITY_HINT}`,
    )
  }
  // Beside an OIDC provider or its token it is the role of RRSA, which was not chosen.
  return role === undefined || oidcOf(variables) !== undefined ? base : onTop(base, role, session)
}

/** The one that is configured. */
function choiceOf(
  env: Environment,
  variables: OwnVariables,
  { enableWorkerRole = false, oidcProviderArn }: OwnIdentityOptions,
): OwnIdentityChoice {
  const key = ownAccessKey(env)
  const oidc = oidcOf(variables)
  if (key !== undefined && oidc !== undefined) throw twoIdentities(key.name, oidc.name, CHOOSE)
  if (key !== undefined) return 'access-key'
  if (oidc !== undefined) return 'rrsa'
  const hasRole = variables.get('role') !== undefined
  // A role for RRSA by flags, or for the node to assume: nobody can tell which one is meant.
  if (hasRole && enableWorkerRole && oidcProviderArn !== undefined) {
    throw twoIdentities('--cluster-id', '--enable-worker-role', CHOOSE)
  }
  if (enableWorkerRole) return 'worker-role'
  return hasRole ? 'rrsa' : 'none'
}

/** What says that RRSA is configured. */
function oidcOf(variables: OwnVariables): Setting | undefined {
  return variables.get('oidcProvider') ?? variables.get('tokenFile')
}

function rrsa(variables: OwnVariables, session: Session, options: OwnIdentityOptions): CredentialProvider {
  const role = variables.get('role')
  const oidc = oidcOf(variables)
  if (role === undefined) {
    const problem = 'ALIBABA_CLOUD_ROLE_ARN is not: set both or neither'
    throw oidc === undefined
      ? new SecretSyncError('InvalidSpec', 'RRSA is to be the own identity, and ALIBABA_CLOUD_ROLE_ARN is not set')
      : notAlone(oidc, problem)
  }
  const oidcProviderArn = variables.get('oidcProvider')?.value ?? options.oidcProviderArn
  if (oidcProviderArn === undefined)
    throw notAlone(role, 'neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor an AccessKey: set one of them')
  const token = tokenFile(tokenFileOf(variables))
  return named(role, () => rrsaProvider({ ...session, roleArn: role.value, oidcProviderArn, token }))
}

function tokenFileOf(variables: OwnVariables): string {
  return variables.get('tokenFile')?.value ?? DEFAULT_TOKEN_FILE
}

function workerRole({ metadataEndpoint, onRefresh, clock }: OwnIdentityOptions): CredentialProvider {
  return workerRoleProvider({
    ...(metadataEndpoint === undefined ? {} : { metadataEndpoint }),
    ...(onRefresh === undefined ? {} : { onRefresh }),
    ...(clock === undefined ? {} : { clock }),
  })
}

/** A role that `base` assumes; closing it closes `base` too. */
function onTop(base: CredentialProvider, role: Setting, session: Session): CredentialProvider {
  const assumed = named(role, () => assumeRoleProvider({ ...session, base, roleArn: role.value }))
  return {
    identity: assumed.identity,
    credential: (given) => assumed.credential(given),
    invalidate: (credential) => assumed.invalidate(credential),
    async close() {
      await assumed.close()
      await base.close()
    },
  }
}

function sessionName(setting: Setting | undefined): { sessionName?: string } {
  return setting === undefined ? {} : { sessionName: setting.value }
}

function duration(setting: Setting | undefined): { durationSeconds?: number } {
  return setting === undefined ? {} : { durationSeconds: Number(setting.value) }
}

/** A refused option is told as of the variable that names the role: its session's are beside it. */
function named(role: Setting, make: () => CredentialProvider): CredentialProvider {
  try {
    return make()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw new SecretSyncError(error.code, `${role.name}: ${error.message}`, { facts: error.facts })
  }
}

function notAlone(given: Setting, problem: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${given.name} is set, but ${problem}`)
}
