import {
  type CreateAction,
  type OwnerRecord,
  type PatchAction,
  type RecordAction,
  type ReleaseAction,
  type ReplaceAction,
  Sensitive,
  type TargetRef,
} from '@ack-secret-manager/core'
import {
  ADOPT_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
} from '@ack-secret-manager/resources'
import { contentDigestOf } from '../provenance/content-digest-annotation.ts'
import type { SecretCacheEntry } from '../cache/secret-cache-entry.ts'
import { patchedMetadata } from '../provenance/object-metadata.ts'
import { isCollected, ownerAnnotationOf, patchedReferences, referenceTo } from '../provenance/owner-references.ts'
import type { PostedSecret, SecretPatch } from '../replacement/posted-secret.ts'
import { encodeProvenance, type Provenance } from '../provenance/provenance.ts'

type Annotations = Readonly<Record<string, string | null>>

export function createBody({ target, owner, type, record, set, metadata }: CreateAction | ReplaceAction): PostedSecret {
  const provenance: Provenance = { type, records: new Map([[owner.name, record]]) }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace: target.namespace,
      name: target.name,
      labels: {
        [APP_MANAGED_BY_LABEL]: MANAGED_BY_VALUE,
        ...withoutNulls(patchedMetadata('labels', metadata, undefined)),
        [MANAGED_BY_LABEL]: MANAGED_BY_VALUE,
      },
      annotations: withoutNulls({
        ...patchedMetadata('annotations', metadata, undefined),
        ...annotationsOf(provenance, target),
      }),
      ...(isCollected(record) ? { ownerReferences: [referenceTo(owner)] } : {}),
    },
    type,
    ...(record.immutable ? { immutable: true } : {}),
    data: new Sensitive(withoutNulls(dataOf(set, []))),
  }
}

/** JSON merge patch with the desired state of one owner. */
export function patchBody(
  { target, owner, type, record, set, remove, metadata, formerOwners = [], ...expected }: PatchAction,
  known: SecretCacheEntry,
): SecretPatch {
  const former = known.recorded.get(owner.name)
  const others = [...known.recorded].filter(([name]) => !formerOwners.includes(name))
  const records = new Map(others).set(owner.name, record)
  const wanted = isCollected(record) ? referenceTo(owner) : undefined
  return {
    metadata: {
      ...preconditions(expected),
      labels: { ...patchedMetadata('labels', metadata, former, record), [MANAGED_BY_LABEL]: MANAGED_BY_VALUE },
      // The adopt annotation is consumed by the adoption.
      annotations: {
        ...patchedMetadata('annotations', metadata, former, record),
        ...annotationsOf({ type, records }, target),
        [ADOPT_ANNOTATION]: null,
      },
      ...referencesPart(known, owner.name, wanted),
    },
    ...(type === known.observed.type ? {} : { type }),
    ...(record.immutable ? { immutable: true } : {}),
    ...dataPart(set, remove),
  }
}

/** JSON merge patch of the record of the owner only. */
export function recordBody(
  { target, ownerName, record, ...expected }: RecordAction,
  known: SecretCacheEntry,
): SecretPatch {
  const records = new Map(known.recorded).set(ownerName, record)
  const annotations = annotationsOf({ type: known.observed.type ?? '', records }, target)
  return { metadata: { ...preconditions(expected), annotations } }
}

/** JSON merge patch that removes the record of the owner, and its keys if the action says so. */
export function releaseBody(
  { target, ownerName, how, removeKeys, ...expected }: ReleaseAction,
  known: SecretCacheEntry,
): SecretPatch {
  const records = new Map<string, OwnerRecord>(known.recorded)
  // A release without removal keeps labels and annotations.
  const former = how === 'remove-keys' ? records.get(ownerName) : undefined
  records.delete(ownerName)
  const isLast = records.size === 0
  const labels = { ...patchedMetadata('labels', undefined, former), ...(isLast ? noLabels(known) : {}) }
  return {
    metadata: {
      ...preconditions(expected),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      annotations: {
        ...patchedMetadata('annotations', undefined, former),
        ...(isLast ? NO_ANNOTATIONS : annotationsOf({ type: known.observed.type ?? '', records }, target)),
      },
      ...referencesPart(known, ownerName, undefined),
    },
    ...dataPart(new Map(), how === 'remove-keys' ? removeKeys : []),
  }
}

const NO_ANNOTATIONS: Annotations = {
  [PROVENANCE_ANNOTATION]: null,
  [CONTENT_DIGEST_ANNOTATION]: null,
  [OWNER_ANNOTATION]: null,
}

/** Null removes an annotation in a patch. */
function annotationsOf(provenance: Provenance, target: TargetRef): Annotations {
  return {
    [PROVENANCE_ANNOTATION]: encodeProvenance(provenance, target),
    [CONTENT_DIGEST_ANNOTATION]: contentDigestOf(provenance),
    [OWNER_ANNOTATION]: ownerAnnotationOf(provenance.records, target.namespace) ?? null,
  }
}

function noLabels({ isCreatedByOperator }: SecretCacheEntry): Annotations {
  return { [MANAGED_BY_LABEL]: null, ...(isCreatedByOperator ? { [APP_MANAGED_BY_LABEL]: null } : {}) }
}

function preconditions({
  ifUid,
  ifResourceVersion,
}: Pick<PatchAction, 'ifUid' | 'ifResourceVersion'>): Pick<SecretPatch['metadata'], 'uid' | 'resourceVersion'> {
  return { uid: ifUid, resourceVersion: ifResourceVersion }
}

/** A merge patch replaces whole lists, so the list is sent only if it changes. */
function referencesPart(
  known: SecretCacheEntry,
  ownerName: string,
  wanted: Parameters<typeof patchedReferences>[2],
): Pick<SecretPatch['metadata'], 'ownerReferences'> {
  const references = patchedReferences(known.references, ownerName, wanted)
  return references === undefined ? {} : { ownerReferences: references }
}

function dataPart(
  set: ReadonlyMap<string, Sensitive<Uint8Array>>,
  remove: readonly string[],
): Pick<SecretPatch, 'data'> {
  return set.size === 0 && remove.length === 0 ? {} : { data: new Sensitive(dataOf(set, remove)) }
}

/** From entries, because a key can be `__proto__`. */
function dataOf(
  set: ReadonlyMap<string, Sensitive<Uint8Array>>,
  remove: readonly string[],
): Record<string, string | null> {
  return Object.fromEntries([
    ...remove.map((key) => [key, null] as const),
    ...[...set].map(([key, bytes]) => [key, base64(bytes.expose())] as const),
  ])
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function withoutNulls(entries: Annotations): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== null))
}
