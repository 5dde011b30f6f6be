import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { readyOf, type SecretStoreStatus, secretStoreStatusSchema } from '@ack-secret-manager/resources'
import { labelOf, type StoreName, withoutPrefix } from './resource-objects.ts'

/** What the status of a store says. */
export interface StoreState extends StoreName {
  readonly status: SecretStoreStatus
  readonly ready: boolean
  /** Undefined before the first reconcile. */
  readonly reason: string | undefined
  readonly message: string
  /** The outage of its endpoint. */
  readonly outage:
    | { readonly since: string | undefined; readonly message: string; readonly lastResponse: string | undefined }
    | undefined
}

/** Reads a store as the API server sends it. Never throws. */
export function storeState(kind: StoreName['kind'], { metadata, ...object }: KubeObject): StoreState {
  const parsed = secretStoreStatusSchema.safeParse(object['status'] ?? {})
  const status: SecretStoreStatus = parsed.success ? parsed.data : { conditions: [] }
  const ready = readyOf(status)
  const reachable = status.conditions.find(({ type }) => type === 'Reachable')
  const { namespace = '', name = '' } = metadata
  const store: StoreName = { kind, namespace: kind === 'ClusterSecretStore' ? '' : namespace, name }
  return {
    ...store,
    status,
    ready: ready?.status === 'True',
    reason: ready?.reason,
    // Its name is shown in front of it.
    message: withoutPrefix(ready?.message ?? '', labelOf(store)),
    outage:
      reachable?.status === 'False'
        ? {
            since: status.outage?.since ?? reachable.lastTransitionTime,
            message: reachable.message,
            lastResponse: status.outage?.lastResponse,
          }
        : undefined,
  }
}
