import {
  type Clock,
  type CredentialProvider,
  type CredentialRefresh,
  defined,
  isSecretSyncError,
  type Network,
  type ProxyRoutes,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { defaultStsEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { type AssumeRoleOptions, assumeRoleProvider } from '@ack-secret-manager/auth-assume-role'
import { rrsaProvider, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import { operatorAccessKey } from './internal/credentials/operator-access-key.ts'
import {
  type Environment,
  IdentityVariables,
  type Setting,
  conflictingIdentities,
} from './internal/credentials/identity-variables.ts'

/** Default path of the operator's OIDC token; the Go operator mounts it there too. */
export const DEFAULT_TOKEN_FILE = '/var/run/secrets/tokens/ack-secret-manager'

/** How to configure an operator identity, for messages. */
export const OPERATOR_IDENTITY_HINT =
  'set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (or ACCESS_KEY_ID and SECRET_ACCESS_KEY), ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN for RRSA, or --enable-worker-role'

/** Prerequisite of the worker role, for messages. */
export const WORKER_ROLE_HINT = "using the node's RAM role requires --enable-worker-role"

/** The kind of operator identity if several are configured; `none` ignores all of them. */
export type OperatorIdentityChoice = 'access-key' | 'rrsa' | 'worker-role' | 'none'

const CHOOSE = ', or choose one by --own-identity (--auth of acksm)'

/** Settings that come from flags, not from environment variables. */
export interface OperatorIdentityOptions {
  /** @default the configured identity; the RAM role of the node only if no other is configured */
  readonly choice?: OperatorIdentityChoice
  /** Region of the default STS endpoint. @default cn-hangzhou */
  readonly region?: string
  /** Network of the default STS endpoint. @default 'vpc' */
  readonly network?: Network
  /** @default sts-vpc.{region}.aliyuncs.com, or sts.{region}.aliyuncs.com */
  readonly stsEndpoint?: string
  /** Proxies to reach STS through. @default none */
  readonly proxy?: ProxyRoutes
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default 100.100.100.200 */
  readonly metadataEndpoint?: string
  /** Use the RAM role of the node if no other identity is configured. @default false */
  readonly enableWorkerRole?: boolean
  /** OIDC provider of the cluster, if the environment names none. @default none */
  readonly oidcProviderArn?: string
  /** Called after each credential refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * The operator identity that environment variables configure; undefined when they configure none. An empty variable counts
 * as unset. Supports the variables of the Alibaba Cloud SDKs and of the Go operator ack-secret-manager:
 *
 * - an AccessKey, with a security token if it is temporary;
 * - a role and an OIDC provider: RRSA with the token file;
 * - with `enableWorkerRole`, the role of the node if neither of these is configured;
 * - a role that the AccessKey or the node's role assumes;
 * - a role of another account that any of these assumes.
 * @throws SecretSyncError `InvalidSpec` for an incomplete identity, two identities without a `choice`, a chosen identity that is
 * not configured, or a malformed role; `Unauthenticated` for a malformed value. Messages name variables, never their content.
 */
export function operatorIdentityFromEnvironment(
  env: Environment,
  options: OperatorIdentityOptions = {},
): CredentialProvider | undefined {
  if (options.choice === 'none') return undefined
  const variables = new IdentityVariables(env)
  const { region = 'cn-hangzhou', network, proxy } = options
  const publicEndpoint = network === 'public' ? defaultStsEndpoint(region, network) : undefined
  const common: Common = {
    region,
    ...defined({
      stsEndpoint: options.stsEndpoint ?? publicEndpoint,
      proxy,
      onRefresh: options.onRefresh,
      clock: options.clock,
    }),
  }
  const local = localIdentity(env, variables, options, common)
  const remote = variables.get('remoteRole')
  if (remote === undefined) return local
  if (local === undefined) throw incomplete(remote, 'no identity that could assume it: configure one')
  return assumeRole(local, remote, { ...common, ...sessionName(variables.get('remoteSession')) })
}

/** File with the operator's OIDC token, which stores without one use too. @throws SecretSyncError `InvalidSpec` when two variables differ */
export function operatorTokenFile(env: Environment): string {
  return tokenFileOf(new IdentityVariables(env))
}

type Common = Pick<AssumeRoleOptions, 'region' | 'stsEndpoint' | 'proxy' | 'onRefresh' | 'clock'>
type Session = Common & Pick<AssumeRoleOptions, 'sessionName' | 'durationSeconds'>

/** The identity before the role of another account is assumed. */
function localIdentity(
  env: Environment,
  variables: IdentityVariables,
  options: OperatorIdentityOptions,
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
  const base = choice === 'worker-role' ? workerRole(options) : operatorAccessKey(env)?.provider
  if (base === undefined) {
    if (options.choice !== 'access-key') return undefined
    throw new SecretSyncError(
      'InvalidSpec',
      `an AccessKey is selected as the operator identity, but none is configured: ${OPERATOR_IDENTITY_HINT}`,
    )
  }
  // With an OIDC provider or token set, the role belongs to RRSA, which was not chosen.
  return role === undefined || oidcOf(variables) !== undefined ? base : assumeRole(base, role, session)
}

/** The configured kind of identity. */
function choiceOf(
  env: Environment,
  variables: IdentityVariables,
  { enableWorkerRole = false, oidcProviderArn }: OperatorIdentityOptions,
): OperatorIdentityChoice {
  const key = operatorAccessKey(env)
  const oidc = oidcOf(variables)
  if (key !== undefined && oidc !== undefined) throw conflictingIdentities(key.name, oidc.name, CHOOSE)
  if (key !== undefined) return 'access-key'
  if (oidc !== undefined) return 'rrsa'
  const hasRole = variables.get('role') !== undefined
  // Ambiguous: the role may be for RRSA with the provider from flags, or for the node's role to assume.
  if (hasRole && enableWorkerRole && oidcProviderArn !== undefined) {
    throw conflictingIdentities('--cluster-id', '--enable-worker-role', CHOOSE)
  }
  if (enableWorkerRole) return 'worker-role'
  return hasRole ? 'rrsa' : 'none'
}

/** The setting that shows that RRSA is configured. */
function oidcOf(variables: IdentityVariables): Setting | undefined {
  return variables.get('oidcProvider') ?? variables.get('tokenFile')
}

function rrsa(variables: IdentityVariables, session: Session, options: OperatorIdentityOptions): CredentialProvider {
  const role = variables.get('role')
  const oidc = oidcOf(variables)
  if (role === undefined) {
    throw oidc === undefined
      ? new SecretSyncError(
          'InvalidSpec',
          'RRSA is selected as the operator identity, but ALIBABA_CLOUD_ROLE_ARN is not set',
        )
      : incomplete(oidc, 'ALIBABA_CLOUD_ROLE_ARN is not: set both or neither')
  }
  const oidcProviderArn = variables.get('oidcProvider')?.value ?? options.oidcProviderArn
  if (oidcProviderArn === undefined)
    throw incomplete(role, 'neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor an AccessKey: set one of them')
  const token = tokenFile(tokenFileOf(variables))
  return named(role, () => rrsaProvider({ ...session, roleArn: role.value, oidcProviderArn, token }))
}

function tokenFileOf(variables: IdentityVariables): string {
  return variables.get('tokenFile')?.value ?? DEFAULT_TOKEN_FILE
}

function workerRole({ metadataEndpoint, onRefresh, clock }: OperatorIdentityOptions): CredentialProvider {
  return workerRoleProvider({
    ...defined({ metadataEndpoint, onRefresh, clock }),
  })
}

/** A role that `base` assumes. Closing it closes `base` too. */
function assumeRole(base: CredentialProvider, role: Setting, session: Session): CredentialProvider {
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

/** Attributes an invalid option to the variable that names the role. */
function named(role: Setting, make: () => CredentialProvider): CredentialProvider {
  try {
    return make()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw new SecretSyncError(error.code, `${role.name}: ${error.message}`, { facts: error.facts })
  }
}

function incomplete(given: Setting, problem: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${given.name} is set, but ${problem}`)
}
