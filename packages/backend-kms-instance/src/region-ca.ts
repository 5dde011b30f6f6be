import { SecretSyncError } from '@ack-secret-manager/core'
import regionCas from './data/region-cas.json' with { type: 'json' }

const CERTIFICATES: ReadonlyMap<string, string> = new Map(Object.entries(regionCas.certificates))

/** Regions with a CA in this package. */
export const REGIONS_WITH_CA: readonly string[] = [...CERTIFICATES.keys()]

/**
 * The private CA of the KMS instances in a region, PEM. It is an intermediate certificate without a published root, so clients
 * need `allowPartialTrustChain`.
 * @throws SecretSyncError `InvalidSpec` for a region without a CA in this package
 */
export function regionCa(region: string): string {
  const base64 = CERTIFICATES.get(region)
  if (base64 !== undefined) return pemOf(base64)
  const got = JSON.stringify(region.slice(0, 80))
  throw invalidSpec(
    `region ${got} has no built-in CA; download the CA from the page of the instance in the KMS console and set ca`,
  )
}

function pemOf(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function invalidSpec(why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `ca: ${why}`, { facts: { field: 'ca' } })
}
