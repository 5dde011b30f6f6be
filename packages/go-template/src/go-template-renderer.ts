import {
  checkLimits,
  type Clock,
  type ClockTimer,
  type RenderRequest,
  SecretSyncError,
  Sensitive,
  systemClock,
  type TemplateRenderer,
  withDefaults,
} from '@ack-secret-manager/core'
import { checkRequest } from './check-request.ts'
import { LostRequests } from './lost-requests.ts'
import { failureError, lossError } from './render-error.ts'
import { cancelled, type Outputs, RenderJob } from './render-job.ts'
import { RenderThread } from './render-thread.ts'
import type { ThreadResponse } from './thread-protocol.ts'

export interface GoTemplateRendererOptions {
  /**
   * Timeout of one request, in milliseconds of CPU time of its thread. After ten times as long on the clock it is
   * `Unavailable`.
   * @default 2_000
   */
  readonly renderTimeoutMs?: number
  /**
   * Maximum length of the queue; further requests are `Unavailable`.
   * @default 1_024
   */
  readonly maxWaiting?: number
  /**
   * Number of render threads, each with its own engine.
   * @default 1
   */
  readonly maxThreads?: number
  /**
   * Idle timeout of a thread, in milliseconds.
   * @default 30_000
   */
  readonly idleTimeoutMs?: number
  /**
   * How long a thread may take to start, in milliseconds.
   * @default 30_000
   */
  readonly startTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const DEFAULTS = {
  renderTimeoutMs: 2_000,
  maxWaiting: 1_024,
  maxThreads: 1,
  idleTimeoutMs: 30_000,
  startTimeoutMs: 30_000,
  clock: systemClock,
}

/**
 * Renders Go templates in threads, which start on demand and exit when idle. A template that exceeds its time or crashes the
 * engine ends its thread. Queued requests continue in a new thread, and the request is refused for a while.
 */
export class GoTemplateRenderer implements TemplateRenderer {
  readonly #options: Required<GoTemplateRendererOptions>
  readonly #waiting: RenderJob[] = []
  readonly #rendering = new Set<RenderJob>()
  readonly #threads = new Set<RenderThread>()
  /** Idle threads with their timers. */
  readonly #idle = new Map<RenderThread, ClockTimer>()
  readonly #closing = new Set<Promise<void>>()
  readonly #lost: LostRequests
  #closed = false

  constructor(options: GoTemplateRendererOptions = {}) {
    this.#options = withDefaults(options, DEFAULTS)
    const { clock: _clock, ...limits } = this.#options
    checkLimits(limits)
    this.#lost = new LostRequests(this.#options.clock)
  }

  async render(request: RenderRequest, { signal }: { signal: AbortSignal }): Promise<Outputs> {
    if (this.#closed || signal.aborted) throw cancelled()
    checkRequest(request)
    if (request.templates.length === 0) return []
    const refusal = this.#lost.refusal(request)
    if (refusal) throw refusal
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new SecretSyncError('Unavailable', 'templates: too many requests wait to be rendered')
    }
    const job = new RenderJob(request, signal, (aborted) => this.#forget(aborted))
    this.#waiting.push(job)
    this.#next()
    return job.outputs
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const job of [...this.#waiting.splice(0), ...this.#rendering]) job.cancel()
    for (const thread of this.#threads) this.#end(thread)
    await Promise.all(this.#closing)
  }

  /** Passes the first queued request to an idle or new thread, if possible. */
  #next(): void {
    const [job] = this.#waiting
    if (!job) return
    const refusal = this.#lost.refusal(job.request)
    if (refusal) {
      this.#waiting.shift()
      job.reject(refusal)
      return this.#next()
    }
    try {
      const thread = this.#idleThread() ?? this.#newThread()
      if (!thread) return
      this.#waiting.shift()
      void this.#serve(job, thread)
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.name : 'no thread')
    }
  }

  /** Resolves with the response of the thread. Never rejects. */
  async #serve(job: RenderJob, thread: RenderThread): Promise<void> {
    this.#rendering.add(job)
    try {
      const response = await thread.render(job.request, this.#options.renderTimeoutMs)
      this.#rendering.delete(job)
      this.#complete(job, thread, response)
      if (response.kind === 'outputs' || response.kind === 'failure') this.#keep(thread)
      else this.#end(thread)
    } catch (error) {
      this.#rendering.delete(job)
      const why = error instanceof Error ? error.name : 'unknown'
      job.reject(new SecretSyncError('Unavailable', `template engine: the request could not be sent: ${why}`))
      this.#end(thread)
    }
    this.#next()
  }

  /** Cancels a request. If a thread is already rendering it, the result is dropped. */
  #forget(job: RenderJob): void {
    const at = this.#waiting.indexOf(job)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  #complete(job: RenderJob, thread: RenderThread, response: ThreadResponse): void {
    const nameOf = (template: number): string => job.request.templates[template]?.name ?? 'template'
    switch (response.kind) {
      case 'outputs':
        this.#lost.forget(job.request)
        return job.resolve(response.outputs.map((output) => new Sensitive<Uint8Array>(output)))
      case 'failure':
        return job.reject(failureError(nameOf(response.template), response.failure))
      case 'lost': {
        const error = lossError(nameOf(thread.template), response.reason, this.#options.renderTimeoutMs)
        return job.reject(this.#lost.add(job.request, error))
      }
      case 'unusable':
        this.#waiting.push(job)
        return this.#giveUp(response.problem)
    }
  }

  /** Rejects all queued requests, because the engine does not start. Callers may retry. */
  #giveUp(problem: string): void {
    const error = new SecretSyncError('Unavailable', `template engine does not start: ${problem}`)
    for (const job of this.#waiting.splice(0)) job.reject(error)
  }

  #idleThread(): RenderThread | undefined {
    for (const [thread, timer] of this.#idle) {
      timer.cancel()
      this.#idle.delete(thread)
      if (!thread.ended) return thread
      this.#end(thread)
    }
    return undefined
  }

  #newThread(): RenderThread | undefined {
    if (this.#closed || this.#threads.size >= this.#options.maxThreads) return undefined
    const thread = new RenderThread(this.#options)
    this.#threads.add(thread)
    return thread
  }

  #keep(thread: RenderThread): void {
    if (this.#closed) return
    const { clock, idleTimeoutMs } = this.#options
    this.#idle.set(
      thread,
      clock.setTimeout(() => this.#end(thread), idleTimeoutMs),
    )
  }

  #end(thread: RenderThread): void {
    this.#threads.delete(thread)
    this.#idle.get(thread)?.cancel()
    this.#idle.delete(thread)
    const closing = thread.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
