import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { decodeProvenance } from '@ack-secret-manager/k8s-writer'
import { PROVENANCE_ANNOTATION } from '@ack-secret-manager/resources'

/** A key of the Secret, and where its value is from. */
export interface KeySource {
  readonly key: string
  readonly secret: string
  readonly versionId: string
}

/** The Secret of an ExternalSecret, without its content. */
export interface TargetSecret {
  readonly name: string
  /** Undefined if the record of the operator is missing, as in a Secret of another owner. */
  readonly type: string | undefined
  readonly keys: readonly KeySource[]
}

/** Reads the record of the operator in the metadata of a Secret, for one of its ExternalSecrets. Pure. */
export function targetSecret(
  { metadata }: KubeObject,
  { namespace, name: owner }: { readonly namespace: string; readonly name: string },
): TargetSecret {
  const { name = '', annotations } = metadata
  const record = decodeProvenance(annotations?.[PROVENANCE_ANNOTATION] ?? '', { namespace, name })
  const keys = [...(record?.records.get(owner)?.keys ?? [])]
  return { name, type: record?.type, keys: keys.map(([key, { secret, versionId }]) => ({ key, secret, versionId })) }
}
