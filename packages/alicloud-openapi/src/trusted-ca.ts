import { X509Certificate } from 'node:crypto'
import { SecretSyncError } from '@ack-secret-manager/core'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Longest bundle; Mozilla's whole list is a fifth of it. */
const MAX_CA_LENGTH = 1_048_576

/**
 * The certificates of a bundle: PEM, or base64 of PEM as resources hold it.
 * @returns each certificate as PEM, at least one
 * @throws SecretSyncError `InvalidSpec` when there is none, or one cannot be read
 */
export function parseCa(text: string): readonly string[] {
  if (text.length > MAX_CA_LENGTH) throw refused(`longer than ${MAX_CA_LENGTH} characters`)
  const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8')
  const blocks = pem.match(BLOCK) ?? []
  // OpenSSL would take it for an empty list, and then trust nobody without saying why.
  if (blocks.length === 0)
    throw refused('expected PEM certificates (-----BEGIN CERTIFICATE-----) or base64 of them, found none')
  const broken = blocks.findIndex((block) => !isCertificate(block))
  if (broken >= 0) throw refused(`certificate ${broken + 1} of ${blocks.length} cannot be read`)
  return blocks
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    // OpenSSL's reason would help nobody who pasted half a file.
    return false
  }
}

function refused(why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `ca: ${why}`, { facts: { field: 'ca' } })
}
