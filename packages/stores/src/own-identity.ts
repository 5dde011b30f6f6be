import { accessKeyProvider, credentialText } from '@ack-secret-manager/auth-access-key'
import { type CredentialProvider, SecretSyncError, Sensitive } from '@ack-secret-manager/core'

/** Environment variables, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

interface Names {
  readonly id: string
  readonly secret: string
  readonly token?: string
}

/** Alibaba Cloud's own names, and those of the Go operator ack-secret-manager. */
const ALIBABA: Names = {
  id: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  secret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  token: 'ALIBABA_CLOUD_SECURITY_TOKEN',
}
const UPSTREAM: Names = { id: 'ACCESS_KEY_ID', secret: 'SECRET_ACCESS_KEY' }

/** Set by somebody who means another kind of identity: ignoring them would read as the wrong one. */
const NOT_YET = [
  'ALICLOUD_ROLE_ARN',
  'ALICLOUD_OIDC_PROVIDER_ARN',
  'ALICLOUD_OIDC_TOKEN_FILE',
  'ALIBABA_CLOUD_ROLE_ARN',
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
] as const

/** What to set so that there is an identity, for messages. */
export const OWN_IDENTITY_HINT = `set ${ALIBABA.id} and ${ALIBABA.secret} (or ${UPSTREAM.id} and ${UPSTREAM.secret})`

/**
 * The identity that the environment configures for the process itself; undefined when it configures none. An empty
 * variable counts as absent.
 * @throws SecretSyncError `InvalidSpec` for half an identity, two different ones at once, or a kind that is not supported;
 * `Unauthenticated` for a malformed value. Messages name variables, never their content.
 */
export function ownIdentityFromEnvironment(env: Environment): CredentialProvider | undefined {
  const unsupported = NOT_YET.find((name) => present(env, name) !== undefined)
  if (unsupported !== undefined) {
    throw new SecretSyncError(
      'InvalidSpec',
      `${unsupported} is set, but roles and RRSA are not supported yet: unset it and ${OWN_IDENTITY_HINT}`,
    )
  }
  const own = fromNames(env, ALIBABA)
  const upstream = fromNames(env, UPSTREAM)
  if (own !== undefined && upstream !== undefined && own.identity.fingerprint !== upstream.identity.fingerprint) {
    throw new SecretSyncError(
      'InvalidSpec',
      `${ALIBABA.id} and ${UPSTREAM.id} configure two different identities: keep one of them`,
    )
  }
  return own ?? upstream
}

function fromNames(env: Environment, names: Names): CredentialProvider | undefined {
  const id = present(env, names.id)
  const secret = present(env, names.secret)
  const token = names.token === undefined ? undefined : present(env, names.token)
  if (id === undefined && secret === undefined && token === undefined) return undefined
  if (id === undefined) throw missing(names.id, secret === undefined ? (names.token ?? '') : names.secret)
  if (secret === undefined) throw missing(names.secret, names.id)
  return accessKeyProvider({
    accessKeyId: credentialText(id, names.id),
    accessKeySecret: new Sensitive(credentialText(secret, names.secret)),
    ...(token === undefined ? {} : { securityToken: new Sensitive(credentialText(token, names.token ?? '')) }),
  })
}

function present(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name]
}

function missing(name: string, given: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${given} is set, but ${name} is not: set both or neither`)
}
