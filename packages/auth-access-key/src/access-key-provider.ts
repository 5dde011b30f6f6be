import {
  type Clock,
  type Credential,
  type CredentialProvider,
  defined,
  fingerprint,
  SecretSyncError,
  Sensitive,
  systemClock,
  unknownAccount,
} from '@ack-secret-manager/core'
import { accessKeyId, accessKeyLabel } from './access-key-id.ts'
import { credentialText } from './credential-text.ts'

export interface AccessKeyOptions {
  /** Id of the RAM AccessKey, such as `LTAI5t…`, or `STS.…` for a temporary one. */
  readonly accessKeyId: string
  readonly accessKeySecret: Sensitive<string>
  /** The security token of a temporary AccessKey. @default none */
  readonly securityToken?: Sensitive<string>
  /** Wall-clock milliseconds after which the credential is no longer handed out. @default never */
  readonly expiresAtMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * The identity of one RAM AccessKey, which never changes. Trims white space around each part.
 *
 * Its fingerprint covers the id and the secret, so knowing an AccessKey id is not enough to share its connections.
 * @throws SecretSyncError `Unauthenticated` naming a malformed part; `credential()` throws it after `expiresAtMs`
 */
export function accessKeyProvider(options: AccessKeyOptions): CredentialProvider {
  const { securityToken, expiresAtMs, clock = systemClock } = options
  const id = accessKeyId(options.accessKeyId, 'the AccessKey id')
  const secret = credentialText(options.accessKeySecret.expose(), 'AccessKey secret')
  const token = securityToken && credentialText(securityToken.expose(), 'security token')
  const credential: Credential = Object.freeze({
    accessKeyId: id,
    accessKeySecret: new Sensitive(secret),
    ...(token === undefined ? {} : { securityToken: new Sensitive(token) }),
    ...defined({ expiresAtMs }),
  })
  const description = accessKeyLabel(id)
  const own = fingerprint('access-key', id, secret, token ?? '')
  return {
    identity: { kind: 'access-key', fingerprint: own, description, account: unknownAccount(own) },
    async credential({ signal }) {
      if (signal.aborted) throw new SecretSyncError('Cancelled', `${description}: cancelled`)
      if (expiresAtMs !== undefined && clock.now() >= expiresAtMs) {
        const when = new Date(expiresAtMs).toISOString()
        throw new SecretSyncError('Unauthenticated', `${description} expired at ${when}: configure a new one`)
      }
      return credential
    },
    // A static key has no newer credential.
    invalidate: () => undefined,
    close: async () => undefined,
  }
}
