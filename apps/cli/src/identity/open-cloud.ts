import type { ResolvedIdentity } from '@ack-secret-manager/auth-sdk'
import { defaultStsEndpoint, proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import type { FlagValues } from '@ack-secret-manager/command-line'
import {
  type CredentialProvider,
  defined,
  isSecretSyncError,
  type Network,
  type ProxyRoutes,
  withDeadline,
} from '@ack-secret-manager/core'
import {
  type Environment,
  OPERATOR_IDENTITY_HINT,
  type OperatorIdentityChoice,
  operatorIdentityFromEnvironment,
} from '@ack-secret-manager/stores'
import type { CLOUD_FLAGS } from '../flags/shared-flags.ts'
import { InputError } from '../input-error.ts'
import type { Log } from '../output/log.ts'
import { withLimit } from '../time-limit.ts'
import { exposedFileText } from './exposed-file-text.ts'
import { type OnCommand, runCommand } from './run-command.ts'
import { type IdentityChoice, identityChoice } from './identity-choice.ts'
import { readUri } from './read-uri.ts'
import { regionOf } from './region.ts'
import { credentialEndpoints, metadataEndpointOf } from './service-endpoints.ts'

/** The flags, the environment and the output of a command. */
export interface CloudRequest {
  readonly flags: FlagValues<typeof CLOUD_FLAGS> & { readonly 'enable-worker-role'?: boolean }
  /** Flags on the command line, which win over variables. */
  readonly typed: ReadonlySet<string>
  readonly env: Environment
  readonly log: Log
  readonly signal: AbortSignal
  /**
   * Runs the `process_command` of a profile, or reads the credentials URI, before anything else, so that its failure is not one of KMS.
   * @default true
   */
  readonly runsCommand?: boolean
  /** The work needs the identity for a part only, so that a failing credentials URI does not end it. @default false */
  readonly isPartial?: boolean
  /** For a caller with a deadline of its own. @default not called */
  readonly onCommand?: OnCommand
}

/** Region and identity of a command. Must be closed. */
export interface Cloud {
  readonly region: string
  readonly network: Network
  /** Proxies of the environment. @default none */
  readonly proxy?: ProxyRoutes
  /** Absent if none is configured. */
  readonly identity?: CredentialProvider
  /** Program of the `process_command` that gives its credential. @default none */
  readonly command?: string
  /** A credentials URI gives its credential. @default false */
  readonly isFromUri?: boolean
  close(): Promise<void>
}

/** A {@link Cloud} with an identity. */
export type CloudWithIdentity = Cloud & { readonly identity: CredentialProvider }

interface FoundIdentity {
  readonly provider: CredentialProvider | undefined
  readonly region?: string
  readonly command?: string
  readonly isFromUri?: boolean
}

/**
 * Finds the region and the identity of a command that needs one. The choice is made once. An identity of a profile or of the default
 * chain is logged.
 * @throws InputError if none is configured, UsageError
 */
export async function openCloud(request: CloudRequest): Promise<CloudWithIdentity> {
  const cloud = await open(request, identityChoice(request.flags, request.typed))
  const { identity } = cloud
  if (identity !== undefined) {
    await readFirst(cloud, request)
    return { ...cloud, identity }
  }
  throw new InputError([`no identity: ${OPERATOR_IDENTITY_HINT}`])
}

/**
 * Finds the region, and the identity if one is needed or chosen by a flag. Warns if none is configured, or if one that is not needed is
 * invalid.
 * @throws InputError | UsageError
 */
export async function openCloudIfNeeded(request: CloudRequest, isNeeded: boolean): Promise<Cloud> {
  const choice = identityChoice(request.flags, request.typed)
  try {
    // Files of this machine are not read for an identity that nothing uses.
    const cloud = await open(request, choice.kind === 'automatic' && !isNeeded ? 'variables-only' : choice)
    if (isNeeded) await readFirst(cloud, request)
    return cloud
  } catch (error) {
    if (!(error instanceof InputError) || (isNeeded && !(error instanceof NoIdentityError))) throw error
    request.log.warn(isNeeded ? error.message : `${error.message}; not needed, so it is not used`)
    return cloudOf(request, { provider: undefined })
  }
}

async function readFirst(cloud: Cloud, request: CloudRequest): Promise<void> {
  if (request.runsCommand === false) return
  await runCommand(cloud, request)
  if (request.isPartial !== true) await readUri(cloud, request)
}

/** Nothing chooses an identity, and none is configured. */
class NoIdentityError extends InputError {}

async function open(request: CloudRequest, choice: IdentityChoice | 'variables-only'): Promise<Cloud> {
  let found: FoundIdentity
  try {
    found = await find(request, choice)
  } catch (error) {
    // Files and variables of this machine are input. A service that does not respond is not.
    if (!isSecretSyncError(error) || !['InvalidSpec', 'Unauthenticated'].includes(error.code)) throw error
    const isNone = choice === 'variables-only' || choice.kind === 'automatic'
    throw isNone && error.code === 'Unauthenticated'
      ? new NoIdentityError([error.message])
      : new InputError([error.message])
  }
  try {
    return cloudOf(request, found)
  } catch (error) {
    await found.provider?.close()
    throw error
  }
}

function cloudOf({ flags, env }: CloudRequest, found: FoundIdentity): Cloud {
  const { provider, region: profile, command, isFromUri } = found
  return {
    region: regionOf({ flag: flags.region, env, profile }),
    network: flags.network,
    ...defined({ identity: provider, proxy: proxyRoutesOf(env), command, isFromUri }),
    close: async () => provider?.close(),
  }
}

async function find(request: CloudRequest, choice: IdentityChoice | 'variables-only'): Promise<FoundIdentity> {
  if (choice === 'variables-only') return { provider: fromVariables(request, undefined) }
  switch (choice.kind) {
    case 'variables':
      return { provider: fromVariables(request, choice.choice) }
    case 'automatic': {
      const provider = fromVariables(request, undefined)
      return provider === undefined ? fromMachine(request, { kind: 'chain' }) : { provider }
    }
    default:
      return fromMachine(request, choice)
  }
}

function fromVariables(
  { flags, env }: CloudRequest,
  choice: OperatorIdentityChoice | undefined,
): CredentialProvider | undefined {
  const region = regionOf({ flag: flags.region, env, profile: undefined })
  const endpoints = credentialEndpoints(flags, { region, proxy: proxyRoutesOf(env) })
  return operatorIdentityFromEnvironment(env, {
    ...endpoints,
    ...(choice === undefined ? { enableWorkerRole: flags['enable-worker-role'] === true } : { choice }),
  })
}

type MachineChoice = Extract<IdentityChoice, { kind: 'chain' | 'profile' }>

/** A profile, or the default chain, within `--timeout`. */
async function fromMachine(request: CloudRequest, choice: MachineChoice): Promise<FoundIdentity> {
  const what =
    choice.kind === 'chain' ? 'asking the metadata service whether this machine has a role' : 'reading the profile'
  const { signal } = request
  const work = (within: AbortSignal): Promise<FoundIdentity> => resolveOnMachine({ ...request, signal: within }, choice)
  const timeoutMs = request.flags.timeout
  try {
    return await withDeadline(work, { timeoutMs, what, signal })
  } catch (error) {
    throw withLimit(error, timeoutMs)
  }
}

/** Loads the resolver here, because most calls do not need it. */
async function resolveOnMachine(
  { flags, env, log, signal }: CloudRequest,
  choice: MachineChoice,
): Promise<FoundIdentity> {
  const { defaultChain, profile } = await import('@ack-secret-manager/auth-sdk')
  const metadataEndpoint = metadataEndpointOf(flags)
  const exposed = new Map<string, string>()
  const resolve = (stsEndpoint: string | undefined): Promise<ResolvedIdentity> => {
    const options = {
      environment: env,
      onExposedFile: (shown: string, mode: number, otherOwner?: number) =>
        void exposed.set(shown, exposedFileText(shown, mode, otherOwner)),
      ...defined({ stsEndpoint, proxy: proxyRoutesOf(env) }),
      ...(metadataEndpoint && {
        ecsRole: (roleName: string | undefined) => workerRoleProvider({ metadataEndpoint, ...defined({ roleName }) }),
      }),
    }
    return choice.kind === 'chain' ? defaultChain({ ...options, signal }) : profile(choice.name, options)
  }
  const sts = flags['sts-endpoint']
  let found = await resolve(sts)
  if (sts === undefined && flags.network === 'vpc') {
    // The region of the VPC endpoint may be that of the profile.
    const region = regionOf({ flag: flags.region, env, profile: found.region })
    await found.provider.close()
    found = await resolve(defaultStsEndpoint(region, 'vpc'))
  }
  const { provider, region, command, isFromUri } = found
  for (const text of exposed.values()) log.warn(text)
  log.info(`using ${provider.identity.description}, region ${regionOf({ flag: flags.region, env, profile: region })}`)
  return { provider, ...defined({ region, command, isFromUri }) }
}
