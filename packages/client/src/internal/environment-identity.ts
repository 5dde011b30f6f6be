import { readFileSync } from 'node:fs'
import { MAX_CLIENT_KEY_BYTES, parseClientKey } from '@ack-secret-manager/auth-aap'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { assumeRoleProvider } from '@ack-secret-manager/auth-assume-role'
import { rrsaProvider, tokenFile } from '@ack-secret-manager/auth-rrsa'
import { workerRoleProvider } from '@ack-secret-manager/auth-worker-role'
import {
  type BackendIdentity,
  type Clock,
  type CredentialProvider,
  defined,
  type ProxyRoutes,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'

/** A kind of identity that the environment can configure. */
export type IdentityKind = 'access-key' | 'rrsa' | 'worker-role' | 'client-key'

type Environment = Readonly<Record<string, string | undefined>>

/** Settings of identities that are not in their variables. */
export interface IdentitySettings {
  readonly env: Environment
  readonly region: string
  readonly stsEndpoint: string | undefined
  readonly metadataEndpoint: string | undefined
  readonly proxy: ProxyRoutes | undefined
  readonly clock: Clock
}

/** An identity, and how to close it. */
export interface OpenedIdentity {
  readonly identity: BackendIdentity
  close(): Promise<void>
}

/** The variable that configures each kind. */
const MARKS: Readonly<Record<IdentityKind, readonly string[]>> = {
  'access-key': ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'ALIBABA_CLOUD_SECURITY_TOKEN'],
  rrsa: ['ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'],
  'worker-role': ['ALIBABA_CLOUD_ECS_METADATA'],
  'client-key': ['ACKSM_CLIENT_KEY_FILE', 'ACKSM_CLIENT_KEY_PASSWORD_FILE'],
}
const KINDS = Object.keys(MARKS) as readonly IdentityKind[]

const HINT =
  'set ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE for RRSA, ' +
  'ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET for an AccessKey, ' +
  'ACKSM_CLIENT_KEY_FILE and ACKSM_CLIENT_KEY_PASSWORD_FILE for a client key, ' +
  "or identity: 'worker-role'"

/**
 * The identity that the environment configures; no other one is tried later. An empty variable counts as unset.
 * @param chosen the kind, if several are configured
 * @throws SecretSyncError `InvalidSpec` for none, several or an incomplete one, naming the variables, never their content;
 * `Unauthenticated` for a malformed one
 */
export function environmentIdentity(chosen: IdentityKind | undefined, settings: IdentitySettings): OpenedIdentity {
  if (chosen !== undefined && !KINDS.includes(chosen)) {
    throw invalid(`identity: expected ${KINDS.join(', ')}, got ${JSON.stringify(chosen.slice(0, 80))}`)
  }
  const kind = chosen ?? configuredKind(settings.env)
  switch (kind) {
    case 'access-key':
      return ram(accessKeyIdentity(settings))
    case 'rrsa':
      return ram(rrsaIdentity(settings))
    case 'worker-role':
      return ram(workerRole(settings))
    case 'client-key':
      return clientKeyIdentity(settings)
  }
}

function configuredKind(env: Environment): IdentityKind {
  const configured = KINDS.flatMap((kind) => {
    const mark = MARKS[kind].find((name) => isSet(env, name))
    return mark === undefined ? [] : [{ kind, mark }]
  })
  const [first, second] = configured
  if (first !== undefined && second !== undefined) {
    const names = configured.map(({ mark }) => mark).join(' and ')
    const choice = configured.map(({ kind }) => `'${kind}'`).join(' or ')
    throw invalid(`${names} configure different identities: keep one of them, or choose with identity: ${choice}`)
  }
  if (first !== undefined) return first.kind
  if (!isSet(env, 'ALIBABA_CLOUD_ROLE_ARN')) throw invalid(`no identity is configured: ${HINT}`)
  throw invalid(
    'ALIBABA_CLOUD_ROLE_ARN is set, but neither ALIBABA_CLOUD_OIDC_PROVIDER_ARN nor ALIBABA_CLOUD_ACCESS_KEY_ID: set one of them',
  )
}

