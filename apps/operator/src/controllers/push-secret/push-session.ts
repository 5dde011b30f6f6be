import { defined, isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import type { PushTarget as StoreTarget, StoreRegistry } from '@ack-secret-manager/stores'
import type { PushQuota } from '../../push/limits/push-quota.ts'
import type { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { OBSERVE_CALLS, type PushClient } from '../../push/secret-pusher.ts'

/** Deadline of all calls for one step of one KMS secret. */
const TIMEOUT_MS = 30_000
/** Few, because the calls that repeat another one are not counted beforehand. The run is retried later. */
const ATTEMPTS = 3

type Query = Parameters<StoreRegistry['pushTarget']>[0]

export interface PushSessionOptions {
  readonly stores: Pick<StoreRegistry, 'pushTarget'>
  readonly quota: Pick<PushQuota, 'take' | 'throttled'>
  readonly silent: Pick<SilentEndpoints, 'check' | 'timedOut' | 'responded'>
  /** Ends waits for the quota before changes. */
  readonly signal: AbortSignal
  /** @default 30_000 */
  readonly timeoutMs?: number
}

/** Connections of one run to KMS, one for each endpoint and identity. */
export class PushSession implements AsyncDisposable {
  readonly #options: PushSessionOptions
  readonly #clients = new Map<string, KmsManagement>()

  constructor(options: PushSessionOptions) {
    this.#options = options
  }

  /**
   * A client that may write this secret. After a timeout, the calls of all runs at its endpoint and identity fail at once for a while, so
   * that a run ends and says why.
   * @throws SecretSyncError as `StoreRegistry.pushTarget`
   */
  clientFor(query: Query): PushClient {
    const { stores, quota, signal } = this.#options
    const target = stores.pushTarget(query)
    const key = JSON.stringify([target.endpoint, target.provider.identity.fingerprint])
    const client = this.#clients.get(key) ?? this.#connect(target)
    this.#clients.set(key, client)
    const take = (calls: number, until: AbortSignal): Promise<void> =>
      quota.take(target.quota, { namespace: query.namespace, calls }, until)
    return {
      reserve: (calls) => take(calls, signal),
      observe: async (name, options) => {
        await take(OBSERVE_CALLS, options.signal)
        return this.#call(key, target, () => client.observe(name, options))
      },
      apply: (...args) => this.#call(key, target, () => client.apply(...args)),
    }
  }

  /** The deadline of a call does not include its wait for the quota. */
  async #call<T>(key: string, { endpoint, quota: account }: StoreTarget, call: () => Promise<T>): Promise<T> {
    const { silent, quota } = this.#options
    silent.check(key, endpoint)
    try {
      const response = await call()
      silent.responded(key)
      return response
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (error.code === 'Timeout') silent.timedOut(key)
      else if (error.code !== 'Cancelled' && error.code !== 'Unavailable') silent.responded(key)
      if (error.code === 'Throttled') quota.throttled(account)
      throw error
    }
  }

  #connect({ endpoint, provider, proxy, quota: account }: StoreTarget): KmsManagement {
    const { timeoutMs = TIMEOUT_MS, quota } = this.#options
    const onRetry = ({ code }: SecretSyncError): void => {
      if (code === 'Throttled') quota.throttled(account)
    }
    return new KmsManagement({ endpoint, provider, timeoutMs, attempts: ATTEMPTS, onRetry, ...defined({ proxy }) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

/** Whether a store can no longer write, so that its secrets stay in KMS. */
export function isUnreachableForGood(error: unknown): boolean {
  return (
    isSecretSyncError(error) &&
    ['StoreNotFound', 'StoreNotAllowed', 'CrossNamespaceRefused', 'InvalidSpec'].includes(error.code)
  )
}

/** @throws SecretSyncError `Cancelled` if the PushSecret has changed, or this process may no longer write */
export function assertMayPush(mayPush: () => boolean): void {
  if (!mayPush())
    throw new SecretSyncError('Cancelled', 'the PushSecret has changed, or another replica has taken it over')
}
