import { type Clock, defined, isSecretSyncError, SecretSyncError, withDeadline } from '@ack-secret-manager/core'
import { KmsManagement } from '@ack-secret-manager/kms-management'
import type { PushTarget as StoreTarget, StoreRegistry } from '@ack-secret-manager/stores'
import type { LaneRun } from '../../push/limits/push-lanes.ts'
import type { PushQuota } from '../../push/limits/push-quota.ts'
import type { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { mayBeSameQuota } from '../../push/may-be-same.ts'
import type { RecordedTarget } from '../../push/push-record.ts'
import { OBSERVE_CALLS, type PushClient } from '../../push/secret-pusher.ts'

/** Deadline of all calls for one step of one KMS secret. */
const TIMEOUT_MS = 30_000
/** Attempts of each call. Few, because the quota counts retries only afterwards, and the run is retried later. */
const ATTEMPTS = 3

/** A client of one quota. */
export interface SessionClient extends PushClient {
  readonly quota: StoreTarget['quota']
}

type Query = Parameters<StoreRegistry['pushTarget']>[0]

export interface PushSessionOptions {
  readonly stores: Pick<StoreRegistry, 'pushTarget'>
  readonly quota: Pick<PushQuota, 'take' | 'throttled' | 'repeated'>
  readonly silent: Pick<SilentEndpoints, 'check' | 'begin' | 'timedOut' | 'responded'>
  readonly clock: Clock
  /** Ends waits for the quota before changes. */
  readonly signal: AbortSignal
  /** See {@link LaneRun.waiting}. @default the wait itself */
  readonly waiting?: LaneRun['waiting']
  /** Secrets that the run pushes; their names are unique. @default none */
  readonly wanted?: readonly RecordedTarget[]
  /** @default 30_000 */
  readonly timeoutMs?: number
}

/** Store and connection of one KMS secret in one run. */
interface Access {
  readonly query: Query
  readonly target: StoreTarget
  /** Endpoint and identity. */
  readonly key: string
}

/** KMS clients of one run, one for each endpoint and identity. */
export class PushSession implements AsyncDisposable {
  readonly #options: PushSessionOptions
  readonly #clients = new Map<string, KmsManagement>()
  /** Endpoints and identities that KMS has refused in this run. */
  readonly #refused = new Set<string>()

  constructor(options: PushSessionOptions) {
    this.#options = options
  }

  /**
   * A client for this secret. After a timeout, calls of all runs with its endpoint and identity fail fast for a while, so that each
   * run ends with an error.
   * @throws SecretSyncError as `StoreRegistry.pushTarget`
   */
  clientFor(query: Query): SessionClient {
    const target = this.#options.stores.pushTarget(query)
    const access = { query, target, key: keyOf(target) }
    const client = this.#clients.get(access.key) ?? this.#connect(access)
    this.#clients.set(access.key, client)
    return {
      quota: target.quota,
      reserve: (calls) => this.#take(access, calls, this.#options.signal),
      observe: async (name, options) => {
        await this.#take(access, OBSERVE_CALLS, options.signal)
        return this.#call(access, () => client.observe(name, options))
      },
      apply: (...args) => this.#call(access, () => client.apply(...args)),
    }
  }

  /**
   * A client that deletes this secret only if it is not the wanted one of its name, because stores may have changed since they were
   * compared. Its `apply` throws `Unavailable` if it may be, so that the next run compares them again.
   * @throws SecretSyncError as `StoreRegistry.pushTarget`
   */
  clientForDeletion(query: Query): SessionClient {
    const client = this.clientFor(query)
    return {
      ...client,
      apply: async (...args) => {
        this.#assertNotWanted(query, client.quota)
        return client.apply(...args)
      },
    }
  }

  #assertNotWanted({ namespace, secret }: Query, quota: StoreTarget['quota']): void {
    const { stores, wanted = [] } = this.#options
    const ref = wanted.find(({ key }) => key === secret)?.secretStoreRef
    if (ref === undefined || !mayBeSameQuota(quota, stores.pushTarget({ namespace, ref, secret }).quota)) return
    const what = `KMS secret ${JSON.stringify(secret)} may be the one that store ${ref.name} writes now`
    throw new SecretSyncError('Unavailable', `${what}, so it is not deleted`)
  }

  /** Checks the connection and credential first, so that a call that cannot succeed does not use the quota. */
  async #take(access: Access, calls: number, signal: AbortSignal): Promise<void> {
    const { quota, silent, clock, waiting = (wait) => wait(), timeoutMs = TIMEOUT_MS } = this.#options
    const { query, target, key } = access
    this.#assertMayCall(access)
    silent.check(key, target.endpoint)
    const what = `credential of ${target.provider.identity.description}`
    try {
      await withDeadline((within) => target.provider.credential({ signal: within }), { timeoutMs, what, signal, clock })
    } catch (error) {
      this.#failed(access, error)
      throw error
    }
    await waiting(() => quota.take(target.quota, { namespace: query.namespace, calls }, signal))
  }

  /** The deadline of a call does not include its wait for the quota. */
  async #call<T>(access: Access, call: () => Promise<T>): Promise<T> {
    const { silent } = this.#options
    const { key, target } = access
    // Check again after the wait for the quota.
    this.#assertMayCall(access)
    silent.begin(key, target.endpoint)
    try {
      const response = await call()
      silent.responded(key)
      return response
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      if (!['Timeout', 'Cancelled', 'Unavailable'].includes(error.code)) silent.responded(key)
      if (error.code === 'Throttled') this.#options.quota.throttled(target.quota)
      this.#failed(access, error)
      throw error
    }
  }

  /** @throws SecretSyncError if the store has changed, or KMS has refused the identity in this run */
  #assertMayCall({ query, target, key }: Access): void {
    if (keyOf(this.#options.stores.pushTarget(query)) !== key) {
      throw new SecretSyncError('Cancelled', `the endpoint or identity of store ${query.ref.name} has changed`)
    }
    if (!this.#refused.has(key)) return
    const what = `${target.provider.identity.description} was refused for another KMS secret of this PushSecret`
    throw new SecretSyncError('Unauthenticated', `${what}, so it is not tried for this one`)
  }

  #failed({ key }: Access, error: unknown): void {
    if (!isSecretSyncError(error)) return
    if (error.code === 'Unauthenticated') this.#refused.add(key)
    if (error.code === 'Timeout') this.#options.silent.timedOut(key)
  }

  #connect({ target: { endpoint, provider, proxy, quota: account }, query: { namespace } }: Access): KmsManagement {
    const { timeoutMs = TIMEOUT_MS, quota, clock } = this.#options
    const onRetry = ({ code }: SecretSyncError): void => {
      quota.repeated(account, namespace)
      if (code === 'Throttled') quota.throttled(account)
    }
    return new KmsManagement({
      endpoint,
      provider,
      timeoutMs,
      attempts: ATTEMPTS,
      onRetry,
      clock,
      ...defined({ proxy }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

function keyOf({ endpoint, provider }: StoreTarget): string {
  return JSON.stringify([endpoint, provider.identity.fingerprint])
}

/** Whether a store can no longer be used, so that its secrets stay in KMS. */
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

/** Whether the run must stop, because this process stops or the store has changed. */
export function isCancelled(error: unknown): boolean {
  return isSecretSyncError(error) && error.code === 'Cancelled'
}
