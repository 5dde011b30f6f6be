import {
  defined,
  type KeyRecord,
  type MetadataName,
  type ObservedSecret,
  type OwnerRecord,
  type TargetAction,
  type TargetMetadata,
  type TargetRef,
} from '@ack-secret-manager/core'
import type { TargetContent } from './target-content.ts'

/** Where a value comes from. */
export interface Origin {
  readonly secret: string
  readonly version: string
}

/** A change of one key. */
export interface KeyDiff {
  readonly key: string
  /**
   * `restored`: another client has changed it, or removed it and then `before` is absent. `overwritten`: it has no owner yet, and gets another value. `adopted`: it
   * has no owner yet, and has this value. `version`: the same value from another version or secret.
   */
  readonly change: 'added' | 'changed' | 'removed' | 'restored' | 'overwritten' | 'adopted' | 'version'
  readonly before?: Origin
  readonly after?: Origin
}

/** A change of a label or an annotation. */
export interface MetadataDiff {
  /** `labels/app`, `annotations/example.com/team`. */
  readonly name: MetadataName
  readonly change: 'added' | 'changed' | 'removed'
}

/** Two states of a field; null if the target does not exist. */
export interface FieldDiff<T> {
  readonly before: T | null
  readonly after: T | null
}

/** What a write changes, without values. */
export interface TargetDiff {
  readonly namespace: string
  readonly name: string
  readonly action: 'create' | 'update' | 'recreate' | 'delete' | 'release'
  /** The ExternalSecret that writes. */
  readonly by: string
  /** Who owns the target: `ExternalSecret web`, `Deployment x`, or null without one. */
  readonly owner: FieldDiff<string>
  readonly keys: readonly KeyDiff[]
  readonly metadata: readonly MetadataDiff[]
  readonly type?: FieldDiff<string>
  readonly immutable?: FieldDiff<boolean>
  readonly deletionPolicy?: FieldDiff<'Delete' | 'Retain'>
  /** Whether the cluster deletes the Secret with its ExternalSecret. */
  readonly isGarbageCollected?: FieldDiff<boolean>
}

/** State of a target before an action. */
export interface Before {
  readonly observed: ObservedSecret | undefined
  readonly content: TargetContent
}

const ACTIONS = {
  create: 'create',
  patch: 'update',
  record: 'update',
  replace: 'recreate',
  finish: 'recreate',
} as const

/** Describes an action. Pure. @param after the target afterwards */
export function diffOf(action: TargetAction, before: Before, after: ObservedSecret | undefined): TargetDiff {
  const { target } = action
  const by = 'owner' in action ? action.owner.name : action.ownerName
  const old = before.observed?.records.get(by)
  const next = 'record' in action ? action.record : undefined
  return {
    ...nameOf(target),
    action: action.kind === 'release' ? (action.how === 'delete' ? 'delete' : 'release') : ACTIONS[action.kind],
    by,
    owner: { before: ownerOf(before.observed), after: ownerOf(after) },
    keys: keysOf(action, before, old, next).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    metadata: metadataOf(action, before.content, old),
    ...defined({
      type: fieldDiff(before.observed?.type, after?.type),
      immutable: fieldDiff(before.observed?.immutable, after?.immutable),
      deletionPolicy: fieldDiff(policyOf(old), policyOf(next)),
      isGarbageCollected: fieldDiff(isOwnedBy(before.observed, by), isOwnedBy(after, by)),
    }),
  }
}

/** Undefined unless both states are known and differ. */
function fieldDiff<T>(before: T | undefined, after: T | undefined): FieldDiff<T> | undefined {
  return before === undefined || after === undefined || before === after ? undefined : { before, after }
}

