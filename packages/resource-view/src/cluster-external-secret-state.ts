import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { clusterExternalSecretStatusSchema, readyOf } from '@ack-secret-manager/resources'

/** What the status of a ClusterExternalSecret says. */
export interface ClusterExternalSecretState {
  readonly kind: 'ClusterExternalSecret'
  readonly namespace: ''
  readonly name: string
  readonly ready: boolean
  /** Undefined before the first reconcile. */
  readonly reason: string | undefined
  readonly message: string
  readonly provisioned: readonly string[]
  readonly failed: readonly { readonly namespace: string; readonly reason?: string }[]
}

/** Reads a ClusterExternalSecret as the API server sends it. Never throws. */
export function clusterExternalSecretState({ metadata, ...object }: KubeObject): ClusterExternalSecretState {
  const parsed = clusterExternalSecretStatusSchema.safeParse(object['status'] ?? {})
  const ready = parsed.success ? readyOf(parsed.data) : undefined
  return {
    kind: 'ClusterExternalSecret',
    namespace: '',
    name: metadata.name ?? '',
    ready: ready?.status === 'True',
    reason: ready?.reason,
    message: ready?.message ?? '',
    provisioned: parsed.success ? parsed.data.provisionedNamespaces : [],
    failed: parsed.success ? parsed.data.failedNamespaces : [],
  }
}
