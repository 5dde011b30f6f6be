import { parseEndpoint, parseRoleArn } from '@ack-secret-manager/alicloud-openapi'
import { defined, isSecretSyncError, nameText, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { CLI_CONFIG_SHOWN, cliProfileNamed } from './internal/cli-config.ts'
import { isEmptyProfile } from './internal/cli-profile.ts'
import { fromCliProfile, fromSection, ofRecipe, type ProfileIdentity } from './internal/from-profile.ts'
import { invalidConfig } from './internal/invalid-config.ts'
import {
  type Environment,
  isOn,
  readCliConfig,
  readCredentialsFile,
  sessionNameOf,
  variable,
} from './internal/places.ts'
import type { ChainSource, ResolvedIdentity, ResolveOptions, SkippedSource } from './resolved-identity.ts'

/** What a step has found: an identity, or why there is none. */
/** `isOdd`: the source is there, but not as it should be. */
type Found = ProfileIdentity | { readonly why: string; readonly isOdd?: boolean }

interface Step {
  readonly source: ChainSource
  readonly find: (environment: Environment, options: ChainOptions) => Found | Promise<Found>
}

type ChainOptions = ResolveOptions & { readonly signal: AbortSignal }

/** Order of `@alicloud/credentials`, "Default credential provider chain". */
const STEPS: readonly Step[] = [
  { source: 'environment', find: fromEnvironment },
  { source: 'oidc', find: fromOidc },
  { source: 'cli-profile', find: fromCurrentProfile },
  { source: 'credentials-file', find: fromDefaultSection },
  { source: 'ecs-role', find: fromEcsRole },
  { source: 'credentials-uri', find: fromUri },
]

/**
 * The identity of the default chain of Alibaba Cloud: the first source that is configured. Unlike the SDK, a configured source
 * that fails ends the chain with its error, because the next one would be another identity. Only the metadata service is asked
 * whether it is there.
 *
 * For people at a terminal, never for the operator: which identity it is depends on the machine.
 * @throws SecretSyncError `InvalidSpec` for a malformed source, `Unauthenticated` if no source is configured
 */
export async function defaultChain(options: ChainOptions): Promise<ResolvedIdentity> {
  const environment = options.environment ?? process.env
  if (options.stsEndpoint !== undefined) parseEndpoint(options.stsEndpoint, { field: 'stsEndpoint' })
  const skipped: SkippedSource[] = []
  const odd: string[] = []
  for (const { source, find } of STEPS) {
    // oxlint-disable-next-line no-await-in-loop -- a later source counts only if this one is not configured
    const found = await find(environment, options)
    if ('provider' in found) return { ...found, source, skipped }
    skipped.push({ source, why: found.why })
    if (found.isOdd === true) odd.push(found.why)
  }
  throw new SecretSyncError(
    'Unauthenticated',
    `no Alibaba Cloud identity is configured: run \`aliyun configure\`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET (${[TRIED, ...odd].join('; ')})`,
  )
}

const TRIED = 'tried: environment, OIDC, ~/.aliyun/config.json, ~/.alibabacloud/credentials, ECS role, credentials URI'
const KEY_ID = 'ALIBABA_CLOUD_ACCESS_KEY_ID'
const KEY_SECRET = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'

function fromEnvironment(environment: Environment, options: ChainOptions): Found {
  const id = variable(environment, KEY_ID)
  const secret = variable(environment, KEY_SECRET)
  if (id === undefined) return { why: `${KEY_ID} is not set` }
  if (secret === undefined) throw invalidConfig('environment', `${KEY_ID} is set, but ${KEY_SECRET} is not`, KEY_SECRET)
  const token = variable(environment, 'ALIBABA_CLOUD_SECURITY_TOKEN')
  const recipe = {
    kind: 'access-key',
    id,
    secret: new Sensitive(secret),
    ...(token === undefined ? {} : { token: new Sensitive(token) }),
  } as const
  return { provider: ofRecipe(recipe, 'environment', options) }
}

const OIDC_VARIABLES = [
  'ALIBABA_CLOUD_ROLE_ARN',
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
] as const

function fromOidc(environment: Environment, options: ChainOptions): Found {
  const [role, providerArn, tokenFile] = OIDC_VARIABLES.map((name) => variable(environment, name))
  if (role === undefined || providerArn === undefined || tokenFile === undefined) {
    const missing = OIDC_VARIABLES.filter((name) => variable(environment, name) === undefined)
    return { why: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set` }
  }
  const { stsEndpoint } = options
  const recipe = {
    kind: 'oidc',
    roleArn: parseRoleArn(role, 'ALIBABA_CLOUD_ROLE_ARN').arn,
    providerArn,
    tokenFile,
    sessionName: sessionNameOf(environment),
    ...defined({ stsEndpoint }),
  } as const
  return { provider: ofRecipe(recipe, 'environment', options) }
}

async function fromCurrentProfile(environment: Environment, options: ChainOptions): Promise<Found> {
  if (isOn(environment, 'ALIBABA_CLOUD_CLI_PROFILE_DISABLED')) {
    return { why: 'ALIBABA_CLOUD_CLI_PROFILE_DISABLED is set', isOdd: true }
  }
  const config = await readCliConfig(environment, options)
  if (config === undefined) return { why: `${CLI_CONFIG_SHOWN} does not exist` }
  const name = variable(environment, 'ALIBABA_CLOUD_PROFILE') ?? config.current
  const profile = cliProfileNamed(config, name)
  if (profile === undefined) return { why: `${CLI_CONFIG_SHOWN} has no profile ${nameText(name)}`, isOdd: true }
  if (isEmptyProfile(profile)) return { why: `profile ${nameText(name)} of ${CLI_CONFIG_SHOWN} is empty`, isOdd: true }
  return fromCliProfile(profile, config, environment, options)
}

async function fromDefaultSection(environment: Environment, options: ChainOptions): Promise<Found> {
  const place = await readCredentialsFile(environment, options)
  const named = variable(environment, 'ALIBABA_CLOUD_PROFILE')
  const name = named ?? 'default'
  const section = place.file?.get(name)
  if (section !== undefined) return fromSection(name, section, place, environment, options)
  if (place.isNamed && place.file === undefined) {
    throw invalidConfig('ALIBABA_CLOUD_CREDENTIALS_FILE', `${place.shown} does not exist`)
  }
  if (named !== undefined) {
    throw invalidConfig(
      'ALIBABA_CLOUD_PROFILE',
      `there is no profile ${nameText(named)} in ${CLI_CONFIG_SHOWN} or ${place.shown}`,
    )
  }
  if (place.file === undefined) return { why: `${place.shown} does not exist` }
  return { why: `${place.shown} has no profile ${name}`, isOdd: true }
}

/** The metadata service responds on ECS only, so the first credential tells whether there is a role. */
async function fromEcsRole(environment: Environment, options: ChainOptions): Promise<Found> {
  if (isOn(environment, 'ALIBABA_CLOUD_ECS_METADATA_DISABLED')) {
    return { why: 'ALIBABA_CLOUD_ECS_METADATA_DISABLED is set' }
  }
  const roleName = variable(environment, 'ALIBABA_CLOUD_ECS_METADATA')
  const provider = ofRecipe({ kind: 'ecs-role', ...defined({ roleName }) }, 'metadata service', options)
  try {
    await provider.credential({ signal: options.signal })
    return { provider }
  } catch (error) {
    await provider.close()
    if (roleName !== undefined || !isSecretSyncError(error) || error.code === 'Cancelled') throw error
    return { why: error.message }
  }
}

function fromUri(environment: Environment, options: ChainOptions): Found {
  const uri = variable(environment, 'ALIBABA_CLOUD_CREDENTIALS_URI')
  if (uri === undefined) return { why: 'ALIBABA_CLOUD_CREDENTIALS_URI is not set' }
  const isHttp = URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)
  if (!isHttp) throw invalidConfig('ALIBABA_CLOUD_CREDENTIALS_URI', 'expected an http or https URL')
  const provider = ofRecipe({ kind: 'uri', uri: new Sensitive(uri) }, 'environment', options)
  return { provider, isFromUri: true }
}
