import { defined } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type LivePushSecret, livePushSecret } from '@ack-secret-manager/resource-view'

/** A PushSecret with what its page shows. */
export interface PushSecretObject {
  readonly live: LivePushSecret
  readonly uid: string
  readonly createdAt?: string
  readonly isDeleting: boolean
  /** The operator has not handled the latest spec yet. */
  readonly isOutdated: boolean
}

/** Reads a PushSecret and drops the metadata that no page shows. Never throws. */
export function pushSecretObject(raw: KubeObject): PushSecretObject {
  const { uid = '', generation = 0, creationTimestamp, deletionTimestamp } = raw.metadata
  const live = livePushSecret(raw)
  return {
    live,
    uid,
    ...defined({ createdAt: creationTimestamp }),
    isDeleting: deletionTimestamp !== undefined,
    isOutdated: live.observedGeneration < generation,
  }
}
