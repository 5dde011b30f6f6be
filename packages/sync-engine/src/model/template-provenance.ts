import { createHash } from 'node:crypto'
import { isRendered, RENDERED_ORIGIN } from '@ack-secret-manager/core'
import type { UsedSource } from './desired-secret.ts'

const SEPARATOR = ', '
/** Longer provenance would use too much of the space for annotations of a Secret. */
const MAX_LENGTH = 4_096

/** Provenance of a rendered key: all secrets and versions that the templates can use. Contains no value. */
export function templateProvenance(sources: ReadonlyArray<Pick<UsedSource, 'secret' | 'versionId'>>): {
  readonly secret: string
  readonly versionId: string
} {
  const secret = `${RENDERED_ORIGIN}${[...new Set(sources.map((source) => source.secret))].join(SEPARATOR)}`
  const versionId = sources.map((source) => source.versionId).join(SEPARATOR)
  if (secret.length + versionId.length <= MAX_LENGTH) return { secret, versionId }
  const digest = createHash('sha256')
    .update(JSON.stringify([secret, versionId]))
    .digest('hex')
    .slice(0, 12)
  return { secret: `${RENDERED_ORIGIN}${sources.length} secrets`, versionId: digest }
}

/** Whether a key with this provenance uses the secret, alone or with others. */
export function isFrom(origin: string, secret: string): boolean {
  if (origin === secret) return true
  return isRendered(origin) && origin.slice(RENDERED_ORIGIN.length).split(SEPARATOR).includes(secret)
}
