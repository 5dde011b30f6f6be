import { createHash } from 'node:crypto'
import { FIELD_MANAGER, type ManagedFields } from '@ack-secret-manager/k8s-client'

const MAX_MARK_LENGTH = 1_024

/** Field managers of the keys of a Secret. */
export interface ManagedData {
  /** Keys that our field manager owns. */
  readonly ours: ReadonlySet<string>
  /** Keys of other field managers, with a mark that changes with each of their writes. */
  readonly theirs: ReadonlyMap<string, string>
  /**
   * Keys that a server-side apply has set through `stringData`. The API server changes `data`, but `managedFields` shows the key in
   * `stringData` only, and `data` as before.
   */
  readonly applied: ReadonlySet<string>
  /** Changes with each write under our field manager, by any client; its times have a resolution of seconds. */
  readonly ourWrites: string
  /** The same for writes under other field managers. */
  readonly otherWrites: string
}

/** Extracts the data keys from `metadata.managedFields`. Unexpected entries are skipped. */
export function managedDataOf(entries: readonly ManagedFields[] | undefined): ManagedData {
  const ours = new Set<string>()
  const marks = new Map<string, string[]>()
  const applied = new Set<string>()
  const [ourWrites, otherWrites]: [string[], string[]] = [[], []]
  for (const { manager = '', operation = '', time = '', fieldsV1 } of entries ?? []) {
    if (manager === FIELD_MANAGER) ourWrites.push(operation, time)
    else otherWrites.push(manager, operation, time)
    for (const key of fieldsOf(fieldsV1?.['f:stringData'])) applied.add(key)
    for (const key of fieldsOf(fieldsV1?.['f:data'])) {
      if (manager === FIELD_MANAGER) ours.add(key)
      else
        marks
          .set(key, marks.get(key) ?? [])
          .get(key)
          ?.push(manager, operation, time)
    }
  }
  const theirs = new Map([...marks].map(([key, parts]) => [key, markOf(parts)]))
  return { ours, theirs, applied, ourWrites: markOf(ourWrites), otherWrites: markOf(otherWrites) }
}

/** The names in a map of fields. */
function fieldsOf(fields: unknown): string[] {
  if (typeof fields !== 'object' || fields === null) return []
  // `.` is the map itself.
  return Object.keys(fields).flatMap((field) => (field.startsWith('f:') ? field.slice('f:'.length) : []))
}

/** Hashed if it is long: a tenant can write thousands of entries, and each key would repeat them. */
function markOf(parts: readonly string[]): string {
  const text = parts.join('\n')
  return text.length <= MAX_MARK_LENGTH ? text : createHash('sha256').update(text).digest('base64url')
}
