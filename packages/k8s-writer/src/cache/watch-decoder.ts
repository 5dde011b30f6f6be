import type { Clock, TargetRef, TimeShare } from '@ack-secret-manager/core'
import { compareResourceVersions, type KubeObject, type ObjectChange, objectKey } from '@ack-secret-manager/k8s-client'
import { BufferedEvents } from './buffered-events.ts'
import { cacheEntryOf, excessBytesOf } from './secret-cache-entry.ts'
import type { SecretCache } from './secret-cache.ts'
import { type CachedSecret, isStub, stubOf } from './secret-stub.ts'

type Event = ObjectChange<CachedSecret>

export interface WatchDecoderOptions {
  readonly cache: Pick<SecretCache, 'admits' | 'atVersion' | 'cached'>
  /** Limits the time for decoding large metadata, by namespace. */
  readonly decodeTime: TimeShare
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * Decodes the objects of the watch, and holds back the events of a Secret while a write to it is in flight. Metadata that exceeds the memory or
 * the time of its namespace is not decoded.
 */
export class WatchDecoder {
  readonly #options: WatchDecoderOptions
  readonly #buffered = new BufferedEvents<Event>()
  /** The last large object of each target with a write in flight. */
  readonly #undecoded = new Map<string, KubeObject>()

  constructor(options: WatchDecoderOptions) {
    this.#options = options
  }

  /**
   * Decodes an object of the watch into an entry or a stub. While a write is in flight, large metadata always becomes a stub. Many events
   * may be buffered, and the response usually has the same metadata.
   */
  decode(object: KubeObject): CachedSecret {
    const { cache, decodeTime, clock } = this.#options
    const { metadata } = object
    const known = cache.atVersion(metadata)
    if (known) return known
    const excessBytes = excessBytesOf(metadata)
    if (excessBytes === 0) return cacheEntryOf(object)
    const { namespace = '', name = '' } = metadata
    const target = { namespace, name }
    const isWriting = this.isWriting(target)
    if (isWriting) this.#undecoded.set(objectKey(target), object)
    if (isWriting || !cache.admits(target, excessBytes) || decodeTime.waitMs(namespace) > 0)
      return stubOf(metadata, cache.cached(target), excessBytes)
    const sinceMs = clock.monotonic()
    const entry = cacheEntryOf(object)
    decodeTime.add(namespace, clock.monotonic() - sinceMs)
    return entry
  }

  /** Adds an event of the watch. @returns the events to handle now */
  accept(event: Event): readonly Event[] {
    return this.#buffered.accept(event.key, event)
  }

  /** A write begins. */
  begin(target: TargetRef): void {
    this.#buffered.begin(objectKey(target))
  }

  /** Whether a write is in flight. */
  isWriting(target: TargetRef): boolean {
    return this.#buffered.isActive(objectKey(target))
  }

  /**
   * A write has ended. Only the last large object is decoded, and only if the response to the write is older.
   * @returns the events to handle now
   */
  end(target: TargetRef): readonly Event[] {
    const key = objectKey(target)
    const events = this.#buffered.end(key)
    const object = this.#undecoded.get(key)
    if (this.isWriting(target) || !object) return events
    this.#undecoded.delete(key)
    const { uid, resourceVersion = '' } = object.metadata
    const last = events.findLastIndex((event) => event.kind !== 'deleted' && isStub(event.object))
    const event = events[last]
    if (!event || event.kind === 'deleted') return events
    const { observed } = event.object
    if (observed.uid !== uid || observed.resourceVersion !== resourceVersion) return events
    const cached = this.#options.cache.cached(target)
    if (cached && compareResourceVersions(resourceVersion, cached.observed.resourceVersion) <= 0) return events
    const earlier = events.slice(0, last).filter((each) => each.kind === 'deleted' || !isStub(each.object))
    return [...earlier, { ...event, object: this.decode(object) }, ...events.slice(last + 1)]
  }
}
