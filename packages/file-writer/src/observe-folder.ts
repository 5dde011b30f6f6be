import type { ContentDigester, KeyRecord, ObservedSecret, OwnerRecord, TargetRef } from '@ack-secret-manager/core'
import type { Meta } from './meta.ts'
import type { TargetFolder } from './target-folder.ts'

const NOBODY: Meta = { uid: '', type: '', owners: new Map() }

/** Version of a folder that was never written. */
const UNWRITTEN = 'none'

/** Names the state of a target: another version, another name. */
export function versionOf(folder: TargetFolder): string {
  return folder.version ?? UNWRITTEN
}

/** Undefined as long as there is nothing but what an interrupted first write left. */
export function observeFolder(
  target: TargetRef,
  folder: TargetFolder,
  digests: ReadonlyMap<string, string>,
  digestKeyId: string,
): ObservedSecret | undefined {
  if (folder.version === undefined && folder.foreign.size === 0) return undefined
  const { uid, type, owners } = folder.meta ?? NOBODY
  const records = new Map([...owners].map(([name, { record }]) => [name, record]))
  const held = new Set([...records.values()].flatMap(({ keys }) => [...keys.keys()]))
  const controlling = [...owners.values()].find(
    ({ record }) => record.creation === 'owner' && record.deletion === 'delete',
  )
  return {
    target,
    uid,
    resourceVersion: versionOf(folder),
    type: folder.meta ? type : undefined,
    // Files cannot be; that it is wanted is in the record, so that it is no news next time.
    immutable: false,
    controller: controlling && {
      kind: controlling.owner.kind,
      name: controlling.owner.name,
      uid: controlling.owner.uid,
    },
    records,
    drifted: [...records.values()].flatMap((record) => drifted(folder, record, digests, digestKeyId)),
    foreignKeys: new Set([...folder.foreign, ...folder.keys].filter((key) => !held.has(key))),
    adoptRequested: false,
    metadataDrifted: folder.version !== undefined && folder.meta === undefined,
  }
}

/** The same with records of what is really there. */
export function inspectFolder(
  observed: ObservedSecret,
  digests: ReadonlyMap<string, string>,
  digester: ContentDigester,
): ObservedSecret {
  const records = new Map<string, OwnerRecord>()
  for (const [name, record] of observed.records) {
    const keys = new Map<string, KeyRecord>()
    for (const [key, { secret, versionId }] of record.keys) {
      const digest = digests.get(key)
      if (digest !== undefined) keys.set(key, { secret, versionId, digest })
    }
    records.set(name, { ...record, keys, digestKeyId: digester.keyId })
  }
  return { ...observed, records }
}

/** Keys whose file or link is missing or another, as far as digests of that key can be compared. */
function drifted(
  folder: TargetFolder,
  record: OwnerRecord,
  digests: ReadonlyMap<string, string>,
  digestKeyId: string,
): string[] {
  return [...record.keys]
    .filter(([key, { digest }]) => {
      const found = digests.get(key)
      if (found === undefined || !folder.links.has(key)) return true
      return record.digestKeyId === digestKeyId && found !== digest
    })
    .map(([key]) => key)
}
