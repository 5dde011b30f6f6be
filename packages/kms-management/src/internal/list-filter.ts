import type { SecretSummary } from '../secret-state.ts'
import { compilePattern } from '../name-pattern.ts'

/** Which secrets are wanted. All conditions must hold. */
export interface ListFilter {
  /** Pattern of the name: `shop/*`. @default all */
  readonly filter?: string
  /** Types, in any case: `Generic`, `Rds`. @default all */
  readonly types?: readonly string[]
  /** Tags that a secret has; `true` for any value. @default all */
  readonly tags?: Readonly<Record<string, string | true>>
  /** Secrets that are scheduled for deletion. @default 'include' */
  readonly deleted?: 'include' | 'exclude' | 'only'
}

/** Results that KMS gives at most for a filter by tags. Alibaba Cloud KMS API reference, ListSecrets. */
export const TAG_FILTER_LIMIT = 4_000

/** @throws SecretSyncError `InvalidSpec` for a pattern that is too long */
export function matcherOf(filter: ListFilter): (secret: SecretSummary) => boolean {
  const hasName = filter.filter === undefined ? () => true : compilePattern(filter.filter)
  const types = filter.types && new Set(filter.types.map((type) => type.toLowerCase()))
  const wanted = Object.entries(filter.tags ?? {})
  const { deleted = 'include' } = filter
  return ({ name, type, tags = {}, plannedDeletionMs }) =>
    hasName(name) &&
    (types === undefined || types.has(type.toLowerCase())) &&
    (deleted === 'include' || (deleted === 'only') === (plannedDeletionMs !== undefined)) &&
    wanted.every(([key, value]) => Object.hasOwn(tags, key) && (value === true || tags[key] === value))
}

/**
 * The part of a filter that KMS can do without losing a match: one tag. How it matches names is not documented, and it has
 * separate filters for keys and values of tags.
 */
export function serverFilter({ tags = {} }: ListFilter): string | undefined {
  const [first] = Object.entries(tags)
  if (first === undefined) return undefined
  const [key, value] = first
  const filters = [
    { Key: 'TagKey', Values: [key] },
    ...(value === true || value === '' ? [] : [{ Key: 'TagValue', Values: [value] }]),
  ]
  return JSON.stringify(filters)
}
