import { SecretSyncError } from '@ack-secret-manager/core'
import { credentialText } from './credential-text.ts'

/** Ids of RAM users, STS sessions and console sessions. Secret scanners detect these prefixes. */
const PREFIXED = /^(?:LTAI|STS\.|TMP\.)[A-Za-z0-9.]+$/
const MAX_LENGTH = 128

/** Ids from before 2016, which some accounts still use. A password can look the same, so such an id is never shown. */
const UNPREFIXED = /^[A-Za-z0-9]{16}$/

/**
 * The id of an AccessKey, trimmed.
 * @param part name for errors: `key "id" of Secret prod/kms`
 * @throws SecretSyncError `Unauthenticated` for an invalid id. The message omits the text, because it may be the AccessKey
 * secret.
 */
export function accessKeyId(text: string, part: string): string {
  const id = credentialText(text, part)
  if (isPrefixed(id) || UNPREFIXED.test(id)) return id
  throw new SecretSyncError(
    'Unauthenticated',
    `${part} is not an AccessKey id (LTAI…, STS.… or TMP.…): are id and secret swapped?`,
  )
}

/** Label of an AccessKey for messages: `AccessKey LTAI5tDemo`, without the id if it could be a password. */
export function accessKeyLabel(id: string): string {
  return isPrefixed(id) ? `AccessKey ${id}` : 'AccessKey with an id of the old form'
}

function isPrefixed(id: string): boolean {
  return id.length <= MAX_LENGTH && PREFIXED.test(id)
}
