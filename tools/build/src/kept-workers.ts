import { ForksPoolWorker, type PoolOptions, type PoolWorker, type WorkerRequest } from 'vitest/node'

type Listener = (...values: unknown[]) => void

/** Creates the process of a worker, which `start()` forks. */
export type CreateProcess = (options: PoolOptions) => PoolWorker

const NAME = 'kept-forks'

/** As in the pool `forks`. vitest compares the names of worker and pool before a worker gets its next file. */
class Fork extends ForksPoolWorker {
  override readonly name = NAME
}

/** Processes without a task, by project and number of the worker. */
class ParkedProcesses {
  readonly #processes = new Map<string, PoolWorker>()

  take(key: string): PoolWorker | undefined {
    const found = this.#processes.get(key)
    this.#processes.delete(key)
    return found
  }

  park(key: string, process: PoolWorker): void {
    this.#processes.set(key, process)
  }

  /** For a process that has ended. */
  forget(key: string, process: PoolWorker): void {
    if (this.#processes.get(key) === process) this.#processes.delete(key)
  }

  async stopAll(): Promise<void> {
    const processes = [...this.#processes.values()]
    this.#processes.clear()
    await Promise.all(processes.map((process) => process.stop()))
  }
}

/**
 * A pool whose processes live until the end of the run. The pool `forks` of vitest ends a process if the next file in the queue belongs to
 * another project, and the next process loads and compiles all modules again.
 */
export class KeptWorkers {
  readonly name = NAME
  readonly #create: CreateProcess
  readonly #parked = new ParkedProcesses()
  #stopsAtEnd = false

  /** @param create creates a process; default: as the pool `forks` does */
  constructor(create: CreateProcess = (options) => new Fork(options)) {
    this.#create = create
  }

  readonly createPoolWorker = (options: PoolOptions): PoolWorker => {
    const { vitest, config } = options.project
    // Modules change between the runs of the watch mode.
    if (vitest.config.watch || config.isolate) return this.#create(options)
    if (!this.#stopsAtEnd) vitest.onClose(() => this.#parked.stopAll())
    this.#stopsAtEnd = true
    return new KeptWorker(options, this.#create, this.#parked)
  }
}

/** One worker for the pool. Its process is known when its number is, because tests use the number of their worker. */
class KeptWorker implements PoolWorker {
  readonly name = NAME
  readonly cacheFs = true
  readonly #options: PoolOptions
  readonly #create: CreateProcess
  readonly #parked: ParkedProcesses
  readonly #listeners: { readonly event: string; readonly listener: Listener }[] = []
  #key = ''
  #process: PoolWorker | undefined
  #starting = Promise.resolve()

  constructor(options: PoolOptions, create: CreateProcess, parked: ParkedProcesses) {
    this.#options = options
    this.#create = create
    this.#parked = parked
  }

  on(event: string, listener: Listener): void {
    this.#listeners.push({ event, listener })
    this.#process?.on(event, listener)
  }

  off(event: string, listener: Listener): void {
    const index = this.#listeners.findIndex((one) => one.event === event && one.listener === listener)
    if (index !== -1) this.#listeners.splice(index, 1)
    this.#process?.off(event, listener)
  }

  send(message: WorkerRequest): void {
    if (message.type === 'start') {
      this.#starting = this.#start(message).catch((error: unknown) => this.#emit('error', error))
    } else if (message.type === 'stop') {
      this.#park()
    } else {
      this.#process?.send(message)
    }
  }

  deserialize(data: unknown): unknown {
    return data
  }

  async start(): Promise<void> {
    // The process starts with the first message.
  }

  async stop(): Promise<void> {
    await this.#starting
    await this.#release()?.stop()
  }

  /** At once, because the pool may need the process for another worker before it calls {@link stop}. */
  #park(): void {
    this.#emit('message', { __vitest_worker_response__: true, type: 'stopped' })
    const process = this.#release()
    if (process !== undefined) this.#parked.park(this.#key, process)
  }

  #release(): PoolWorker | undefined {
    const process = this.#process
    this.#process = undefined
    for (const { event, listener } of this.#listeners.splice(0)) process?.off(event, listener)
    return process
  }

  async #start(message: Extract<WorkerRequest, { type: 'start' }>): Promise<void> {
    this.#key = `${this.#options.project.name} ${message.poolId}`
    const parked = this.#parked.take(this.#key)
    const process = parked ?? (await this.#fork())
    this.#process = process
    for (const { event, listener } of this.#listeners) process.on(event, listener)
    if (parked === undefined) process.send(message)
    else this.#emit('message', { __vitest_worker_response__: true, type: 'started' })
  }

  async #fork(): Promise<PoolWorker> {
    const process = this.#create(this.#options)
    await process.start()
    process.on('exit', () => this.#parked.forget(this.#key, process))
    return process
  }

  #emit(event: string, value: unknown): void {
    for (const { listener } of this.#listeners.filter((one) => one.event === event)) listener(value)
  }
}
