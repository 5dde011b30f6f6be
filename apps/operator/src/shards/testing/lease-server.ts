import type { Clock } from '@ack-secret-manager/core'
import { KubeApiError, type KubeObject, type LeaseApi } from '@ack-secret-manager/k8s-client'
import { MEMBER_OF_LABEL } from '@ack-secret-manager/resources'
import { type SlotLease, slotLease } from '../slot-lease.ts'
import type { SlotLeases } from '../slot-leases.ts'

/** How the API server treats one process. */
export interface Network {
  /** Duration of the next request, in milliseconds: to the server, and back. */
  readonly delayMs: () => number
  /** Delay of the next watch event. Events keep their order. */
  readonly watchDelayMs: () => number
  isCut: boolean
  /** The process is stopped: it receives no response and no event. Resolves when it continues. */
  readonly resumed: () => Promise<void>
}

/** Leases in memory with the consistency of the API server: linearizable reads, optimistic locking, watches that may be late. */
export class LeaseServer {
  readonly #clock: Clock
  readonly #objects = new Map<string, KubeObject>()
  readonly #watches = new Set<(object: KubeObject) => void>()
  /** Called before the holder of a Lease is cleared. A thrown error is the response. */
  beforeClear: (lease: SlotLease) => void = () => undefined
  #version = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Writes some fields of the `spec` of a Lease, as another process. */
  edit(name: string, spec: object): void {
    const object = this.#get(name)
    this.#put({ ...object, spec: { ...(object.spec as object), ...spec } })
  }

  leases(): readonly SlotLease[] {
    return [...this.#objects.values()].map(slotLease)
  }

  /** The API of one process for its elector. */
  api(network: Network): LeaseApi {
    const call = <T>(work: () => T, signal: AbortSignal): Promise<T> => this.#call(network, work, signal)
    return {
      get: (path, { signal }) => call(() => this.#get(nameOf(path)) as never, signal),
      create: (_path, body, { signal }) =>
        call(() => {
          const object = body as KubeObject
          if (this.#objects.has(object.metadata.name ?? '')) throw failure(409)
          return this.#put(object) as never
        }, signal),
      update: (path, body, { signal }) =>
        call(() => {
          const object = body as KubeObject
          if (object.metadata.resourceVersion !== this.#get(nameOf(path)).metadata.resourceVersion) throw failure(409)
          return this.#put(object) as never
        }, signal),
    }
  }

  /** The reads of one process for its membership. */
  slotLeases(network: Network, first: string): SlotLeases {
    const isListed = ({ metadata: { name, labels } }: KubeObject): boolean =>
      name === first || labels?.[MEMBER_OF_LABEL] !== undefined
    return {
      list: (signal) => this.#call(network, () => [...this.#objects.values()].filter(isListed).map(slotLease), signal),
      get: (slot, signal) =>
        this.#call(
          network,
          () => {
            const object = this.#objects.get(slot)
            return object && slotLease(object)
          },
          signal,
        ),
      clear: (lease, signal) =>
        this.#call(
          network,
          () => {
            this.beforeClear(lease)
            const object = this.#objects.get(lease.slot)
            if (object?.metadata.resourceVersion !== lease.resourceVersion) return undefined
            return slotLease(this.#put({ ...object, spec: { ...(object.spec as object), holderIdentity: '' } }))
          },
          signal,
        ),
      watch: async (onChange, signal) => {
        let dueMs = 0
        const deliver = (object: KubeObject): void => {
          if (object.metadata.labels?.[MEMBER_OF_LABEL] === undefined) return
          const lease = slotLease(object)
          dueMs = Math.max(dueMs, this.#clock.monotonic() + network.watchDelayMs())
          const arrive = async (): Promise<void> => {
            await network.resumed()
            if (!signal.aborted) onChange(lease)
          }
          this.#clock.setTimeout(() => void arrive(), dueMs - this.#clock.monotonic())
        }
        for (const object of this.#objects.values()) deliver(object)
        this.#watches.add(deliver)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
        this.#watches.delete(deliver)
      },
    }
  }

  async #call<T>(network: Network, work: () => T, signal: AbortSignal): Promise<T> {
    await this.#pass(network, signal)
    if (network.isCut) throw failure(504)
    let result: { readonly value: T } | { readonly error: unknown }
    try {
      result = { value: work() }
    } catch (error) {
      result = { error }
    }
    await this.#pass(network, signal)
    // The request has taken effect, but its response is lost.
    if (network.isCut) throw failure(504)
    if ('error' in result) throw result.error
    return result.value
  }

  async #pass(network: Network, signal: AbortSignal): Promise<void> {
    const ms = network.delayMs()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(failure(499))
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#clock.setTimeout(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
    })
    await network.resumed()
  }

  #get(name: string): KubeObject {
    const object = this.#objects.get(name)
    if (object === undefined) throw failure(404)
    return object
  }

  #put(object: KubeObject): KubeObject {
    this.#version += 1
    const written = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } }
    this.#objects.set(object.metadata.name ?? '', written)
    for (const deliver of this.#watches) deliver(written)
    return written
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export function failure(status: number): KubeApiError {
  return new KubeApiError(`status ${status}`, { status, reason: '', causes: [] })
}
