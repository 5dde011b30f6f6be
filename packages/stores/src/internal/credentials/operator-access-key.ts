import { accessKeyId, accessKeyProvider, credentialText } from '@ack-secret-manager/auth-access-key'
import { type CredentialProvider, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { type Environment, present, conflictingIdentities } from './identity-variables.ts'

interface Names {
  readonly id: string
  readonly secret: string
  readonly token?: string
}

/** Variables of the Alibaba Cloud SDKs. */
const ALIBABA: Names = {
  id: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  secret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  token: 'ALIBABA_CLOUD_SECURITY_TOKEN',
}
/** Variables of the Go operator ack-secret-manager. */
const UPSTREAM: Names = { id: 'ACCESS_KEY_ID', secret: 'SECRET_ACCESS_KEY' }

/**
 * The AccessKey of the environment, and the variable that names it.
 * @throws SecretSyncError `InvalidSpec` for half a key or two different ones, `Unauthenticated` for a malformed one
 */
export function operatorAccessKey(env: Environment): { name: string; provider: CredentialProvider } | undefined {
  const own = fromNames(env, ALIBABA)
  const upstream = fromNames(env, UPSTREAM)
  if (own !== undefined && upstream !== undefined && own.identity.fingerprint !== upstream.identity.fingerprint) {
    throw conflictingIdentities(ALIBABA.id, UPSTREAM.id)
  }
  if (own !== undefined) return { name: ALIBABA.id, provider: own }
  return upstream === undefined ? undefined : { name: UPSTREAM.id, provider: upstream }
}

function fromNames(env: Environment, names: Names): CredentialProvider | undefined {
  const id = present(env, names.id)
  const secret = present(env, names.secret)
  const token = names.token === undefined ? undefined : present(env, names.token)
  if (id === undefined && secret === undefined && token === undefined) return undefined
  if (id === undefined) throw missing(names.id, secret === undefined ? (names.token ?? '') : names.secret)
  if (secret === undefined) throw missing(names.secret, names.id)
  return accessKeyProvider({
    accessKeyId: accessKeyId(id, names.id),
    accessKeySecret: new Sensitive(credentialText(secret, names.secret)),
    ...(token === undefined ? {} : { securityToken: new Sensitive(credentialText(token, names.token ?? '')) }),
  })
}

function missing(name: string, given: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${given} is set, but ${name} is not: set both or neither`)
}
