import { SecretSyncError } from '@ack-secret-manager/core'
import { credentialText } from './credential-text.ts'

/** Ids of RAM users, of STS sessions and of the console's sessions. Secret scanners know them by these prefixes. */
const PREFIXED = /^(?:LTAI|STS\.|TMP\.)[A-Za-z0-9.]+$/
const MAX_LENGTH = 128

/** Ids from before 2016, which some accounts still use. A password may look the same, so such an id is never shown. */
const UNPREFIXED = /^[A-Za-z0-9]{16}$/

/**
 * The id of an AccessKey as people keep it, without white space around it.
 * @param part names it in the error: `key "id" of Secret prod/kms`
 * @throws SecretSyncError `Unauthenticated` for a text that cannot be one, which the message does not repeat: it may be the
 * AccessKey secret
 */
export function accessKeyId(text: string, part: string): string {
  const id = credentialText(text, part)
  if (isPrefixed(id) || UNPREFIXED.test(id)) return id
  throw new SecretSyncError(
    'Unauthenticated',
    `${part} is not an AccessKey id (LTAI…, STS.… or TMP.…): are id and secret swapped?`,
  )
}

/** An AccessKey for people: `AccessKey LTAI5tDemo`, or without the id where it may be something else. */
export function accessKeyLabel(id: string): string {
  return isPrefixed(id) ? `AccessKey ${id}` : 'AccessKey with an id of the old form'
}

function isPrefixed(id: string): boolean {
  return id.length <= MAX_LENGTH && PREFIXED.test(id)
}
