import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ObjectMeta, OwnerReference } from '@ack-secret-manager/k8s-client'
import { CREATED_AS_ANNOTATION, externalSecretStatusSchema, GROUP, readyOf } from '@ack-secret-manager/resources'

/** Content of an ExternalSecret that its ClusterExternalSecret manages. */
export interface ExternalSecretContent {
  /** Digest of the spec, see {@link digestOf}. */
  readonly specDigest: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Cached owner and content of an ExternalSecret. */
export interface CachedExternalSecret {
  readonly name: string
  /** UID of the ClusterExternalSecret that created it. */
  readonly ownerUid: string | undefined
  /** Its owner, for messages. */
  readonly ownerText: string
  /** Its created-as annotation names this object. The Go operator sets none, so its objects get one with their first update. */
  readonly createdHere: boolean
  /** It is being deleted. */
  readonly terminating: boolean
  /** `unset` without `Retain`; otherwise whether its Secret has the policy, too. */
  readonly retention: 'unset' | 'pending' | 'recorded'
  /** Kept only for ExternalSecrets that a ClusterExternalSecret created, to save memory. */
  readonly content: ExternalSecretContent | undefined
}

const KIND = 'ClusterExternalSecret'

/** @param before previous state; returned as it is if it is unchanged, since most updates only change the status */
export function toCachedExternalSecret(raw: KubeObject, before?: CachedExternalSecret): CachedExternalSecret {
  const { name = '', labels = {}, annotations = {}, deletionTimestamp } = raw.metadata
  const owner = clusterOwnerOf(raw.metadata)
  const cached = {
    name,
    ownerUid: owner?.uid,
    ownerText: describeOwner(raw.metadata, owner),
    createdHere: annotations[CREATED_AS_ANNOTATION] === createdAs(raw.metadata),
    terminating: deletionTimestamp !== undefined,
    retention: owner ? retentionOf(raw) : 'unset',
    content: owner && { specDigest: digestOf(raw['spec']), labels, annotations },
  }
  return before !== undefined && isDeepStrictEqual(cached, before) ? before : cached
}

/** A status with `WriteFailed` does not show that the policy was written. */
function retentionOf({ metadata: { generation }, spec, status }: KubeObject): CachedExternalSecret['retention'] {
  const { target } = (spec ?? {}) as { readonly target?: { readonly deletionPolicy?: unknown } | null }
  if (target?.deletionPolicy !== 'Retain') return 'unset'
  const { data } = externalSecretStatusSchema.safeParse(status)
  const isRecorded = data?.observedGeneration === generation && readyOf(data)?.reason !== 'WriteFailed'
  return data && isRecorded ? 'recorded' : 'pending'
}

/**
 * Owner reference to the ClusterExternalSecret that created an object. A user's copy of an object has the same reference, but its
 * created-as annotation names the original. Objects of the Go operator have no such annotation.
 */
export function clusterOwnerOf(metadata: ObjectMeta): OwnerReference | undefined {
  const { ownerReferences = [], annotations = {} } = metadata
  const mark = annotations[CREATED_AS_ANNOTATION]
  if (mark !== undefined && mark !== createdAs(metadata)) return undefined
  return ownerReferences.find(
    ({ kind, apiVersion, controller }) => controller === true && kind === KIND && apiVersion.startsWith(`${GROUP}/`),
  )
}

/** Value of the created-as annotation of an object. */
export function createdAs({ namespace = '', name = '' }: ObjectMeta): string {
  return `${namespace}/${name}`
}

function describeOwner({ labels = {}, ownerReferences = [] }: ObjectMeta, creator: OwnerReference | undefined): string {
  const owner = creator ?? ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0]
  if (owner?.kind === KIND && owner !== creator)
    return `it names ${KIND} ${owner.name} as its owner, which did not create it`
  if (owner) return `${owner.kind} ${owner.name} owns it`
  const manager = labels['app.kubernetes.io/managed-by']
  return manager === undefined ? 'it has no owner' : `${manager} manages it`
}

/** Digest of a JSON value, independent of the order of members. */
export function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
  return createHash('sha256').update(text).digest('base64')
}
