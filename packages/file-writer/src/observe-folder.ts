import type { ContentDigester, KeyRecord, ObservedSecret, OwnerRecord, TargetRef } from '@ack-secret-manager/core'
import type { Meta } from './meta.ts'
import type { TargetFolder } from './target-folder.ts'

const NO_OWNERS: Meta = { uid: '', type: '', owners: new Map() }

/** Version of a folder that was never written. */
const UNWRITTEN = 'none'

/** The `resourceVersion` of a target. */
export function versionOf(folder: TargetFolder): string {
  return folder.version ?? UNWRITTEN
}

/** Undefined if the folder contains only leftovers of an interrupted first write. */
export function observeFolder(
  target: TargetRef,
  folder: TargetFolder,
  digests: ReadonlyMap<string, string>,
  digestKeyId: string,
): ObservedSecret | undefined {
  if (folder.version === undefined && folder.foreign.size === 0) return undefined
  const { uid, type, owners } = folder.meta ?? NO_OWNERS
  const records = new Map([...owners].map(([name, { record }]) => [name, record]))
  const ownedKeys = new Set([...records.values()].flatMap(({ keys }) => [...keys.keys()]))
  const controlling = [...owners.values()].find(
    ({ record }) => record.creation === 'owner' && record.deletion === 'delete',
  )
  return {
    target,
    uid,
    resourceVersion: versionOf(folder),
    type: folder.meta ? type : undefined,
    // Files cannot be immutable. The record keeps the setting, which prevents a change at each sync.
    immutable: false,
    controller: controlling && {
      kind: controlling.owner.kind,
      name: controlling.owner.name,
      uid: controlling.owner.uid,
    },
    records,
    drifted: [...records.values()].flatMap((record) => drifted(folder, record, digests, digestKeyId)),
    foreignKeys: new Set([...folder.foreign, ...folder.keys].filter((key) => !ownedKeys.has(key))),
    adoptRequested: false,
    metadataDrifted: folder.version !== undefined && folder.meta === undefined,
  }
}

/** The observed target with records that describe its actual files. */
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

/** Keys whose file or link is missing or changed. Digests are comparable only under the same digest key. */
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
