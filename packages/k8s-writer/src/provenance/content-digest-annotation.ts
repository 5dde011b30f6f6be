import { createHash } from 'node:crypto'
import type { Provenance } from './provenance.ts'

const DIGEST_LENGTH = 22

/**
 * Value of the annotation, `KEY-ID:DIGEST`. It changes only with the type or the content of the managed keys, not with their sources.
 * The digests need the digest key. Several ids are joined by `+`.
 */
export function contentDigestOf({ type, records }: Provenance): string {
  const rows = [...records.values()].flatMap(({ keys }) => [...keys].map(([key, { digest }]) => [key, digest] as const))
  const sorted = rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const ids = new Set([...records.values()].map(({ digestKeyId }) => digestKeyId))
  const digest = createHash('sha256')
    .update(JSON.stringify([type, sorted]))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH)
  return `${[...ids].sort().join('+')}:${digest}`
}
