import { X509Certificate } from 'node:crypto'
import { SecretSyncError } from '@ack-secret-manager/core'
import regionCas from './data/region-cas.json' with { type: 'json' }

const CERTIFICATES: ReadonlyMap<string, string> = new Map(Object.entries(regionCas.certificates))

/** Regions whose CA ships with this package. */
export const REGIONS_WITH_CA: readonly string[] = [...CERTIFICATES.keys()]

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const MAX_CA_BYTES = 1_048_576

/**
 * The private CA of the KMS instances in a region, PEM. It is an intermediate one: trusting it takes
 * `allowPartialTrustChain`, since its root is not published with it.
 * @throws SecretSyncError `InvalidSpec` for a region that none ships for
 */
export function regionCa(region: string): string {
  const base64 = CERTIFICATES.get(region)
  if (base64 !== undefined) return pemOf(base64)
  const got = JSON.stringify(region.slice(0, 80))
  throw refused(
    `none ships for region ${got}; download it from the page of the instance in the KMS console, and give it`,
  )
}

/**
 * The certificates of a bundle: PEM, or base64 of PEM as resources hold it.
 * @returns each certificate as PEM
 * @throws SecretSyncError `InvalidSpec` when there is none, or one cannot be read
 */
export function parseCa(text: string): readonly string[] {
  if (text.length > MAX_CA_BYTES) throw refused(`longer than ${MAX_CA_BYTES} characters`)
  const pem = text.includes('-----BEGIN') ? text : decoded(text)
  const blocks = pem.match(BLOCK) ?? []
  // OpenSSL would take it for an empty list, and then trust nobody without saying why.
  if (blocks.length === 0)
    throw refused('expected PEM certificates (-----BEGIN CERTIFICATE-----) or base64 of them, found none')
  const broken = blocks.findIndex((block) => !isCertificate(block))
  if (broken >= 0) throw refused(`certificate ${broken + 1} of ${blocks.length} cannot be read`)
  return blocks
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

function pemOf(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
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
