import { type Clock, SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import { REFRESH_NOW_ANNOTATION } from '@ack-secret-manager/resources'
import { type ResourceKey, resourceKey, type SyncResource } from '../model/resource.ts'

/** Limit per key and day of values that are generated because the target has none, including the first. */
const MAX_GENERATED = 6
const WINDOW_MS = 86_400_000

type Resource = Pick<SyncResource, 'namespace' | 'name' | 'generation'>

/**
 * Limits how often a value is generated because the target has none. Otherwise a controller that keeps removing a key would cause a new
 * password, and restarts, each time.
 */
export class LostValues {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** When the values of each key were generated, in monotonic milliseconds. */
  readonly #generated = new Map<ResourceKey, { generation: number; times: Map<string, readonly number[]> }>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** When a missing value of this key may be generated, in milliseconds; undefined for now. */
  waitMs(resource: Resource, key: string): number | undefined {
    const times = this.#timesOf(resource, key)
    const [oldestMs] = times
    if (oldestMs === undefined || times.length < MAX_GENERATED) return undefined
    return oldestMs + WINDOW_MS - this.#clock.monotonic()
  }

  /** A value of this key was written because the target had none. */
  add(resource: Resource, key: string): void {
    const times = [...this.#timesOf(resource, key), this.#clock.monotonic()]
    const owner = resourceKey(resource)
    const known = this.#generated.get(owner)
    if (known?.generation === resource.generation) known.times.set(key, times)
    else this.#generated.set(owner, { generation: resource.generation, times: new Map([[key, times]]) })
  }

  /** Allows all values again: a user has acted, or the resource was deleted. */
  forget(key: ResourceKey): void {
    this.#generated.delete(key)
  }

  #timesOf(resource: Resource, key: string): readonly number[] {
    const known = this.#generated.get(resourceKey(resource))
    // A new generation starts a new count.
    if (known?.generation !== resource.generation) return []
    const sinceMs = this.#clock.monotonic() - WINDOW_MS
    return (known.times.get(key) ?? []).filter((ms) => ms > sinceMs)
  }
}

/** Why a missing value is not generated. `waitMs`: until it may be. */
export function lossError({ namespace, name }: TargetRef, key: string, waitMs: number): SecretSyncError {
  const what = `Secret ${namespace}/${name} has lost key ${key} ${MAX_GENERATED - 1} times within a day, so no new value is generated`
  const advice = `stop the client that removes it, or use a Secret of its own, then change ${REFRESH_NOW_ANNOTATION}`
  return new SecretSyncError('TargetConflict', `${what}; ${advice}`, { facts: { retryAfterMs: waitMs } })
}
