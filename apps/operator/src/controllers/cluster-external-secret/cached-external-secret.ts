import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ObjectMeta, OwnerReference } from '@ack-secret-manager/k8s-client'
import { GROUP, CREATED_AS_ANNOTATION } from '@ack-secret-manager/resources'

/** What a ClusterExternalSecret says of an ExternalSecret. */
export interface ExternalSecretContent {
  /** Of the spec, see {@link digestOf}. */
  readonly specDigest: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** An ExternalSecret of the API server, as far as it matters whose it is and what it says. */
export interface FoundExternalSecret {
  readonly name: string
  /** UID of the ClusterExternalSecret that made it. */
  readonly makerUid: string | undefined
  /** Whose it is, for people. */
  readonly holder: string
  /** It has the mark of its own place. One of the Go operator has none until it is first written here. */
  readonly marked: boolean
  /** It is about to go. */
  readonly terminating: boolean
  /** Only of what a ClusterExternalSecret made: there may be ten thousand others. */
  readonly content: ExternalSecretContent | undefined
}

const KIND = 'ClusterExternalSecret'

/** @param before what it was: the same object is returned where nothing of it has changed, as when only a status did */
export function foundExternalSecretOf(raw: KubeObject, before?: FoundExternalSecret): FoundExternalSecret {
  const { name = '', labels = {}, annotations = {}, deletionTimestamp } = raw.metadata
  const maker = makerOf(raw.metadata)
  const found = {
    name,
    makerUid: maker?.uid,
    holder: holderOf(raw.metadata, maker),
    marked: annotations[CREATED_AS_ANNOTATION] === madeAs(raw.metadata),
    terminating: deletionTimestamp !== undefined,
    content: maker && { specDigest: digestOf(raw['spec']), labels, annotations },
  }
  return before !== undefined && isDeepStrictEqual(found, before) ? before : found
}

/**
 * The reference to the ClusterExternalSecret that made an object. People copy objects with all their metadata: a copy has the
 * reference as well, but not the mark of its own place. What the Go operator made has no mark at all.
 */
export function makerOf(metadata: ObjectMeta): OwnerReference | undefined {
  const { ownerReferences = [], annotations = {} } = metadata
  const mark = annotations[CREATED_AS_ANNOTATION]
  if (mark !== undefined && mark !== madeAs(metadata)) return undefined
  return ownerReferences.find(
    ({ kind, apiVersion, controller }) => controller === true && kind === KIND && apiVersion.startsWith(`${GROUP}/`),
  )
}

/** Mark of an object that was made where it is. */
export function madeAs({ namespace = '', name = '' }: ObjectMeta): string {
  return `${namespace}/${name}`
}

function holderOf({ labels = {}, ownerReferences = [] }: ObjectMeta, maker: OwnerReference | undefined): string {
  const owner = maker ?? ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0]
  if (owner?.kind === KIND && owner !== maker)
    return `it names ${KIND} ${owner.name} as its owner, which did not make it`
  if (owner) return `${owner.kind} ${owner.name} owns it`
  const manager = labels['app.kubernetes.io/managed-by']
  return manager === undefined ? 'nobody owns it' : `${manager} manages it`
}

/** Digest of a JSON value; the order of members means nothing. */
export function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
  return createHash('sha256').update(text).digest('base64')
}
