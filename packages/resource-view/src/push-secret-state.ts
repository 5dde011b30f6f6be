import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { pushSecretStatusSchema, readyOf } from '@ack-secret-manager/resources'

/** What the status of a PushSecret says. */
export interface PushSecretState {
  readonly kind: 'PushSecret'
  readonly namespace: string
  readonly name: string
  readonly ready: boolean
  /** Undefined before the first push. */
  readonly reason: string | undefined
  readonly message: string
  /** KMS secrets, each with its state. */
  readonly secrets: readonly { readonly key: string; readonly state: string }[]
}

/** Reads a PushSecret as the API server sends it. Never throws. */
export function pushSecretState({ metadata, ...object }: KubeObject): PushSecretState {
  const { namespace = '', name = '' } = metadata
  const status = pushSecretStatusSchema.safeParse(object['status'] ?? {}).data
  const ready = status && readyOf(status)
  return {
    kind: 'PushSecret',
    namespace,
    name,
    ready: ready?.status === 'True',
    reason: ready?.reason,
    message: ready?.message ?? '',
    secrets: (status?.secrets ?? []).map(({ key, state }) => ({ key, state })),
  }
}
