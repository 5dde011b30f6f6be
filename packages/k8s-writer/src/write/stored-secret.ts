import { type ContentDigester, isRendered, nameText, type OwnerRecord } from '@ack-secret-manager/core'
import type { KubeObject, OwnerReference } from '@ack-secret-manager/k8s-client'
import { GROUP, PROVENANCE_ANNOTATION } from '@ack-secret-manager/resources'
import { cacheEntryOf, type SecretCacheEntry } from '../cache/secret-cache-entry.ts'
import { isOurReference } from '../provenance/owner-references.ts'
import { decodeProvenance } from '../provenance/provenance.ts'
import { dataOf, type PostedSecret, type SecretPatch } from '../replacement/posted-secret.ts'

/** A Secret in the response to a write. The object has values: keep no reference to it. */
export interface StoredSecret {
  readonly entry: SecretCacheEntry
  readonly object: KubeObject
}

/** A write for one owner. */
export interface SentSecret {
  readonly body: PostedSecret | SecretPatch
  readonly type: string
  readonly ownerName: string
  /** The record of the owner in the body. */
  readonly record: Pick<OwnerRecord, 'keys' | 'metadata'> | undefined
  /** The references before a patch, which has them only if they change. */
  readonly references?: readonly OwnerReference[]
}

/**
 * Describes how a stored Secret differs from what was sent, as mutating admission can change it. What others may add, such as another key
 * or label, is no difference. Contains no value, and no name that a template may have made from a value.
 */
export function changesByAdmission(sent: SentSecret, { object }: StoredSecret): readonly string[] {
  const { body, type, record } = sent
  return [
    ...changedKeys(body, record, dataOf(object)),
    ...(object['type'] === type ? [] : ['changed the type']),
    ...(body.immutable === true && object['immutable'] !== true ? ['removed immutable: true'] : []),
    ...changedMetadata('label', sent, object),
    ...changedMetadata('annotation', sent, object),
    ...(isReferredAsSent(sent, object) ? [] : ['changed the ownerReferences']),
  ]
}

/** As {@link changesByAdmission}, for a new Secret whose record is only in its annotation. */
export function changesOfNew(body: PostedSecret, ownerName: string, stored: StoredSecret): readonly string[] {
  const { type, metadata } = body
  const provenance = decodeProvenance(metadata.annotations[PROVENANCE_ANNOTATION] ?? '', metadata)
  return changesByAdmission({ body, type, record: provenance?.records.get(ownerName), ownerName }, stored)
}

/** Whether the content or the type of a Secret is not as recorded. */
export function differsFromRecord(object: KubeObject, digester: ContentDigester): boolean {
  const entry = cacheEntryOf(object)
  const recordedType = entry.observed.type
  const isOtherType = recordedType !== undefined && recordedType !== object['type']
  return isOtherType || keysUnlikeRecord({ entry, object }, new Set(), digester).size > 0
}

/** Recorded keys that this write did not send, but after which they differ from their record. */
export function changedUnsentKeys(
  body: SecretPatch,
  stored: StoredSecret,
  before: Pick<SecretCacheEntry, 'observed'>,
  digester: ContentDigester,
): ReadonlySet<string> {
  return keysUnlikeRecord(
    stored,
    new Set([...Object.keys(body.data?.expose() ?? {}), ...before.observed.drifted]),
    digester,
  )
}

/** Recorded keys, except those to `skip`, with another content than their digest. Digests of another digest key are not compared. */
function keysUnlikeRecord(
  { entry, object }: StoredSecret,
  skip: ReadonlySet<string>,
  digester: ContentDigester,
): ReadonlySet<string> {
  const data = dataOf(object)
  const isSame = (key: string, digest: string): boolean => {
    const text = data.get(key)
    return text !== undefined && digester.digest(entry.observed.target, key, Buffer.from(text, 'base64')) === digest
  }
  const records = [...entry.recorded.values()].filter(({ digestKeyId }) => digestKeyId === digester.keyId)
  return new Set(
    records.flatMap(({ keys }) =>
      [...keys].flatMap(([key, { digest }]) => (skip.has(key) || isSame(key, digest) ? [] : [key])),
    ),
  )
}

function describeKey(key: string, record: SentSecret['record']): string {
  const origin = record?.keys.get(key)?.secret
  return origin !== undefined && isRendered(origin) ? 'a rendered key' : `key ${nameText(key)}`
}

function changedKeys(
  { data }: SentSecret['body'],
  record: SentSecret['record'],
  stored: ReadonlyMap<string, string>,
): readonly string[] {
  return Object.entries(data?.expose() ?? {}).flatMap(([key, text]) => {
    const found = stored.get(key)
    // Another controller may set a key that this patch removes.
    if (text === null || found === text) return []
    return [`${found === undefined ? 'removed' : 'changed'} ${describeKey(key, record)}`]
  })
}

/** Changes of the operator's own labels and annotations, and of those that the spec sets. */
function changedMetadata(
  part: 'label' | 'annotation',
  { body, record }: SentSecret,
  { metadata }: KubeObject,
): readonly string[] {
  const stored = metadata[`${part}s`] ?? {}
  const changes = Object.entries(body.metadata[`${part}s`] ?? {}).flatMap(([name, value]) => {
    const isMark = name.startsWith(`${GROUP}/`)
    const isOurs = isMark || record?.metadata?.names.includes(`${part}s/${name}`) === true
    const found = Object.hasOwn(stored, name) ? stored[name] : undefined
    if (!isOurs || value === null || found === value) return []
    const what = isMark ? `${part} ${name}` : `${part === 'label' ? 'a label' : 'an annotation'} of the spec`
    return [`${found === undefined ? 'removed' : 'changed'} ${what}`]
  })
  return [...new Set(changes)]
}

function isReferredAsSent({ body, ownerName, references }: SentSecret, { metadata }: KubeObject): boolean {
  const uidsOf = (list: readonly OwnerReference[] = []): string =>
    list
      .flatMap((one) => (isOurReference(one, ownerName) ? `${one.uid} ${one.controller === true}` : []))
      .toSorted()
      .join()
  return uidsOf(metadata.ownerReferences) === uidsOf(body.metadata.ownerReferences ?? references)
}
