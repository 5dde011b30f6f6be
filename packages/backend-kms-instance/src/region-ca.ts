import { SecretSyncError } from '@ack-secret-manager/core'
import regionCas from './data/region-cas.json' with { type: 'json' }

const CERTIFICATES: ReadonlyMap<string, string> = new Map(Object.entries(regionCas.certificates))

/** Regions whose CA ships with this package. */
export const REGIONS_WITH_CA: readonly string[] = [...CERTIFICATES.keys()]

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

function pemOf(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function refused(why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `ca: ${why}`, { facts: { field: 'ca' } })
}
