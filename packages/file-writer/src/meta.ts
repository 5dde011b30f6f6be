import type { KeyRecord, MetadataName, Owner, OwnerRecord } from '@ack-secret-manager/core'
import { z } from 'zod'

/** An owner of the target and its record. */
interface OwnerEntry {
  readonly owner: Owner
  readonly record: OwnerRecord
}

/** Metadata of a target. */
export interface Meta {
  readonly uid: string
  readonly type: string
  /** By owner name. */
  readonly owners: ReadonlyMap<string, OwnerEntry>
}

const FORMAT = 1

const nameSchema = z.custom<MetadataName>((name) => typeof name === 'string' && /^(labels|annotations)\//.test(name))
const metaSchema = z.strictObject({
  format: z.literal(FORMAT),
  uid: z.string().min(1).max(64),
  type: z.string().max(253),
  owners: z.array(
    z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string(),
      uid: z.string(),
      creation: z.enum(['owner', 'merge']),
      deletion: z.enum(['delete', 'retain']),
      digestKeyId: z.string(),
      /** Key, secret, version, digest. Tuples, because a key may be called `__proto__`. */
      keys: z.array(z.tuple([z.string(), z.string(), z.string(), z.string()])),
      /** Files have no labels and annotations. Recording them prevents a change at each sync. */
      metadata: z.strictObject({ names: z.array(nameSchema), digest: z.string() }).exactOptional(),
      immutable: z.literal(true).exactOptional(),
      restartDue: z.string().exactOptional(),
      found: z.array(z.tuple([z.string(), z.array(z.string())])).exactOptional(),
    }),
  ),
})

/** Text of the metadata file. Contains no value, and only keyed digests. */
export function encodeMeta(meta: Meta): string {
  const file: z.infer<typeof metaSchema> = {
    format: FORMAT,
    uid: meta.uid,
    type: meta.type,
    owners: [...meta.owners.values()].map(({ owner, record }) => ({
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.name,
      uid: owner.uid,
      creation: record.creation,
      deletion: record.deletion,
      digestKeyId: record.digestKeyId,
      keys: [...record.keys].map(([key, { secret, versionId, digest }]) => [key, secret, versionId, digest]),
      ...(record.metadata && { metadata: { names: [...record.metadata.names], digest: record.metadata.digest } }),
      ...(record.immutable && { immutable: record.immutable }),
      ...(record.restartDue !== undefined && { restartDue: record.restartDue }),
      ...(record.found && { found: [...record.found].map(([id, names]): [string, string[]] => [id, [...names]]) }),
    })),
  }
  return `${JSON.stringify(file)}\n`
}

/** Parses the metadata file; undefined when the text is malformed. */
export function decodeMeta(text: string): Meta | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined // An edited file counts as missing.
  }
  const parsed = metaSchema.safeParse(json)
  if (!parsed.success) return undefined
  const { uid, type, owners } = parsed.data
  const entries = owners.map(
    ({ apiVersion, kind, name, uid: ownerUid, keys, digestKeyId, creation, deletion, found, ...more }) => {
      const records = new Map<string, KeyRecord>(
        keys.map(([key, secret, versionId, digest]) => [key, { secret, versionId, digest }]),
      )
      const owner: Owner = { apiVersion, kind, name, uid: ownerUid }
      const record: OwnerRecord = {
        keys: records,
        digestKeyId,
        creation,
        deletion,
        ...more,
        ...(found && { found: new Map(found) }),
      }
      return [name, { owner, record }] as const
    },
  )
  return { uid, type, owners: new Map(entries) }
}
