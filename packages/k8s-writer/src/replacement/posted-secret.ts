import type { OwnerReference } from '@ack-secret-manager/k8s-client'

/** Body of a POST that creates a Secret. Contains plaintext: pass it to the client and keep no reference. */
export interface PostedSecret {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly type: string
  readonly immutable?: true
  /** Base64 values. */
  readonly data: Readonly<Record<string, string>>
}