function accessKeyIdentity(settings: IdentitySettings): { provider: CredentialProvider; base?: CredentialProvider } {
  const { env, region, stsEndpoint, proxy, clock } = settings
  const id = required(env, 'ALIBABA_CLOUD_ACCESS_KEY_ID', 'an AccessKey')
  const secret = required(env, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'an AccessKey')
  const token = valueOf(env, 'ALIBABA_CLOUD_SECURITY_TOKEN')
  const key = accessKeyProvider({
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
    ...(token !== undefined && { securityToken: new Sensitive(token) }),
    clock,
  })
  const roleArn = valueOf(env, 'ALIBABA_CLOUD_ROLE_ARN')
  // With an OIDC provider, the role belongs to RRSA, which was not chosen.
  if (roleArn === undefined || MARKS.rrsa.some((name) => isSet(env, name))) return { provider: key }
  const options = { base: key, roleArn, region, clock, ...sessionName(env), ...defined({ stsEndpoint, proxy }) }
  return { provider: assumeRoleProvider(options), base: key }
}

function rrsaIdentity({ env, region, stsEndpoint, proxy, clock }: IdentitySettings): { provider: CredentialProvider } {
  const roleArn = required(env, 'ALIBABA_CLOUD_ROLE_ARN', 'RRSA')
  const oidcProviderArn = required(env, 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'RRSA')
  const token = tokenFile(required(env, 'ALIBABA_CLOUD_OIDC_TOKEN_FILE', 'RRSA'))
  const options = { roleArn, oidcProviderArn, token, region, clock }
  return { provider: rrsaProvider({ ...options, ...sessionName(env), ...defined({ stsEndpoint, proxy }) }) }
}

function workerRole({ env, metadataEndpoint, clock }: IdentitySettings): { provider: CredentialProvider } {
  const roleName = valueOf(env, 'ALIBABA_CLOUD_ECS_METADATA')
  return { provider: workerRoleProvider({ clock, ...defined({ roleName, metadataEndpoint }) }) }
}

function clientKeyIdentity({ env, clock }: IdentitySettings): OpenedIdentity {
  const file = required(env, 'ACKSM_CLIENT_KEY_FILE', 'a client key')
  const passwordFile = required(env, 'ACKSM_CLIENT_KEY_PASSWORD_FILE', 'a client key')
  const clientKey = parseClientKey({
    content: contentOf(file, 'ACKSM_CLIENT_KEY_FILE'),
    password: contentOf(passwordFile, 'ACKSM_CLIENT_KEY_PASSWORD_FILE'),
    contentName: `client key ${file}`,
    passwordName: `client key password ${passwordFile}`,
    clock,
  })
  return { identity: { clientKey }, close: async () => clientKey.close() }
}

function ram({ provider, base }: { provider: CredentialProvider; base?: CredentialProvider }): OpenedIdentity {
  return {
    identity: { provider },
    close: async () => {
      await provider.close()
      await base?.close()
    },
  }
}

function sessionName(env: Environment): { sessionName?: string } {
  return defined({ sessionName: valueOf(env, 'ALIBABA_CLOUD_ROLE_SESSION_NAME') })
}

function contentOf(file: string, name: string): Uint8Array {
  let content: Uint8Array
  try {
    content = readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new SecretSyncError('Unauthenticated', `${name}: ${file} cannot be read (${code})`)
  }
  if (content.length > MAX_CLIENT_KEY_BYTES) throw invalid(`${name}: ${file} is too large`)
  return content
}

function required(env: Environment, name: string, what: string): string {
  const value = valueOf(env, name)
  if (value !== undefined) return value
  throw invalid(`${name} is not set, which ${what} needs`)
}

function isSet(env: Environment, name: string): boolean {
  return valueOf(env, name) !== undefined
}

function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

function invalid(message: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', message)
}
