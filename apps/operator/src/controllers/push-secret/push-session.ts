import { defined, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import type { PushTarget as StoreTarget, StoreRegistry } from '@ack-secret-manager/stores'
import type { PushClient } from '../../push/secret-pusher.ts'

/** Deadline of all calls for one step of one KMS secret. */
const TIMEOUT_MS = 30_000

type Query = Parameters<StoreRegistry['pushTarget']>[0]

/** Connections of one run to KMS, one for each endpoint and identity. */
export class PushSession implements AsyncDisposable {
  readonly #stores: Pick<StoreRegistry, 'pushTarget'>
  readonly #timeoutMs: number
  readonly #clients = new Map<string, KmsManagement>()
  /** Connections whose last call got no response. */
  readonly #silent = new Set<KmsManagement>()

  constructor(stores: Pick<StoreRegistry, 'pushTarget'>, timeoutMs: number = TIMEOUT_MS) {
    this.#stores = stores
    this.#timeoutMs = timeoutMs
  }

  /**
   * A client that may write this secret. After a timeout its further calls fail at once, so that a run ends and says why.
   * @throws SecretSyncError as `StoreRegistry.pushTarget`
   */
  clientFor(query: Query): PushClient {
    const target = this.#stores.pushTarget(query)
    const key = JSON.stringify([target.endpoint, target.provider.identity.fingerprint])
    const client = this.#clients.get(key) ?? connect(target, this.#timeoutMs)
    this.#clients.set(key, client)
    return {
      observe: (...args) => this.#call(client, target.endpoint, () => client.observe(...args)),
      apply: (...args) => this.#call(client, target.endpoint, () => client.apply(...args)),
    }
  }

  async #call<T>(client: KmsManagement, endpoint: string, call: () => Promise<T>): Promise<T> {
    if (this.#silent.has(client)) {
      throw new SecretSyncError('Timeout', `${endpoint} did not respond to the call before; trying again later`)
    }
    try {
      return await call()
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'Timeout') this.#silent.add(client)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

function connect({ endpoint, provider, proxy }: StoreTarget, timeoutMs: number): KmsManagement {
  return new KmsManagement({ endpoint, provider, timeoutMs, ...defined({ proxy }) })
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