function keysOf(
  action: TargetAction,
  { observed, content }: Before,
  old: OwnerRecord | undefined,
  next: OwnerRecord | undefined,
): readonly KeyDiff[] {
  const set = 'set' in action ? action.set : new Map()
  const written = [...set.keys()].flatMap((key): KeyDiff[] => {
    const bytes = content.data.get(key)
    const isSame = bytes !== undefined && Buffer.compare(bytes, set.get(key)?.expose() ?? new Uint8Array()) === 0
    if (bytes === undefined && observed?.drifted.includes(key) === true) {
      return [{ key, change: 'restored', ...origins(undefined, next?.keys.get(key)) }]
    }
    const change = changeOf(key, isSame, { observed, old, next })
    return change === undefined ? [] : [{ key, change, ...origins(old?.keys.get(key), next?.keys.get(key)) }]
  })
  const kept = [...(next?.keys ?? [])].flatMap(([key, to]): KeyDiff[] => {
    const from = old?.keys.get(key)
    const isOther = from !== undefined && (from.secret !== to.secret || from.versionId !== to.versionId)
    return set.has(key) || !isOther ? [] : [{ key, change: 'version', ...origins(from, to) }]
  })
  const gone = removedBy(action, old, next).map((key): KeyDiff => ({
    key,
    change: 'removed',
    ...origins(old?.keys.get(key), undefined),
  }))
  return [...written, ...kept, ...gone]
}

function changeOf(
  key: string,
  isSame: boolean,
  {
    observed,
    old,
    next,
  }: {
    readonly observed: ObservedSecret | undefined
    readonly old: OwnerRecord | undefined
    readonly next: OwnerRecord | undefined
  },
): KeyDiff['change'] | undefined {
  const [from, to] = [old?.keys.get(key), next?.keys.get(key)]
  if (observed?.foreignKeys.has(key)) return isSame ? 'adopted' : 'overwritten'
  if (from === undefined) return 'added'
  if (!isSame) return observed?.drifted.includes(key) && from.versionId === to?.versionId ? 'restored' : 'changed'
  return from.secret !== to?.secret || from.versionId !== to.versionId ? 'version' : undefined
}

function removedBy(
  action: TargetAction,
  old: OwnerRecord | undefined,
  next: OwnerRecord | undefined,
): readonly string[] {
  switch (action.kind) {
    case 'patch':
      return action.remove
    case 'replace':
      return [...(old?.keys.keys() ?? [])].filter((key) => next?.keys.has(key) !== true)
    case 'release':
      return action.how === 'delete' ? [...(old?.keys.keys() ?? [])] : action.removeKeys
    default:
      return []
  }
}

function metadataOf(
  action: TargetAction,
  { metadata: now }: TargetContent,
  old: OwnerRecord | undefined,
): readonly MetadataDiff[] {
  if (!('set' in action)) return []
  const next: TargetMetadata = action.metadata ?? new Map()
  const written = [...next].flatMap(([name, value]): MetadataDiff[] => {
    const before = now.get(name)
    if (before === value) return []
    return [{ name, change: before === undefined ? 'added' : 'changed' }]
  })
  const recorded = action.record.metadata?.names ?? []
  const gone = (old?.metadata?.names ?? []).filter((name) => !next.has(name) && !recorded.includes(name))
  return [...written, ...gone.map((name): MetadataDiff => ({ name, change: 'removed' }))]
}

/** The resource that owns the whole target; those that share it; or its controller. */
function ownerOf(observed: ObservedSecret | undefined): string | null {
  if (observed === undefined) return null
  const records = [...observed.records]
  const owning = records.filter(([, { creation }]) => creation === 'owner')
  const names = (owning.length > 0 ? owning : records).map(([name]) => name).toSorted()
  if (names.length > 0) return `ExternalSecret ${names.join(', ')}`
  return observed.controller ? `${observed.controller.kind} ${observed.controller.name}` : null
}

function isOwnedBy(observed: ObservedSecret | undefined, name: string): boolean | undefined {
  return observed && observed.controller?.name === name && observed.controller.uid !== ''
}

function policyOf(record: OwnerRecord | undefined): 'Delete' | 'Retain' | undefined {
  return record && (record.deletion === 'retain' ? 'Retain' : 'Delete')
}

function origins(before: KeyRecord | undefined, after: KeyRecord | undefined): Pick<KeyDiff, 'before' | 'after'> {
  return { ...(before && { before: originOf(before) }), ...(after && { after: originOf(after) }) }
}

function originOf({ secret, versionId }: KeyRecord): Origin {
  return { secret, version: versionId }
}

function nameOf({ namespace, name }: TargetRef): TargetRef {
  return { namespace, name }
}
