import { parseEndpoint, parseRegion, parseRoleArn } from '@ack-secret-manager/alicloud-openapi'
import { isSecretSyncError, nameText, Sensitive } from '@ack-secret-manager/core'
import { z } from 'zod'
import { invalidConfig } from './invalid-config.ts'
import type { Recipe } from './recipe.ts'

const text = z.string().default('')

/** Fields of a profile that make an identity. Source: aliyun-cli, `config/profile.go`. */
export const cliProfileSchema = z.object({
  name: z.string(),
  mode: text,
  access_key_id: text,
  access_key_secret: text,
  sts_token: text,
  sts_expiration: z.number().default(0),
  region_id: text,
  ram_role_name: text,
  ram_role_arn: text,
  ram_session_name: text,
  external_id: text,
  expired_seconds: z.number().default(0),
  duration_seconds: z.number().default(0),
  sts_region: text,
  sts_endpoint: text,
  enable_vpc: z.boolean().default(false),
  source_profile: text,
  oidc_provider_arn: text,
  oidc_token_file: text,
  credentials_uri: text,
  process_command: text,
})

/** See {@link cliProfileSchema}. */
export type CliProfile = z.output<typeof cliProfileSchema>

/** Where a profile is made into an identity. */
export interface CliProfileContext {
  /** Name of the profile in errors: `profile prod of ~/.aliyun/config.json`. */
  readonly where: string
  readonly profileNamed: (name: string) => CliProfile | undefined
  /** Name of sessions if the profile has none. */
  readonly sessionName: string
  /** STS endpoint of roles if the profile has none. */
  readonly stsEndpoint: string | undefined
}

type Field = { [F in keyof CliProfile]: CliProfile[F] extends string ? F : never }[keyof CliProfile]
type Maker = (profile: CliProfile, context: CliProfileContext, via: readonly string[]) => Recipe

/** Modes of the `aliyun` CLI with what makes their identity. The CLI ignores case in the name of a mode. */
const MODES: Readonly<Record<string, Maker>> = {
  AK: accessKey,
  StsToken: (profile, context) => ({
    ...accessKey(profile, context),
    token: new Sensitive(need(profile, 'sts_token', context)),
  }),
  RamRoleArn: (profile, context) => assume(profile, context, accessKey(profile, context)),
  ChainableRamRoleArn: (profile, context, via) => assume(profile, context, sourceOf(profile, context, via)),
  RamRoleArnWithRoleName: (profile, context) => assume(profile, context, ecsRole(profile)),
  EcsRamRole: (profile) => ecsRole(profile),
  OIDC: (profile, context) => ({
    kind: 'oidc',
    providerArn: need(profile, 'oidc_provider_arn', context),
    tokenFile: need(profile, 'oidc_token_file', context),
    ...roleParts(profile, context),
  }),
  CredentialsURI: (profile, context) => ({
    kind: 'uri',
    uri: new Sensitive(need(profile, 'credentials_uri', context)),
  }),
  CloudSSO: storedSession,
  External: (profile, context) => ({
    kind: 'command',
    command: new Sensitive(need(profile, 'process_command', context)),
  }),
  // The SDK reads the rest from the file and writes renewed tokens into it.
  OAuth: ({ name }) => ({ kind: 'cli-profile', mode: 'OAuth login', profileName: name }),
}

/** Whether the profile was never filled in, as the one that the `aliyun` CLI creates at its first start. */
export function isEmptyProfile(profile: CliProfile): boolean {
  return (
    profile.mode === '' || (profile.mode === 'AK' && profile.access_key_id === '' && profile.access_key_secret === '')
  )
}

/**
 * The identity of a profile.
 * @throws SecretSyncError `InvalidSpec` naming the field, or the mode that is not supported
 */
export function recipeOfCliProfile(profile: CliProfile, context: CliProfileContext): Recipe {
  return recipeOf(profile, context, [])
}

/** Region of a profile. @throws SecretSyncError `InvalidSpec` */
export function regionOfCliProfile({ region_id: region }: CliProfile, where: string): string | undefined {
  return region === '' ? undefined : inProfile(where, 'region_id', () => parseRegion(region))
}

