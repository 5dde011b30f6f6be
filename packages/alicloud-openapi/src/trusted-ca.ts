import { X509Certificate } from 'node:crypto'
import { SecretSyncError } from '@ack-secret-manager/core'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Maximum length of a bundle, five times that of Mozilla's list. */
const MAX_CA_LENGTH = 1_048_576

/**
 * Parses a bundle of certificates: PEM, or base64 of PEM as in custom resources.
 * @returns each certificate as PEM, at least one
 * @throws SecretSyncError `InvalidSpec` when the bundle is empty or a certificate is malformed
 */
export function parseCa(text: string): readonly string[] {
  if (text.length > MAX_CA_LENGTH) throw invalidSpec(`longer than ${MAX_CA_LENGTH} characters`)
  const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8')
  const blocks = pem.match(BLOCK) ?? []
  // OpenSSL accepts an empty list and then reports every certificate as untrusted.
  if (blocks.length === 0)
    throw invalidSpec('expected PEM certificates (-----BEGIN CERTIFICATE-----) or base64 of them, found none')
  const broken = blocks.findIndex((block) => !isCertificate(block))
  if (broken >= 0) throw invalidSpec(`certificate ${broken + 1} of ${blocks.length} cannot be read`)
  return blocks
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    // The caller reports the position of the certificate, which helps more than OpenSSL's reason.
    return false
  }
}

function invalidSpec(why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `ca: ${why}`, { facts: { field: 'ca' } })
}
