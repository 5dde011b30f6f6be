import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { condition } from './objects.ts'

/** A PushSecret of the namespace `shop` as the API server sends it in a list. */
export function pushSecret(
  name: string,
  {
    metadata = {},
    spec = {},
    status,
  }: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {},
): KubeObject & { readonly spec: object } {
  return {
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, ...metadata },
    spec: { secretStoreRef: { name: 'kms' }, selector: { name: 'credentials' }, data: [{ key: 'shop/web' }], ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

/** The status of a PushSecret with this reason. */
export function pushStatus(reason: string, message = '', secrets: readonly object[] = []): object {
  return { conditions: [condition('Ready', reason === 'Synced' ? 'True' : 'False', reason, message)], secrets }
}

/** An entry of `status.secrets`, in the store `kms`. */
export function pushed(key: string, state: string, more: object = {}): object {
  return { key, state, secretStoreRef: { kind: 'SecretStore', name: 'kms', namespace: 'shop' }, ...more }
}
