import { createHash } from 'node:crypto'
import {
  type ContentDigester,
  type ErrorCode,
  isSecretSyncError,
  type OwnerRecord,
  SecretSyncError,
  Sensitive,
  type TargetRef,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import type { KubeObject, ObjectMeta } from '@ack-secret-manager/k8s-client'
import {
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  REPLACEMENT_ANNOTATION,
  REPLACEMENT_PREFIX,
  REPLACEMENT_TYPE,
  checkSecretType,
} from '@ack-secret-manager/resources'
import { isOurReference } from '../provenance/owner-references.ts'
import { type PackedSecret, packSecret, unpackSecret } from './packed-secret.ts'
import type { PostedSecret } from './posted-secret.ts'
import { isSigned, signatureOf } from './replacement-signature.ts'
import { whyNotRestored } from './restored-secret.ts'

const NAME_LENGTH = 32

/** Name of the replacement of a Secret. It is deterministic, so that a replacement is found without a watch. */
export function replacementOf({ namespace, name }: TargetRef): TargetRef {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, NAME_LENGTH)
  return { namespace, name: `${REPLACEMENT_PREFIX}${hash}` }
}

/**
 * Body of the replacement that stages `body`. Kubernetes garbage-collects it with the same owner.
 * @throws SecretSyncError `TooLarge` with too many labels, annotations or owner references
 */
export function replacementBody(
  body: PostedSecret,
  ownerName: string,
  { deletion }: OwnerRecord,
  digester: ContentDigester,
): PostedSecret {
  const { metadata, type, immutable, data } = body
  const { labels, annotations, ownerReferences = [], namespace, name } = metadata
  const location = replacementOf({ namespace, name })
  const packed: PackedSecret = {
    owner: ownerName,
    deletion,
    name,
    labels: { ...labels },
    annotations: { ...annotations },
    ownerReferences: [...ownerReferences],
    type,
    ...(immutable ? { immutable } : {}),
    signature: signatureOf({ location, ownerName, deletion, body }, digester),
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...location,
      labels: { [MANAGED_BY_LABEL]: MANAGED_BY_VALUE },
      annotations: { [REPLACEMENT_ANNOTATION]: packSecret(packed, namespace) },
      ownerReferences: ownerReferences.filter(({ controller }) => controller === true),
    },
    type: REPLACEMENT_TYPE,
    data,
  }
}

/** Returns the Secret that an object replaces; undefined if it is no replacement, was edited, or was copied to another name. */
export function replacedBy(metadata: ObjectMeta): UnfinishedReplacement | undefined {
  const packed = unpack(metadata)
  if (!packed) return undefined
  const { owner: ownerName, deletion } = packed
  const target = targetOf(metadata, packed)
  return { target, ownerName, deletion, ...(isOrphaned(metadata, packed) ? { orphaned: true } : {}) }
}

/**
 * Restores the body that a replacement stages; undefined if the object is no replacement. A reference to an owner that has orphaned
 * the replacement is dropped, because the garbage collector would delete the new Secret.
 * @throws SecretSyncError `TargetConflict` for an invalid signature or metadata that a new Secret may not have,
 * `InvalidForType` for a type or content that a new Secret may not have
 */
export function restoredBody({ metadata, data }: KubeObject, digester: ContentDigester): PostedSecret | undefined {
  const packed = unpack(metadata)
  if (!packed) return undefined
  const { owner: ownerName, deletion, labels, annotations, ownerReferences, type, immutable, signature } = packed
  const body: PostedSecret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...targetOf(metadata, packed), labels, annotations, ownerReferences },
    type,
    ...(immutable ? { immutable } : {}),
    // Base64, as the API server returns it.
    data: new Sensitive((data ?? {}) as Record<string, string>),
  }
  const { namespace, name } = body.metadata
  const location = replacementOf({ namespace, name })
  if (!isSigned(signature, { location, ownerName, deletion, body }, digester)) {
    throw notRestored(
      body.metadata,
      'has no valid signature (edited, or written with another digest key or by an earlier version)',
    )
  }
  checkContent(body)
  const why = whyNotRestored(body, ownerName, deletion)
  if (why !== undefined) throw notRestored(body.metadata, why)
  if (!isOrphaned(metadata, packed)) return body
  const others = ownerReferences.filter((reference) => !isOurReference(reference, ownerName))
  return { ...body, metadata: { ...body.metadata, ownerReferences: others } }
}

/** Whether Kubernetes removed the owner reference, as it does after a deletion of the owner with cascade `Orphan`. */
function isOrphaned({ ownerReferences = [] }: ObjectMeta, { owner, ownerReferences: packed }: PackedSecret): boolean {
  const uids = new Set(ownerReferences.map(({ uid }) => uid))
  return packed.some((reference) => isOurReference(reference, owner) && !uids.has(reference.uid))
}

function checkContent({ metadata, type, data }: PostedSecret): void {
  const content = new Map(
    Object.entries(data.expose()).map(([key, text]) => [key, new Sensitive(Buffer.from(text, 'base64'))]),
  )
  try {
    checkSecretType(type, content)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw notRestored(metadata, `is invalid: ${error.message}`, error.code)
  }
}

function notRestored({ namespace, name }: TargetRef, why: string, code: ErrorCode = 'TargetConflict'): SecretSyncError {
  const location = replacementOf({ namespace, name })
  return new SecretSyncError(
    code,
    `Secret ${namespace}/${name} is not restored: its replacement ${location.name} ${why}; delete ${location.name}, and the Secret is created from its sources`,
  )
}

function targetOf({ namespace = '' }: ObjectMeta, { name }: PackedSecret): TargetRef {
  return { namespace, name }
}

/** Users can write the annotation into any Secret, so nothing is parsed without need. */
function unpack(metadata: ObjectMeta): PackedSecret | undefined {
  const text = metadata.annotations?.[REPLACEMENT_ANNOTATION]
  if (text === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY_VALUE) return undefined
  if (metadata.name?.startsWith(REPLACEMENT_PREFIX) !== true) return undefined
  const packed = unpackSecret(text)
  return packed && replacementOf(targetOf(metadata, packed)).name === metadata.name ? packed : undefined
}
