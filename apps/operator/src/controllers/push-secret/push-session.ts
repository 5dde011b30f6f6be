import { defined, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import type { PushTarget as StoreTarget, StoreRegistry } from '@ack-secret-manager/stores'
import type { PushClient } from '../../push/secret-pusher.ts'

/** Deadline of all calls for one step of one KMS secret. */
const TIMEOUT_MS = 30_000

type Query = Parameters<StoreRegistry['pushTarget']>[0]

/** Connections of one run to KMS, one for each store. */
export class PushSession implements AsyncDisposable {
  readonly #stores: Pick<StoreRegistry, 'pushTarget'>
  readonly #clients = new Map<string, KmsManagement>()

  constructor(stores: Pick<StoreRegistry, 'pushTarget'>) {
    this.#stores = stores
  }

  /** A client that may write this secret. @throws SecretSyncError as `StoreRegistry.pushTarget` */
  clientFor(query: Query): PushClient {
    const target = this.#stores.pushTarget(query)
    const key = JSON.stringify([target.endpoint, target.provider.identity.fingerprint])
    const client = this.#clients.get(key) ?? connect(target)
    this.#clients.set(key, client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

function connect({ endpoint, provider, proxy }: StoreTarget): KmsManagement {
  return new KmsManagement({ endpoint, provider, timeoutMs: TIMEOUT_MS, ...defined({ proxy }) })
}

/** Whether a store can no longer write, so that its secrets stay in KMS. */
export function isUnreachableForGood(error: unknown): boolean {
  return (
    isSecretSyncError(error) &&
    ['StoreNotFound', 'StoreNotAllowed', 'CrossNamespaceRefused', 'InvalidSpec'].includes(error.code)
  )
}

/** @throws SecretSyncError `Cancelled` if this process may no longer write */
export function assertMayPush(mayPush: () => boolean): void {
  if (!mayPush()) throw new SecretSyncError('Cancelled', 'another replica has taken this PushSecret over')
}
