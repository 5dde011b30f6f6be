import { createHash } from 'node:crypto'
import type { UsedSource } from './desired-secret.ts'

const PREFIX = 'template of '
const SEPARATOR = ', '
/** A record that names more would take too much of a Secret's annotations. */
const MAX_LENGTH = 4_096

/**
 * Where a rendered key comes from, in place of one secret and its version: from all that the templates can see. Neither
 * holds a value.
 */
export function templateProvenance(sources: readonly UsedSource[]): {
  readonly secret: string
  readonly versionId: string
} {
  const secret = `${PREFIX}${[...new Set(sources.map((source) => source.secret))].join(SEPARATOR)}`
  const versionId = sources.map((source) => source.versionId).join(SEPARATOR)
  if (secret.length + versionId.length <= MAX_LENGTH) return { secret, versionId }
  const digest = createHash('sha256')
    .update(JSON.stringify([secret, versionId]))
    .digest('hex')
    .slice(0, 12)
  return { secret: `${PREFIX}${sources.length} secrets`, versionId: digest }
}

/** Whether what a record names as a key's origin are templates. */
export function isRendered(origin: string): boolean {
  return origin.startsWith(PREFIX)
}

/** Whether what a record names as a key's origin is this secret, or was made of it among others. */
export function isFrom(origin: string, secret: string): boolean {
  if (origin === secret) return true
  return isRendered(origin) && origin.slice(PREFIX.length).split(SEPARATOR).includes(secret)
}
