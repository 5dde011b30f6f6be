import { Worker } from 'node:worker_threads'
import type { Clock, ClockTimer, RenderRequest } from '@ack-secret-manager/core'
import type { ThreadResponse, ThreadData, ThreadMessage, ThreadRequest } from './thread-protocol.ts'
import { encodeRequest } from './encode-request.ts'
import { threadCpuMs } from './thread-cpu.ts'

/** Unbuilt sources need the export condition that resolves packages to their sources. */
const IN_SOURCE = import.meta.url.endsWith('.ts')
const SCRIPT = new URL(IN_SOURCE ? './go-template-worker.ts' : './go-template-worker.js', import.meta.url)

/** Limit of the JavaScript heap. The memory of the engine is counted separately and has its own limit. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

export interface RenderThreadOptions {
  readonly clock: Clock
  /** Timeout for reading and starting the engine. */
  readonly startTimeoutMs: number
  /**
   * Processor time of the thread, in milliseconds.
   * @default threadCpuMs
   */
  readonly cpuMs?: (worker: Worker) => Promise<number>
  /**
   * Where threads find the compiled engine.
   * @default one for all threads of this process
   */
  readonly shared?: SharedEngine
}

/** The compiled engine that threads share. A running thread keeps it, and then garbage collection may free it. */
export interface SharedEngine {
  module?: WeakRef<WebAssembly.Module>
}

const OF_THIS_PROCESS: SharedEngine = {}

/** Factor between the CPU timeout and the clock timeout of a request, for a busy machine. */
const PATIENCE = 10

/** Interval for polling the CPU time. */
const MIN_PAUSE_MS = 10

/** One thread with an engine. It renders one request at a time. */
export class RenderThread {
  readonly #clock: Clock
  readonly #cpuMs: (worker: Worker) => Promise<number>
  readonly #worker: Worker
  readonly #progress = new Int32Array(new SharedArrayBuffer(4))
  /** Holds the compiled engine, so that it is not freed while the thread runs. */
  readonly #started: Promise<ThreadMessage>
  #receive: (message: ThreadMessage) => void = () => undefined
  #ended = false

  constructor({ clock, startTimeoutMs, cpuMs = threadCpuMs, shared = OF_THIS_PROCESS }: RenderThreadOptions) {
    this.#clock = clock
    this.#cpuMs = cpuMs
    const workerData: ThreadData = { progress: this.#progress, module: shared.module?.deref() }
    this.#worker = new Worker(SCRIPT, {
      workerData,
      env: {},
      execArgv: IN_SOURCE ? ['--conditions=@ack-secret-manager/source'] : [],
      resourceLimits: RESOURCE_LIMITS,
    })
    this.#worker.on('message', (message: ThreadMessage) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'))
    this.#worker.on('exit', () => this.#end(false))
    this.#started = this.#start(startTimeoutMs, shared)
  }

  /** Whether the thread cannot be used any more. */
  get ended(): boolean {
    return this.#ended
  }

  /** Index of the template that is being rendered, or was when the thread was lost. */
  get template(): number {
    return Atomics.load(this.#progress, 0)
  }

  /**
   * Renders a request. `timeoutMs` is CPU time of this thread after the start of the engine, so that a busy machine does not
   * fail a template. Never rejects. After `lost` and `unusable` the thread must be closed.
   */
  async render(request: RenderRequest, timeoutMs: number): Promise<ThreadResponse> {
    this.#worker.ref()
    const started = await this.#started
    if (started.kind === 'lost') return { kind: 'unusable', problem: `lost at its start: ${started.reason}` }
    if (started.kind !== 'ready') return started
    Atomics.store(this.#progress, 0, 0)
    const response = this.#nextMessage(timeoutMs * PATIENCE, timeoutMs)
    const message: ThreadRequest = { request: encodeRequest(request), templates: request.templates.length }
    this.#worker.postMessage(message, [message.request.buffer])
    const settled = await response
    // An idle thread must not keep the process alive. One that is being closed must, until it has ended.
    if (!this.#ended) this.#worker.unref()
    return settled.kind === 'ready' ? { kind: 'lost', reason: 'defect' } : settled
  }

  async close(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }

  async #start(timeoutMs: number, shared: SharedEngine): Promise<ThreadMessage> {
    const message = await this.#nextMessage(timeoutMs)
    if (message.kind === 'ready') shared.module = new WeakRef(message.module)
    return message
  }

  #end(outOfMemory: boolean): void {
    this.#ended = true
    this.#receive({ kind: 'lost', reason: outOfMemory ? 'memory' : 'defect' })
  }

  /** Waits no longer than `patienceMs` by the clock, and for no more than `cpuTimeoutMs` of work. */
  async #nextMessage(patienceMs: number, cpuTimeoutMs?: number): Promise<ThreadMessage> {
    const message = new Promise<ThreadMessage>((resolve) => (this.#receive = resolve))
    const patience = this.#clock.setTimeout(() => this.#receive({ kind: 'lost', reason: 'clock' }), patienceMs)
    const watch = cpuTimeoutMs === undefined ? undefined : this.#watchCpu(cpuTimeoutMs)
    return message.finally(() => {
      patience.cancel()
      watch?.cancel()
    })
  }

  #watchCpu(timeoutMs: number): ClockTimer {
    let timer: ClockTimer | undefined
    let cancelled = false
    let endMs: number | undefined
    const look = async (): Promise<void> => {
      try {
        const nowMs = await this.#cpuMs(this.#worker)
        endMs ??= nowMs + timeoutMs
        if (cancelled) return
        if (nowMs >= endMs) this.#receive({ kind: 'lost', reason: 'time' })
        else timer = this.#clock.setTimeout(() => void look(), Math.max(endMs - nowMs, MIN_PAUSE_MS))
      } catch {
        // The thread has ended, and its exit event is handled elsewhere.
      }
    }
    void look()
    return {
      cancel: () => {
        cancelled = true
        timer?.cancel()
      },
    }
  }
}