function recipeOf(profile: CliProfile, context: CliProfileContext, via: readonly string[]): Recipe {
  const { mode } = profile
  const name = Object.keys(MODES).find((known) => known.toLowerCase() === mode.toLowerCase())
  const make = name === undefined ? undefined : MODES[name]
  if (make !== undefined) return make(profile, context, via)
  const known = Object.keys(MODES).join(', ')
  if (mode === '') {
    throw invalidConfig(
      context.where,
      `has no mode: run \`aliyun configure --profile ${nameText(profile.name)}\``,
      'mode',
    )
  }
  throw invalidConfig(context.where, `mode ${nameText(mode.slice(0, 80))} is not supported (${known} are)`, 'mode')
}

function accessKey(profile: CliProfile, context: CliProfileContext): Recipe & { readonly kind: 'access-key' } {
  return {
    kind: 'access-key',
    id: need(profile, 'access_key_id', context),
    secret: new Sensitive(need(profile, 'access_key_secret', context)),
  }
}

/**
 * The session that the `aliyun` CLI has left in the file. The SDK cannot renew it: version 2.4.7 sends CloudSSO neither account
 * nor access configuration.
 */
function storedSession(profile: CliProfile, context: CliProfileContext): Recipe {
  const { name, access_key_id: id, access_key_secret: secret, sts_token: token, sts_expiration: endSeconds } = profile
  if (id === '' || secret === '' || token === '' || endSeconds === 0) {
    throw invalidConfig(
      context.where,
      `has no session yet: run \`aliyun sts GetCallerIdentity --profile ${nameText(name)}\``,
    )
  }
  return { ...accessKey(profile, context), token: new Sensitive(token), expiresAtMs: endSeconds * 1_000 }
}

function ecsRole({ ram_role_name: roleName }: CliProfile): Recipe {
  return { kind: 'ecs-role', ...(roleName === '' ? {} : { roleName }) }
}

function assume(profile: CliProfile, context: CliProfileContext, base: Recipe): Recipe {
  const { external_id: externalId } = profile
  return { kind: 'assume-role', base, ...roleParts(profile, context), ...(externalId === '' ? {} : { externalId }) }
}

/** The SDK would follow a circle of profiles until its stack is full. */
function sourceOf(profile: CliProfile, context: CliProfileContext, via: readonly string[]): Recipe {
  const name = need(profile, 'source_profile', context)
  const path = [...via, profile.name]
  if (path.includes(name)) {
    throw invalidConfig(
      context.where,
      `source_profile goes in a circle: ${[...path, name].map(nameText).join(' → ')}`,
      'source_profile',
    )
  }
  const source = context.profileNamed(name)
  if (source === undefined) {
    throw invalidConfig(context.where, `source_profile ${nameText(name)} does not exist`, 'source_profile')
  }
  return recipeOf(source, { ...context, where: `${context.where}, source profile ${nameText(name)}` }, path)
}

/** STS has at least 900 s; the file may also hold the number 0 for "not set". */
const MIN_DURATION_SECONDS = 900

function roleParts(profile: CliProfile, context: CliProfileContext) {
  const { ram_session_name, sts_region: stsRegion, sts_endpoint, enable_vpc: viaVpc } = profile
  const { where, sessionName } = context
  const stsEndpoint = sts_endpoint === '' ? context.stsEndpoint : sts_endpoint
  const durationSeconds = profile.duration_seconds || profile.expired_seconds
  if (durationSeconds !== 0 && durationSeconds < MIN_DURATION_SECONDS) {
    throw invalidConfig(where, `expired_seconds: expected ${MIN_DURATION_SECONDS} or more`, 'expired_seconds')
  }
  const roleArn = need(profile, 'ram_role_arn', context)
  return {
    roleArn: inProfile(where, 'ram_role_arn', () => parseRoleArn(roleArn).arn),
    sessionName: ram_session_name === '' ? sessionName : ram_session_name,
    ...(durationSeconds === 0 ? {} : { durationSeconds }),
    ...(stsRegion === '' ? {} : { stsRegion: inProfile(where, 'sts_region', () => parseRegion(stsRegion)) }),
    ...(stsEndpoint === undefined
      ? {}
      : { stsEndpoint: inProfile(where, 'sts_endpoint', () => parseEndpoint(stsEndpoint)) }),
    ...(viaVpc ? { viaVpc } : {}),
  }
}

/** A field that must not be empty: for an empty one the SDK would take a variable of the environment, another identity. */
function need(profile: CliProfile, field: Field, { where }: CliProfileContext): string {
  const value = profile[field].trim()
  if (value === '') throw invalidConfig(where, `${field} is empty`, field)
  return value
}

function inProfile<T>(where: string, field: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw invalidConfig(where, `${field} is malformed`, field)
  }
}
