import { createHash } from 'node:crypto'

/** Names a label or an annotation of a target: `labels/app`, `annotations/example.com/team`. */
export type MetadataName = `labels/${string}` | `annotations/${string}`

/** Labels and annotations with their values. */
export type TargetMetadata = ReadonlyMap<MetadataName, string>

/** Labels and annotations that an owner has set, as recorded on the target. */
export interface MetadataRecord {
  readonly names: readonly MetadataName[]
  /** Digest of names and values. Unkeyed, because both are public on the same object. */
  readonly digest: string
}

/** The record of labels and annotations, independent of their order. Undefined if there are none. */
export function recordMetadata(metadata: TargetMetadata): MetadataRecord | undefined {
  if (metadata.size === 0) return undefined
  const entries = [...metadata].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const digest = createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 22)
  return { names: entries.map(([name]) => name), digest }
}
