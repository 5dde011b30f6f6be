import { createHash } from 'node:crypto'
import {
  type ContentDigester,
  type ErrorCode,
  isSecretSyncError,
  type OwnerRecord,
  SecretSyncError,
  type TargetRef,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import type { KubeObject, ObjectMeta } from '@ack-secret-manager/k8s-client'
import { checkSecretType } from '@ack-secret-manager/resources'
import { z } from 'zod'
import { MANAGED_BY, MANAGED_BY_LABEL, REPLACEMENT_ANNOTATION, REPLACEMENT_PREFIX, REPLACEMENT_TYPE } from '../names.ts'
import type { PostedSecret } from './posted-secret.ts'
import { isOurReference } from '../provenance/owner-references.ts'
import { isSigned, signatureOf } from './replacement-signature.ts'
import { whyNotRestored } from './restored-secret.ts'

/** A Secret without its data, as the annotation has it. */
const packedSchema = z.strictObject({
  owner: z.string(),
  deletion: z.enum(['delete', 'retain']),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  ownerReferences: z.array(
    z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: z.string(),
      uid: z.string(),
      controller: z.boolean().exactOptional(),
      // True would need rights on the owner's finalizers.
      blockOwnerDeletion: z.boolean().exactOptional(),
    }),
  ),
  type: z.string(),
  immutable: z.literal(true).exactOptional(),
  /** Absent in replacements of earlier versions. */
  signature: z.string().exactOptional(),
})

type Packed = z.infer<typeof packedSchema>

const NAME_LENGTH = 32

/** Where the replacement of a Secret is: always in the same place, so that it is found without a watch. */
export function replacementOf({ namespace, name }: TargetRef): TargetRef {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, NAME_LENGTH)
  return { namespace, name: `${REPLACEMENT_PREFIX}${hash}` }
}

/** Body of the replacement of what `body` is to be. Kubernetes collects it with the owner, where it collects that one. */
export function replacementBody(
  body: PostedSecret,
  ownerName: string,
  { deletion }: OwnerRecord,
  digester: ContentDigester,
): PostedSecret {
  const { metadata, type, immutable, data } = body
  const { labels, annotations, ownerReferences = [], namespace, name } = metadata
  const place = replacementOf({ namespace, name })
  const packed: Packed = {
    owner: ownerName,
    deletion,
    name,
    labels: { ...labels },
    annotations: { ...annotations },
    ownerReferences: [...ownerReferences],
    type,
    ...(immutable ? { immutable } : {}),
    signature: signatureOf({ place, ownerName, deletion, body }, digester),
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...place,
      labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
      annotations: { [REPLACEMENT_ANNOTATION]: JSON.stringify(packed) },
      ownerReferences: ownerReferences.filter(({ controller }) => controller === true),
    },
    type: REPLACEMENT_TYPE,
    data,
  }
}

/** What an object is the replacement of; undefined when it is none of ours: edited, or copied to another name. */
export function replacedBy(metadata: ObjectMeta): UnfinishedReplacement | undefined {
  const packed = unpack(metadata)
  if (!packed) return undefined
  const { owner: ownerName, deletion } = packed
  const target = targetOf(metadata, packed)
  return { target, ownerName, deletion, ...(isOrphaned(metadata, packed) ? { orphaned: true } : {}) }
}

/**
 * The body that a replacement keeps, without the reference to an owner that has orphaned it: the garbage collector would
 * delete the new Secret. Undefined when the object is no replacement.
 * @throws SecretSyncError `TargetConflict` for one that this operator has not signed or whose metadata no new Secret may have,
 * `InvalidForType` for a type or content that no new Secret may have
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
    // As the API server keeps it: text in base64.
    data: (data ?? {}) as PostedSecret['data'],
  }
  const { namespace, name } = body.metadata
  const place = replacementOf({ namespace, name })
  if (!isSigned(signature, { place, ownerName, deletion, body }, digester)) {
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

/** Whether the reference to the owner was removed from the replacement, as Kubernetes does when the owner is deleted with the cascade `Orphan`. */
function isOrphaned({ ownerReferences = [] }: ObjectMeta, { owner, ownerReferences: packed }: Packed): boolean {
  return packed.some(
    (reference) => isOurReference(reference, owner) && !ownerReferences.some(({ uid }) => uid === reference.uid),
  )
}

function checkContent({ metadata, type, data }: PostedSecret): void {
  const content = new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]))
  try {
    checkSecretType(type, content)
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw notRestored(metadata, `is refused: ${error.message}`, error.code)
  }
}

function notRestored({ namespace, name }: TargetRef, why: string, code: ErrorCode = 'TargetConflict'): SecretSyncError {
  const place = replacementOf({ namespace, name })
  return new SecretSyncError(
    code,
    `Secret ${namespace}/${name} is not restored: its replacement ${place.name} ${why}; delete ${place.name}, and the Secret is created from its sources`,
  )
}

function targetOf({ namespace = '' }: ObjectMeta, { name }: Packed): TargetRef {
  return { namespace, name }
}

function unpack(metadata: ObjectMeta): Packed | undefined {
  const text = metadata.annotations?.[REPLACEMENT_ANNOTATION]
  if (text === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined // Edited by somebody: the same as none.
  }
  const parsed = packedSchema.safeParse(json)
  if (!parsed.success || replacementOf(targetOf(metadata, parsed.data)).name !== metadata.name) return undefined
  return parsed.data
}
