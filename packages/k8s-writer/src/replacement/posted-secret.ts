import type { Sensitive } from '@ack-secret-manager/core'
import type { KubeObject, OwnerReference } from '@ack-secret-manager/k8s-client'

/** Values in base64 by key; null removes a key in a patch. */
export type SecretData<V extends string | null = string> = Sensitive<Readonly<Record<string, V>>>

/** A JSON merge patch of a Secret. */
export interface SecretPatch {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string | null>>
    readonly annotations?: Readonly<Record<string, string | null>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  /** The API server rejects a patch with another type than that of the Secret. */
  readonly type?: string
  readonly immutable?: true
  readonly data?: SecretData<string | null>
}

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
  readonly data: SecretData
}

/** The JSON body of a request, with plaintext: pass it to the client and keep no reference. */
export function jsonBody({ data, ...rest }: PostedSecret | SecretPatch): object {
  return data === undefined ? rest : { ...rest, data: data.expose() }
}

/** The values of a Secret in base64. Kubernetes omits the value of an empty key in some responses. */
export function dataOf({ data }: KubeObject): ReadonlyMap<string, string> {
  const entries = Object.entries((data ?? {}) as Readonly<Record<string, string | null>>)
  return new Map(entries.map(([key, text]) => [key, text ?? '']))
}
