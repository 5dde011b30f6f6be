import {
  type CreateAction,
  type PatchAction,
  type RecordAction,
  type ReleaseAction,
  type ReplaceAction,
  SecretSyncError,
  type TargetRef,
} from '@ack-secret-manager/core'
import type { Meta } from './meta.ts'

/** Files and metadata of a target. */
export interface Content {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly meta: Meta
}

export function createdContent(action: CreateAction, uid: string): Content {
  const { owner, record, type, set } = action
  return {
    files: new Map([...set].map(([key, bytes]) => [key, bytes.expose()])),
    meta: { uid, type, owners: new Map([[owner.name, { owner, record }]]) },
  }
}

/** The content after a patch. Keys that the patch does not name are unchanged. */
export function patchedContent(before: Content, action: PatchAction): Content {
  const { owner, record, type, set, remove } = action
  const files = new Map(before.files)
  for (const key of remove) files.delete(key)
  for (const [key, bytes] of set) files.set(key, bytes.expose())
  const owners = new Map(before.meta.owners).set(owner.name, { owner, record })
  return { files, meta: { uid: before.meta.uid, type, owners } }
}

/** The content with a new record of one owner. */
export function recordedContent(before: Content, { target, ownerName, record }: RecordAction): Content {
  const entry = before.meta.owners.get(ownerName)
  if (!entry) throw conflict(target, `is not owned by ${ownerName}`)
  const owners = new Map(before.meta.owners).set(ownerName, { ...entry, record })
  return { files: before.files, meta: { ...before.meta, owners } }
}

/** The content of a recreated target: the keys of the action, and carried keys. */
export function replacedContent(before: Content, action: ReplaceAction, uid: string): Content {
  const { owner, record, type, set, carry } = action
  const files = new Map<string, Uint8Array>()
  for (const key of carry) {
    const bytes = before.files.get(key)
    if (!bytes) throw conflict(action.target, `has no ${key}`)
    files.set(key, bytes)
  }
  for (const [key, bytes] of set) files.set(key, bytes.expose())
  return { files, meta: { uid, type, owners: new Map([[owner.name, { owner, record }]]) } }
}

/** The content after an owner is released. */
export function releasedContent(before: Content, action: ReleaseAction): Content {
  const files = new Map(before.files)
  if (action.how === 'remove-keys') for (const key of action.removeKeys) files.delete(key)
  const owners = new Map(before.meta.owners)
  owners.delete(action.ownerName)
  return { files, meta: { ...before.meta, owners } }
}

/** Whether both have the same files. */
export function sameFiles(before: ReadonlyMap<string, Uint8Array>, next: ReadonlyMap<string, Uint8Array>): boolean {
  if (before.size !== next.size) return false
  return [...next].every(([key, bytes]) => {
    const old = before.get(key)
    return old !== undefined && Buffer.compare(old, bytes) === 0
  })
}

/** Error for a target whose state differs from the preconditions of the action. */
export function conflict(target: TargetRef, why: string): SecretSyncError {
  return new SecretSyncError('Conflict', `folder ${target.namespace}/${target.name} ${why}: read it again`)
}
