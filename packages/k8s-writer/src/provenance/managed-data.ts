import { FIELD_MANAGER, type ManagedFields } from '@ack-secret-manager/k8s-client'

/** Field managers of the keys of a Secret. */
export interface ManagedData {
  /** Keys that our field manager owns. */
  readonly ours: ReadonlySet<string>
  /** Keys of other field managers, with a mark that changes with each of their writes. */
  readonly theirs: ReadonlyMap<string, string>
  /** Changes with each write under our field manager, by any client; its times have a resolution of seconds. */
  readonly ourWrites: string
  /** The same for writes under other field managers. */
  readonly otherWrites: string
}

/** Extracts the data keys from `metadata.managedFields`. Unexpected entries are skipped. */
export function managedDataOf(entries: readonly ManagedFields[] | undefined): ManagedData {
  const ours = new Set<string>()
  const theirs = new Map<string, string>()
  const [ourWrites, otherWrites]: [string[], string[]] = [[], []]
  for (const { manager = '', operation = '', time = '', fieldsV1 } of entries ?? []) {
    if (manager === FIELD_MANAGER) ourWrites.push(operation, time)
    else otherWrites.push(manager, operation, time)
    const data = fieldsV1?.['f:data']
    if (typeof data !== 'object' || data === null) continue
    for (const field of Object.keys(data)) {
      // `.` is the map itself.
      if (!field.startsWith('f:')) continue
      const key = field.slice('f:'.length)
      if (manager === FIELD_MANAGER) ours.add(key)
      else theirs.set(key, [theirs.get(key), manager, operation, time].join('\n'))
    }
  }
  return { ours, theirs, ourWrites: ourWrites.join('\n'), otherWrites: otherWrites.join('\n') }
}
