import {
  type ContentDigester,
  type CreateAction,
  type ObservedSecret,
  type Owner,
  type OwnerRecord,
  type PatchAction,
  type ReleaseAction,
  type ReplaceAction,
  Sensitive,
  type TargetRef,
} from '@ack-secret-manager/core'

/** Type of the Secrets of these actions. */
export const TYPE = 'Opaque'

/** Creates a record and its bytes. */
export function recordFor(
  digester: ContentDigester,
  target: TargetRef,
  values: Readonly<Record<string, string>>,
  more: Partial<OwnerRecord> & { versionId?: string } = {},
): OwnerRecord {
  const { versionId = 'v1', ...rest } = more
  const keys = Object.entries(values).map(
    ([key, value]) =>
      [key, { secret: 'app/db', versionId, digest: digester.digest(target, key, Buffer.from(value)) }] as const,
  )
  return { keys: new Map(keys), digestKeyId: digester.keyId, creation: 'owner', deletion: 'delete', ...rest }
}

function bytesOf(values: Readonly<Record<string, string>>): ReadonlyMap<string, Sensitive<Uint8Array>> {
  return new Map(Object.entries(values).map(([key, value]) => [key, new Sensitive<Uint8Array>(Buffer.from(value))]))
}

/** A first write of `values`. */
export function createOf(
  { digester }: { readonly digester: ContentDigester },
  target: TargetRef,
  owner: Owner,
  values: Readonly<Record<string, string>>,
  more: Partial<OwnerRecord> = {},
): CreateAction {
  return {
    kind: 'create',
    target,
    owner,
    type: TYPE,
    set: bytesOf(values),
    record: recordFor(digester, target, values, more),
  }
}

/** A change of `observed`. */
export function patchOf(
  observed: ObservedSecret,
  owner: Owner,
  record: OwnerRecord,
  more: { set?: Readonly<Record<string, string>>; remove?: readonly string[] } = {},
): PatchAction {
  const { set = {}, remove = [] } = more
  return {
    kind: 'patch',
    target: observed.target,
    owner,
    type: TYPE,
    set: bytesOf(set),
    remove,
    record,
    ifUid: observed.uid,
    ifResourceVersion: observed.resourceVersion,
  }
}

/** Recreates `observed`. */
export function replaceOf(
  observed: ObservedSecret,
  owner: Owner,
  record: OwnerRecord,
  more: { set?: Readonly<Record<string, string>>; carry?: readonly string[]; type?: string } = {},
): ReplaceAction {
  const { set = {}, carry = [], type = TYPE } = more
  return {
    kind: 'replace',
    target: observed.target,
    owner,
    type,
    set: bytesOf(set),
    carry,
    record,
    ifUid: observed.uid,
    ifResourceVersion: observed.resourceVersion,
  }
}

/** Releases the keys of `ownerName` in `observed`. */
export function releaseOf(
  observed: ObservedSecret,
  ownerName: string,
  how: ReleaseAction['how'],
  removeKeys: readonly string[] = [],
): ReleaseAction {
  return {
    kind: 'release',
    target: observed.target,
    ownerName,
    how,
    removeKeys,
    ifUid: observed.uid,
    ifResourceVersion: observed.resourceVersion,
  }
}

/** The value. @throws Error when it is undefined */
export function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected something, found nothing')
  return value
}
