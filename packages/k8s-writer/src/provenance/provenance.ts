import { createHash } from 'node:crypto'
import {
  Interner,
  type KeyRecord,
  type MetadataName,
  type OwnerRecord,
  SecretSyncError,
  type TargetRef,
} from '@ack-secret-manager/core'
import { fieldsOf, isIndex, isText, isTrue, type JsonCheck, listOf, oneOf, optional, tupleOf } from './json-checks.ts'

/** Type of a Secret and the records of its owners. */
export interface Provenance {
  readonly type: string
  /** By owner name. */
  readonly records: ReadonlyMap<string, OwnerRecord>
}

/** Provenance that was decoded from an annotation. */
export interface RecordedProvenance extends Provenance {
  /** Checksum of the annotation. */
  readonly sum: string
}

/** All annotations together may have 256 KiB (Kubernetes, `TotalAnnotationSizeLimitB`); the rest is left to other annotations. */
export const MAX_PROVENANCE_BYTES = 200 * 1024

const FORMAT = 1
const SUM_LENGTH = 12

interface Content {
  readonly v: typeof FORMAT
  readonly type: string
  /** Secret and version, each pair once. */
  readonly sources: readonly (readonly [string, string])[]
  readonly owners: readonly {
    readonly name: string
    readonly creation: 'owner' | 'merge'
    readonly deletion: 'delete' | 'retain'
    readonly digestKey: string
    /** Key, index in `sources`, digest. Rows, because a key may be called `__proto__`. */
    readonly keys: readonly (readonly [string, number, string])[]
    readonly metadata?: { readonly names: readonly MetadataName[]; readonly digest: string }
    readonly immutable?: true
    readonly restartDue?: string
    /** Id and names. A name that is also the source of a key is an index in `sources`. */
    readonly found?: readonly (readonly [string, readonly (number | string)[]])[]
  }[]
}

const isMetadataName: JsonCheck = (name) => typeof name === 'string' && /^(labels|annotations)\//.test(name)
const OWNER: Readonly<Record<keyof Content['owners'][number], JsonCheck>> = {
  name: isText,
  creation: oneOf('owner', 'merge'),
  deletion: oneOf('delete', 'retain'),
  digestKey: isText,
  keys: listOf(tupleOf(isText, isIndex, isText)),
  metadata: optional(fieldsOf({ names: listOf(isMetadataName), digest: isText })),
  immutable: optional(isTrue),
  restartDue: optional(isText),
  found: optional(
    listOf(
      tupleOf(
        isText,
        listOf((name) => isText(name) || isIndex(name)),
      ),
    ),
  ),
}
const CONTENT: Readonly<Record<keyof Content | 'sum', JsonCheck>> = {
  v: (value) => value === FORMAT,
  type: isText,
  sources: listOf(tupleOf(isText, isText)),
  owners: listOf(fieldsOf(OWNER)),
  sum: isText,
}
const isContentJson = fieldsOf(CONTENT)

function isContent(value: unknown): value is Content & { readonly sum: string } {
  return isContentJson(value)
}

/**
 * Encodes the annotation.
 * @throws SecretSyncError `TooLarge` above {@link MAX_PROVENANCE_BYTES}
 */
export function encodeProvenance({ type, records }: Provenance, target: TargetRef): string {
  const sources: [string, string][] = []
  const indexes = new Map<string, number>()
  const sourceIndex = ({ secret, versionId }: KeyRecord): number => {
    const id = JSON.stringify([secret, versionId])
    const index = indexes.get(id) ?? sources.push([secret, versionId]) - 1
    indexes.set(id, index)
    return index
  }
  const owners = [...records].map(([name, { creation, deletion, digestKeyId, keys, metadata, found, ...flags }]) => ({
    name,
    creation,
    deletion,
    digestKey: digestKeyId,
    // Sorted, so that equal records give equal text.
    keys: [...keys]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, record]): [string, number, string] => [key, sourceIndex(record), record.digest]),
    ...(metadata && { metadata: { names: [...metadata.names], digest: metadata.digest } }),
    ...flags,
    ...(found && { found: encodeFound(found, sources) }),
  }))
  const content: Content = { v: FORMAT, type, sources, owners }
  const text = JSON.stringify({ ...content, sum: sumOf(content, target) })
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_PROVENANCE_BYTES) {
    throw new SecretSyncError(
      'TooLarge',
      `Secret ${target.namespace}/${target.name}: its provenance annotation would have ${bytes} bytes, more than ${MAX_PROVENANCE_BYTES}; split the keys over several Secrets`,
    )
  }
  return text
}

/** Shared strings, because thousands of Secrets repeat them. */
const strings = new Interner()

/** Decodes the annotation; undefined if it was edited or copied from another target. */
export function decodeProvenance(text: string, target: TargetRef): RecordedProvenance | undefined {
  if (text.length > MAX_PROVENANCE_BYTES) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined // Edited by a user: treat it as absent.
  }
  if (!isContent(json)) return undefined
  const { sum, ...content } = json
  if (sum !== sumOf(content, target)) return undefined
  const records = new Map<string, OwnerRecord>()
  for (const { name, creation, deletion, digestKey, keys, metadata, found, ...flags } of content.owners) {
    const keyRecords = new Map<string, KeyRecord>()
    for (const [key, index, digest] of keys) {
      const source = content.sources[index]
      if (!source) return undefined
      keyRecords.set(strings.of(key), { secret: source[0], versionId: source[1], digest })
    }
    records.set(name, {
      keys: keyRecords,
      digestKeyId: strings.of(digestKey),
      creation,
      deletion,
      ...(metadata && { metadata: { names: metadata.names.map((each) => strings.of(each)), digest: metadata.digest } }),
      ...flags,
      ...(found && { found: decodeFound(found, content.sources) }),
    })
  }
  return { type: strings.of(content.type), records, sum }
}

type EncodedFound = NonNullable<Content['owners'][number]['found']>

/** A name that is also the source of a key is stored once. */
function encodeFound(found: NonNullable<OwnerRecord['found']>, sources: Content['sources']): EncodedFound {
  const indexes = new Map(sources.map(([secret], index) => [secret, index]))
  return [...found].map(([id, names]) => [id, names.map((name) => indexes.get(name) ?? name)])
}

function decodeFound(found: EncodedFound, sources: Content['sources']): NonNullable<OwnerRecord['found']> {
  return new Map(
    found.map(([id, names]) => [
      strings.of(id),
      names.flatMap((name) => (typeof name === 'string' ? name : (sources[name]?.[0] ?? []))),
    ]),
  )
}

/** Checksum against edits and copies. It is not a security measure: a user who can edit a Secret can also change its data. */
function sumOf(content: Content, target: TargetRef): string {
  const { v, type, sources, owners } = content
  const rows = owners.map(({ name, creation, deletion, digestKey, keys, metadata, immutable, restartDue, found }) => [
    name,
    creation,
    deletion,
    digestKey,
    keys,
    ...(metadata ? [metadata.names, metadata.digest] : []),
    ...(immutable || restartDue !== undefined || found ? [{ immutable, restartDue, found }] : []),
  ])
  return createHash('sha256')
    .update(JSON.stringify([target.namespace, target.name, v, type, sources, rows]))
    .digest('base64url')
    .slice(0, SUM_LENGTH)
}
