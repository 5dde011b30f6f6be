import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { homeOf, storeKeyOf, storeLabel, type StoreRegistry } from '@ack-secret-manager/stores'

export interface PushTargetOptions {
  readonly registry: Pick<StoreRegistry, 'pushTarget'>
  /** A cached store by `namespace/name`. */
  readonly storeOf: (key: string) => object | undefined
}

/**
 * `StoreRegistry.pushTarget` for PushSecrets: a store that exists and is not validated yet is unavailable. The registry does not find
 * it, and a PushSecret leaves its secrets in KMS when its store is gone.
 */
export function pushTargetOf({ registry, storeOf }: PushTargetOptions): StoreRegistry['pushTarget'] {
  return (query) => {
    try {
      return registry.pushTarget(query)
    } catch (error) {
      const { namespace, ref } = query
      const isMissing = isSecretSyncError(error) && error.code === 'StoreNotFound'
      if (!isMissing || storeOf(storeKeyOf(ref, namespace)) === undefined) throw error
      throw new SecretSyncError('Unavailable', `${storeLabel(homeOf(ref, namespace), ref.name)} is not validated yet`)
    }
  }
}
