import { isRendered, type ObservedSecret } from '@ack-secret-manager/core'
import { isGenerated } from './generated-version.ts'

/** The found secrets in the records of one resource's targets. */
export interface HeldNames {
  /** Names by id of their find. */
  readonly found: ReadonlyMap<string, ReadonlySet<string>>
  /** Secret of each key that was neither rendered nor generated. */
  readonly keys: ReadonlyMap<string, string>
}

/** Limit, because a tenant can forge a record. A genuine one has at most 1,000 secrets, or 2,000 with a former target. */
const MAX_HELD = 2_000
/** Limit of keys. One document can have 4,096. */
const MAX_KEYS = 10_000

/**
 * The secrets that targets of `owner` have. Their records are the only source, because they change together with the content. A former
 * target counts, too, until it is released.
 */
export function heldNames(targets: Iterable<ObservedSecret | undefined>, owner: string): HeldNames {
  const found = new Map<string, Set<string>>()
  const keys = new Map<string, string>()
  let size = 0
  for (const target of targets) {
    const record = target?.records.get(owner)
    for (const [id, names] of record?.found ?? []) {
      const all = found.get(id) ?? new Set()
      found.set(id, all)
      for (const name of names) if ((size += 1) <= MAX_HELD) all.add(name)
    }
    for (const [key, { secret }] of record?.keys ?? []) {
      if (!isRendered(secret) && !isGenerated(secret) && !keys.has(key) && keys.size < MAX_KEYS) keys.set(key, secret)
    }
  }
  return { found, keys }
}
