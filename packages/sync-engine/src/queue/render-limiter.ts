import type { Clock, ClockTimer, TemplateRenderer } from '@ack-secret-manager/core'
import { namespaceOf } from '../model/resource.ts'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { FairQueue } from './fair-queue.ts'
import { PRIORITY } from './priority.ts'
import { UsedTime } from './used-time.ts'
import { DEFAULT_CONCURRENCY, type WorkQueue } from './work-queue.ts'

type Renderer = Pick<TemplateRenderer, 'render'>
type RenderOptions = Parameters<Renderer['render']>[1]

/** Maximum number of waiting requests of one group. */
const MAX_WAITING_PER_GROUP = 3
/** Maximum wait of a request, because it holds a worker. */
const MAX_WAIT_MS = 30_000
/** How long a slot is kept for the key that was called back, which reads its secrets first. */
const RESERVED_MS = 1_000

/**
 * The render queue is full, and `onSlotFree` is called once the key can be retried; or the namespace has used up its time for reads of
 * template objects.
 */
export class RendererBusyError extends Error {
  override readonly name = 'RendererBusyError'
}

export interface RenderLimiterOptions {
  readonly renderer: Renderer
  readonly clock: Clock
  /** Keys of one group share a turn. */
  readonly groupOf: (key: string) => string
  /** A rejected key can be retried. */
  readonly onSlotFree: (key: string) => void
  /** Runs a render of `key`. The worker of the key is free meanwhile, because the renderer has its own thread. */
  readonly withoutWorker: <T>(key: string, render: () => Promise<T>) => Promise<T>
  /** Number of workers. Fewer than half of them may wait here. */
  readonly workers: number
}

interface Turn {
  readonly key: string
  readonly call: () => void
  readonly reject: (why: unknown) => void
}

/**
 * Passes requests to a renderer one at a time. Groups get the same time, so that slow templates only delay their own group. Few
 * requests may wait, because each holds a worker. If the queue is full, a smaller group displaces a request of the largest.
 */
export class RenderLimiter {
  readonly #options: RenderLimiterOptions
  readonly #maxWaiting: number
  /** Waiting requests by group, in order of their turns. */
  readonly #groups = new Map<string, Turn[]>()
  readonly #rejected: FairQueue
  readonly #used = new UsedTime()
  #isRendering = false
  #servedLast: string | undefined
  /** The key that was called back last, and until when its slot is kept. */
  #reserved: { readonly key: string; readonly untilMs: number } | undefined

  constructor(options: RenderLimiterOptions) {
    this.#options = options
    this.#rejected = new FairQueue(options.groupOf)
    this.#maxWaiting = Math.floor((options.workers - 1) / 2)
  }

  /** @throws RendererBusyError if the queue is full for a request of `key` */
  check(key: string): void {
    const isReserved = this.#reserved?.key !== key && this.#options.clock.monotonic() < (this.#reserved?.untilMs ?? 0)
    if (!this.#hasSlot(this.#options.groupOf(key), isReserved ? 1 : 0)) throw this.#reject(key)
    this.#rejected.remove(key, 0)
  }

  /** A key that retries keeps its turn. */
  #reject(key: string): RendererBusyError {
    this.#rejected.add(key, 0)
    return new RendererBusyError()
  }

