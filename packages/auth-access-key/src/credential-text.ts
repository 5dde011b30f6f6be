import { SecretSyncError } from '@ack-secret-manager/core'

/** Longest part of a credential that is accepted, in UTF-16 units. STS tokens are about 1,000 long. */
export const MAX_CREDENTIAL_TEXT_LENGTH = 16_384

/** What AccessKey ids, AccessKey secrets and STS tokens are made of: printable ASCII without blanks. */
const PRINTABLE = /^[!-~]+$/

/**
 * One part of a credential as people keep it in files and Secrets, without the byte order mark, blanks and final
 * newline that editors and `echo` put around it.
 * @param part names it in the error: `AccessKey secret`, `key "id" of Secret prod/kms`
 * @throws SecretSyncError `Unauthenticated` when it is empty, has blanks or unprintable characters inside, or is longer
 * than {@link MAX_CREDENTIAL_TEXT_LENGTH}. The message names `part`, never the text.
 */
export function credentialText(text: string, part: string): string {
  // `trim` counts U+FEFF, the byte order mark, among white space.
  const trimmed = text.trim()
  if (trimmed === '') throw refused(part, 'is empty')
  if (trimmed.length > MAX_CREDENTIAL_TEXT_LENGTH) {
    throw refused(part, `is longer than ${MAX_CREDENTIAL_TEXT_LENGTH} characters`)
  }
  if (/\s/.test(trimmed)) throw refused(part, 'has white space inside: is it two values, or one cut by a line break?')
  if (!PRINTABLE.test(trimmed)) throw refused(part, 'has characters that are not printable ASCII')
  return trimmed
}

function refused(part: string, why: string): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `${part} ${why}`)
}
