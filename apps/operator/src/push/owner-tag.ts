import { createHash } from 'node:crypto'

/** Tag of a KMS secret that names the PushSecret that created it. A secret without it, or with another value, is never changed. */
export const OWNER_TAG = 'acksm:owner'

/** Alibaba Cloud KMS API reference, TagResource. */
const MAX_VALUE = 256

/** A PushSecret among all clusters. */
export interface PushOwner {
  /** Id of the installation of the operator. */
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

/** Value of {@link OWNER_TAG}: `CLUSTER/NAMESPACE/NAME`; the end of a long one is replaced by its digest. */
export function ownerText({ cluster, namespace, name }: PushOwner): string {
  const text = `${cluster}/${namespace}/${name}`
  if (text.length <= MAX_VALUE) return text
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return `${text.slice(0, MAX_VALUE - digest.length - 1)}~${digest}`
}