  /** @param reserved number of slots that are kept for others */
  #hasSlot(group: string, reserved: number): boolean {
    if (!this.#isRendering) return reserved === 0
    const own = this.#groups.get(group)?.length ?? 0
    if (own >= Math.min(MAX_WAITING_PER_GROUP, this.#maxWaiting)) return false
    return this.#size() + reserved < this.#maxWaiting || this.#largest() >= own + 2
  }

  /** Calls back a rejected key. One of a group without a slot would be rejected again, and the slot would stay empty. */
  #callBack(nowMs: number): void {
    const next = this.#rejected.take((group) => this.#hasSlot(group, 0))
    if (next === undefined) return
    this.#reserved = { key: next, untilMs: nowMs + RESERVED_MS }
    this.#options.onSlotFree(next)
  }

  /** Ends the turn of a key that no longer renders. */
  forget(key: string): void {
    this.#rejected.remove(key, 0)
    if (this.#reserved?.key !== key) return
    this.#reserved = undefined
    if (!this.#isRendering) this.#callBack(this.#options.clock.monotonic())
  }

  /** The renderer for one key. Its `render` throws {@link RendererBusyError} too. */
  of(key: string): Renderer {
    return {
      render: async (request, options) => {
        const { clock, groupOf, renderer, withoutWorker } = this.#options
        await this.#turn(key, options)
        const sinceMs = clock.monotonic()
        try {
          return await withoutWorker(key, () => renderer.render(request, options))
        } finally {
          const nowMs = clock.monotonic()
          this.#used.add(groupOf(key), nowMs - sinceMs)
          this.#isRendering = false
          this.#callNext()
          this.#callBack(nowMs)
        }
      },
    }
  }

  /** Resolves when the turn of this request has started. */
  async #turn(key: string, { signal }: RenderOptions): Promise<void> {
    signal.throwIfAborted()
    this.check(key)
    if (this.#reserved?.key === key) this.#reserved = undefined
    const group = this.#options.groupOf(key)
    if (!this.#isRendering) {
      this.#begin(group)
      return
    }
    if (this.#size() >= this.#maxWaiting) this.#rejectOneOfTheLargest()
    let timer: ClockTimer | undefined
    let stop = (): void => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const turn: Turn = { key, call: resolve, reject }
        const leave = (why: unknown): void => {
          this.#remove(group, turn)
          reject(why)
        }
        stop = () => leave(signal.reason)
        signal.addEventListener('abort', stop, { once: true })
        timer = this.#options.clock.setTimeout(() => leave(this.#reject(key)), MAX_WAIT_MS)
        this.#groups.set(group, [...(this.#groups.get(group) ?? []), turn])
      })
    } finally {
      timer?.cancel()
      signal.removeEventListener('abort', stop)
    }
  }

  #callNext(): void {
    const least = this.#used.least(this.#groups.keys())
    const waiting = [...this.#groups].filter(([group]) => least.has(group))
    const next = waiting.find(([group]) => group !== this.#servedLast) ?? waiting[0]
    if (next === undefined) return
    const [group, [turn, ...others]] = next
    this.#groups.delete(group)
    if (others.length > 0) this.#groups.set(group, others)
    this.#begin(group)
    turn?.call()
  }

  #begin(group: string): void {
    this.#isRendering = true
    this.#used.begin(group)
    this.#servedLast = group
  }

  #rejectOneOfTheLargest(): void {
    const largest = this.#largest()
    for (const [group, turns] of this.#groups) {
      const last = turns.at(-1)
      if (turns.length < largest || last === undefined) continue
      this.#remove(group, last)
      last.reject(this.#reject(last.key))
      return
    }
  }

  #remove(group: string, turn: Turn): void {
    const others = (this.#groups.get(group) ?? []).filter((each) => each !== turn)
    if (others.length > 0) this.#groups.set(group, others)
    else this.#groups.delete(group)
  }

  #size(): number {
    return [...this.#groups.values()].reduce((sum, { length }) => sum + length, 0)
  }

  #largest(): number {
    return Math.max(0, ...[...this.#groups.values()].map(({ length }) => length))
  }
}

/** Creates the limiter for the renderer of an engine; undefined without a renderer. */
export function renderLimiterFor(
  queue: Pick<WorkQueue, 'add' | 'withoutWorker'>,
  { templating, clock, queue: limits }: Pick<SyncEngineOptions, 'templating' | 'clock' | 'queue'>,
): RenderLimiter | undefined {
  return (
    templating &&
    new RenderLimiter({
      renderer: templating.renderer,
      clock,
      workers: limits?.concurrency ?? DEFAULT_CONCURRENCY,
      groupOf: namespaceOf,
      withoutWorker: (key, render) => queue.withoutWorker(key, render),
      onSlotFree: (key) => queue.add(key, PRIORITY.changed),
    })
  )
}
