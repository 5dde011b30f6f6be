import { createHash } from 'node:crypto'

/** Digest of settings for the record of a target. */
export function settingsDigest(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 8)
}
