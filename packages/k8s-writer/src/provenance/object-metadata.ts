import {
  Interner,
  type MetadataName,
  type OwnerRecord,
  recordMetadata,
  type TargetMetadata,
} from '@ack-secret-manager/core'
import type { ObjectMeta } from '@ack-secret-manager/k8s-client'
import { APP_MANAGED_BY_LABEL, GROUP, MANAGED_BY_VALUE } from '@ack-secret-manager/resources'

const NO_NAMES: ReadonlySet<MetadataName> = new Set()
const NO_RECORD: readonly MetadataName[] = []

/** Shared strings, because thousands of Secrets repeat them. */
const strings = new Interner()

/** Labels and annotations of an object without a record, except those of the writer itself. */
export function foreignMetadataOf(
  { labels, annotations }: ObjectMeta,
  records: ReadonlyMap<string, OwnerRecord>,
): ReadonlySet<MetadataName> {
  const present: MetadataName[] = [
    ...unmarked(labels).map((name) => `labels/${name}` as const),
    ...unmarked(annotations).map((name) => `annotations/${name}` as const),
  ]
  const recorded = new Set([...records.values()].flatMap(({ metadata }) => metadata?.names ?? NO_RECORD))
  const foreign = present.filter((name) => !recorded.has(name))
  return foreign.length === 0 ? NO_NAMES : new Set(foreign.map((name) => strings.of(name)))
}

/** Whether an object has the labels and annotations that an owner has set, with the same values. */
export function isSetAsRecorded({ labels, annotations }: ObjectMeta, { metadata }: OwnerRecord): boolean {
  if (!metadata) return true
  const found = metadata.names.flatMap((name) => {
    const map = (name.startsWith('labels/') ? labels : annotations) ?? {}
    const key = name.slice(name.indexOf('/') + 1)
    return Object.hasOwn(map, key) ? [[name, map[key] ?? ''] as const] : []
  })
  return recordMetadata(new Map(found))?.digest === metadata.digest
}

/** Labels or annotations for a patch. Null removes a name that only the former record has. A name that only the new record has is kept. */
export function patchedMetadata(
  part: 'labels' | 'annotations',
  wanted: TargetMetadata | undefined,
  former: OwnerRecord | undefined,
  record?: OwnerRecord,
): Readonly<Record<string, string | null>> {
  const entries = new Map<string, string | null>()
  const prefix = `${part}/`
  const kept = new Set(record?.metadata?.names)
  for (const name of former?.metadata?.names ?? NO_RECORD) {
    if (name.startsWith(prefix) && !kept.has(name)) entries.set(name.slice(prefix.length), null)
  }
  for (const [name, value] of wanted ?? []) if (name.startsWith(prefix)) entries.set(name.slice(prefix.length), value)
  return Object.fromEntries(entries)
}

function unmarked(map: Readonly<Record<string, string>> = {}): readonly string[] {
  const isMark = (name: string): boolean =>
    name.startsWith(`${GROUP}/`) || (name === APP_MANAGED_BY_LABEL && map[name] === MANAGED_BY_VALUE)
  return Object.keys(map).filter((name) => !isMark(name))
}
