import { type AssumeRoleOptions, assumeRoleProvider } from '@ack-secret-manager/auth-assume-role'
import { rrsaProvider, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import {
  type CredentialProvider,
  type CredentialRefresh,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { ownAccessKey } from './internal/own-access-key.ts'
import { type Environment, OwnVariables, type Setting, twoIdentities } from './internal/own-variables.ts'

/** Where the token of the Go operator's own ServiceAccount is mounted. */
export const DEFAULT_TOKEN_FILE = '/var/run/secrets/tokens/ack-secret-manager'

/** What to set so that there is an identity, for messages. */
export const OWN_IDENTITY_HINT =
  'set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (or ACCESS_KEY_ID and SECRET_ACCESS_KEY), ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN for RRSA, or --enable-worker-role'

/** What the worker role needs, for messages. */
export const WORKER_ROLE_HINT = 'the RAM role of the node is lent to nobody without --enable-worker-role'

/** What the environment does not say. */
export interface OwnIdentityOptions {
  /** Names the default endpoint of STS. @default cn-hangzhou */
  readonly region?: string
  /** @default sts-vpc.{region}.aliyuncs.com */
  readonly stsEndpoint?: string
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default 100.100.100.200 */
  readonly metadataEndpoint?: string
  /** The RAM role of the node is the identity, unless another one is configured. @default false */
  readonly enableWorkerRole?: boolean
  /** OIDC provider of the cluster, for a role without one. @default none */
  readonly oidcProviderArn?: string
  /** Told of each finished refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
}

/**
 * The identity that the environment configures for the process itself; undefined when it configures none. An empty
 * variable counts as absent. Alibaba Cloud's names and those of the Go operator ack-secret-manager are understood:
 *
 * - an AccessKey, with its security token if it is temporary;
 * - a role and an OIDC provider: RRSA with the token file;
 * - a role on top of an AccessKey or, with `enableWorkerRole`, of the node's role;
 * - a role of another account on top of any of these.
 * @throws SecretSyncError `InvalidSpec` for half an identity, two different ones at once or a malformed role;
 * `Unauthenticated` for a malformed value. Messages name variables, never their content.
 */
export function ownIdentityFromEnvironment(
  env: Environment,
  options: OwnIdentityOptions = {},
): CredentialProvider | undefined {
  const variables = new OwnVariables(env)
  const common: Common = {
    region: options.region ?? 'cn-hangzhou',
    ...(options.stsEndpoint === undefined ? {} : { stsEndpoint: options.stsEndpoint }),
    ...(options.onRefresh === undefined ? {} : { onRefresh: options.onRefresh }),
  }
  const own = ownOf(env, variables, options, common)
  const remote = variables.get('remoteRole')
  if (remote === undefined) return own
  if (own === undefined) throw notAlone(remote, 'no identity that could assume it: configure one')
  return onTop(own, remote, { ...common, ...sessionName(variables.get('remoteSession')) })
}

type Common = Pick<AssumeRoleOptions, 'region' | 'stsEndpoint' | 'onRefresh'>
type Session = Common & Pick<AssumeRoleOptions, 'sessionName' | 'durationSeconds'>

function ownOf(
  env: Environment,
  variables: OwnVariables,
  options: OwnIdentityOptions,
  common: Common,
): CredentialProvider | undefined {
  const key = ownAccessKey(env)
  const role = variables.get('role')
  const provider = variables.get('oidcProvider')
  const file = variables.get('tokenFile')
  const worker = options.enableWorkerRole === true ? '--enable-worker-role' : undefined
  // A role for RRSA by flags, beside the role of the node: nobody can tell which one is meant.
  const isOidcByFlags = worker !== undefined && role !== undefined && options.oidcProviderArn !== undefined
  const byFlags = isOidcByFlags ? '--cluster-id' : undefined
  const oidcName = (provider ?? file)?.name ?? byFlags
  const [first, second] = [key?.name, oidcName, worker].filter((name) => name !== undefined)
  if (first !== undefined && second !== undefined) throw twoIdentities(first, second)
  const session: Session = {
    ...common,
    ...sessionName(variables.get('session')),
    ...duration(variables.get('expiration')),
  }
  const base = key?.provider ?? (worker === undefined ? undefined : workerRole(options))
  if (base !== undefined) return role === undefined ? base : onTop(base, role, session)

  const oidc = provider ?? file
  if (role === undefined) {
    if (oidc !== undefined) throw notAlone(oidc, 'ALIBABA_CLOUD_ROLE_ARN is not: set both or neither')
    return undefined
  }
  const oidcProviderArn = provider?.value ?? options.oidcProviderArn
  if (oidcProviderArn === undefined)
    throw notAlone(role, 'neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor an AccessKey: set one of them')
  const token = tokenFile(file?.value ?? DEFAULT_TOKEN_FILE)
  return named(role, () => rrsaProvider({ ...session, roleArn: role.value, oidcProviderArn, token }))
}

function workerRole({ metadataEndpoint, onRefresh }: OwnIdentityOptions): CredentialProvider {
  return workerRoleProvider({
    ...(metadataEndpoint === undefined ? {} : { metadataEndpoint }),
    ...(onRefresh === undefined ? {} : { onRefresh }),
  })
}

/** A role that `base` assumes; closing it closes `base` too. */
function onTop(base: CredentialProvider, role: Setting, session: Session): CredentialProvider {
  const assumed = named(role, () => assumeRoleProvider({ ...session, base, roleArn: role.value }))
  return {
    ...assumed,
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
