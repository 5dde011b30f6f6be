import { SecretSyncError } from '@ack-secret-manager/core'

/** Longest accepted part of a credential, in UTF-16 units. STS tokens have about 1,000. */
export const MAX_CREDENTIAL_TEXT_LENGTH = 16_384

/** Characters of AccessKey ids, AccessKey secrets and STS tokens: printable ASCII without spaces. */
const PRINTABLE = /^[!-~]+$/

/**
 * One part of a credential, without the byte order mark, white space and final newline that editors and `echo` add.
 * @param part name for errors: `AccessKey secret`, `key "id" of Secret prod/kms`
 * @throws SecretSyncError `Unauthenticated` when the text is empty, contains white space or unprintable characters, or is
 * longer than {@link MAX_CREDENTIAL_TEXT_LENGTH}. The message names `part`, never the text.
 */
export function credentialText(text: string, part: string): string {
  // `trim` treats U+FEFF, the byte order mark, as white space.
  const trimmed = text.trim()
  if (trimmed === '') throw unauthenticated(part, 'is empty')
  if (trimmed.length > MAX_CREDENTIAL_TEXT_LENGTH) {
    throw unauthenticated(part, `is longer than ${MAX_CREDENTIAL_TEXT_LENGTH} characters`)
  }
  if (/\s/.test(trimmed))
    throw unauthenticated(part, 'has white space inside: is it two values, or one cut by a line break?')
  if (!PRINTABLE.test(trimmed)) throw unauthenticated(part, 'has characters that are not printable ASCII')
  return trimmed
}

function unauthenticated(part: string, why: string): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `${part} ${why}`)
}
