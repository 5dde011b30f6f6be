import type { ManagedFields } from '@ack-secret-manager/k8s-client'
import { FIELD_MANAGER } from '../names.ts'

/** Who wrote which keys of a Secret last, as the API server keeps book. */
export interface ManagedData {
  /** Keys that nobody has touched since we wrote them. */
  readonly ours: ReadonlySet<string>
  /** Keys that others wrote, with a mark that changes whenever they write again. */
  readonly theirs: ReadonlyMap<string, string>
  /** Changes with each write under our field manager, by any client; times have seconds. */
  readonly ourWrites: string
  /** The same for each write under any other name. */
  readonly otherWrites: string
}

/** Reads the data keys out of `metadata.managedFields`. Whatever is not as expected counts as nothing. */
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
      // `.` stands for the map itself.
      if (!field.startsWith('f:')) continue
      const key = field.slice('f:'.length)
      if (manager === FIELD_MANAGER) ours.add(key)
      else theirs.set(key, [theirs.get(key), manager, operation, time].join('\n'))
    }
  }
  return { ours, theirs, ourWrites: ourWrites.join('\n'), otherWrites: otherWrites.join('\n') }
}
