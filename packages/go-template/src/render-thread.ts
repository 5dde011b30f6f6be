import { Worker } from 'node:worker_threads'
import type { Clock, RenderRequest } from '@ack-secret-manager/core'
import type { ThreadAnswer, ThreadData, ThreadMessage, ThreadRequest } from './thread-protocol.ts'
import { encodeRequest } from './encode-request.ts'

/** Sources run as they are, and need the condition under which packages are their sources. */
const IN_SOURCE = import.meta.url.endsWith('.ts')
const SCRIPT = new URL(IN_SOURCE ? './go-template-worker.ts' : './go-template-worker.js', import.meta.url)

/** Of the JavaScript in it: the engine's memory is counted apart, and has a maximum of its own. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** Options of a {@link RenderThread}. */
export interface RenderThreadOptions {
  readonly clock: Clock
  /** For reading and starting the engine. */
  readonly startTimeoutMs: number
  /**
   * Processor time of this process, in milliseconds.
   * @default process.cpuUsage
   */
  readonly cpuMs?: () => number
}

/** How many times the time of a request may pass by the clock, where the processor is busy with other things. */
const PATIENCE = 5

function processCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** One thread with an engine. It renders one request at a time. */
export class RenderThread {
  readonly #clock: Clock
  readonly #cpuMs: () => number
  readonly #worker: Worker
  readonly #progress = new Int32Array(new SharedArrayBuffer(4))
  readonly #started: Promise<ThreadMessage>
  #settle: (message: ThreadMessage) => void = () => undefined
  #ended = false

  constructor({ clock, startTimeoutMs, cpuMs = processCpuMs }: RenderThreadOptions) {
    this.#clock = clock
    this.#cpuMs = cpuMs
    const workerData: ThreadData = { progress: this.#progress }
    this.#worker = new Worker(SCRIPT, {
      workerData,
      env: {},
      execArgv: IN_SOURCE ? ['--conditions=@ack-secret-manager/source'] : [],
      resourceLimits: RESOURCE_LIMITS,
    })
    this.#worker.on('message', (message: ThreadMessage) => this.#settle(message))
    this.#worker.on('error', (error) => this.#end('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'))
    this.#worker.on('exit', () => this.#end(false))
    this.#started = this.#nextMessage(startTimeoutMs, startTimeoutMs)
  }

  /** Whether it is of no use any more. */
  get ended(): boolean {
    return this.#ended
  }

  /** Which template of the request it is rendering, or was when it was lost. */
  get template(): number {
    return Atomics.load(this.#progress, 0)
  }

  /**
   * Renders a request. `timeoutMs` counts from when the engine has started, and counts what the processor worked: a busy
   * machine is not the template's fault. Never rejects. After `lost` and `unusable` the thread has to be closed.
   */
  async render(request: RenderRequest, timeoutMs: number): Promise<ThreadAnswer> {
    this.#worker.ref()
    const started = await this.#started
    if (started.kind === 'lost') return { kind: 'unusable', problem: `lost at its start: ${started.reason}` }
    if (started.kind !== 'ready') return started
    Atomics.store(this.#progress, 0, 0)
    const answer = this.#nextMessage(timeoutMs, timeoutMs * PATIENCE)
    const message: ThreadRequest = { request: encodeRequest(request), templates: request.templates.length }
    this.#worker.postMessage(message, [message.request.buffer])
    const settled = await answer
    // A program need not wait for a thread that has nothing to do.
    this.#worker.unref()
    return settled.kind === 'ready' ? { kind: 'lost', reason: 'defect' } : settled
  }

  async close(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }

  #end(outOfMemory: boolean): void {
    this.#ended = true
    this.#settle({ kind: 'lost', reason: outOfMemory ? 'memory' : 'defect' })
  }

  /** Waits for as much work of the processor, and no longer than `patienceMs` by the clock. */
  async #nextMessage(cpuTimeoutMs: number, patienceMs: number): Promise<ThreadMessage> {
    return new Promise((resolve) => {
      const endMs = this.#clock.monotonic() + patienceMs
      const endCpuMs = this.#cpuMs() + cpuTimeoutMs
      const check = (): void => {
        const leftMs = Math.min(endCpuMs - this.#cpuMs(), endMs - this.#clock.monotonic())
        if (leftMs > 0) timer = this.#clock.setTimeout(check, leftMs)
        else this.#settle({ kind: 'lost', reason: 'time' })
      }
      let timer = this.#clock.setTimeout(check, cpuTimeoutMs)
      this.#settle = (message) => {
        timer.cancel()
        resolve(message)
      }
    })
  }
}
