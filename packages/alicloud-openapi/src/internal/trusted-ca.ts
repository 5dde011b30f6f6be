import { X509Certificate } from 'node:crypto'
import { SecretSyncError } from '@ack-secret-manager/core'

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Certificates in one bundle; Mozilla's list has fewer than 200. */
const MAX_CERTIFICATES = 1_000

/**
 * The certificates of a PEM bundle. OpenSSL takes a file without any for an empty list, and then trusts nobody without
 * saying why.
 * @throws SecretSyncError `InvalidSpec`
 */
export function certificatesOf(pem: string): string[] {
  const blocks = pem.match(BLOCK) ?? []
  if (blocks.length === 0) throw refused('expected PEM certificates (-----BEGIN CERTIFICATE-----), found none')
  if (blocks.length > MAX_CERTIFICATES) throw refused(`more than ${MAX_CERTIFICATES} certificates`)
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
