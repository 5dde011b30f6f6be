import type { PoolOptions, PoolWorker, WorkerRequest } from 'vitest/node'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KeptWorkers } from './kept-workers.ts'

type Listener = (...values: unknown[]) => void

class FakeProcess implements PoolWorker {
  readonly name = 'forks'
  readonly received: WorkerRequest['type'][] = []
  isRunning = false
  readonly #listeners = new Map<string, Set<Listener>>()

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, new Set(this.#listeners.get(event)).add(listener))
  }
  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener)
  }
  send({ type }: WorkerRequest): void {
    this.received.push(type)
    if (type === 'start') this.emit('message', { type: 'started' })
  }
  deserialize(data: unknown): unknown {
    return data
  }
  async start(): Promise<void> {
    this.isRunning = true
  }
  async stop(): Promise<void> {
    this.isRunning = false
  }
  emit(event: string, value: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value)
  }
  listenersOf(event: string): number {
    return this.#listeners.get(event)?.size ?? 0
  }
}

describe('kept workers', () => {
  let processes: FakeProcess[]
  let closing: (() => unknown)[]
  let pool: KeptWorkers

  beforeEach(() => {
    processes = []
    closing = []
    pool = new KeptWorkers(() => {
      const process = new FakeProcess()
      processes.push(process)
      return process
    })
  })

  const optionsOf = (name: string, { watch = false, isolate = false } = {}): PoolOptions => {
    const vitest = { config: { watch }, onClose: (close: () => unknown) => closing.push(close) }
    return { project: { name, config: { isolate }, vitest } } as unknown as PoolOptions
  }

  /** As the pool of vitest starts a worker. */
  async function started(project: string, poolId: number): Promise<{ worker: PoolWorker; messages: unknown[] }> {
    const worker = pool.createPoolWorker(optionsOf(project))
    const messages: unknown[] = []
    await worker.start()
    worker.on('message', (message: unknown) => messages.push(message))
    worker.send({ __vitest_worker_request__: true, type: 'start', poolId } as WorkerRequest)
    await vi.waitFor(() => expect(messages).toMatchObject([{ type: 'started' }]), 60_000)
    return { worker, messages }
  }

  /** As the pool of vitest stops a worker that has no task. */
  async function stopped({ worker, messages }: Awaited<ReturnType<typeof started>>): Promise<void> {
    worker.send({ __vitest_worker_request__: true, type: 'stop' })
    expect(messages.at(-1)).toMatchObject({ type: 'stopped' })
    await worker.stop()
  }

  it('continue with the process of the same project and number', async () => {
    await stopped(await started('unit', 1))
    const { worker } = await started('unit', 1)
    worker.send({ __vitest_worker_request__: true, type: 'run' } as WorkerRequest)
    expect(processes.map(({ received }) => received)).toEqual([['start', 'run']])
  })

  it.each([
    ['another project', 'cluster', 1],
    ['another number', 'unit', 2],
  ])('fork a process for %s', async (_what, project, poolId) => {
    await stopped(await started('unit', 1))
    await started(project, poolId)
    expect(processes.map(({ received }) => received)).toEqual([['start'], ['start']])
  })

  it('fork a process while that of the same project is busy', async () => {
    await started('unit', 1)
    await started('unit', 2)
    expect(processes).toHaveLength(2)
  })

  it('receive only what their process says while it is theirs', async () => {
    const first = await started('unit', 1)
    await stopped(first)
    processes[0]?.emit('message', { type: 'late' })
    const second = await started('unit', 1)
    processes[0]?.emit('message', { type: 'testfileFinished' })
    expect(first.messages.slice(2)).toEqual([])
    expect(second.messages.slice(1)).toEqual([{ type: 'testfileFinished' }])
    expect(processes[0]?.listenersOf('message')).toBe(1)
  })

  it('end a process that is stopped during a task', async () => {
    const { worker } = await started('unit', 1)
    await worker.stop()
    expect(processes[0]?.isRunning).toBe(false)
    await started('unit', 1)
    expect(processes).toHaveLength(2)
  })

  it('do not continue with a process that has ended', async () => {
    await stopped(await started('unit', 1))
    processes[0]?.emit('exit', 1)
    await started('unit', 1)
    expect(processes).toHaveLength(2)
  })

  it('report an error of the fork', async () => {
    const failing = new KeptWorkers(() =>
      Object.assign(new FakeProcess(), { start: () => Promise.reject(new Error('no memory')) }),
    )
    const worker = failing.createPoolWorker(optionsOf('unit'))
    const errors: unknown[] = []
    worker.on('error', (error: unknown) => errors.push(error))
    worker.send({ __vitest_worker_request__: true, type: 'start', poolId: 1 } as WorkerRequest)
    await vi.waitFor(() => expect(errors).toMatchObject([{ message: 'no memory' }]), 60_000)
  })

  it('end all processes with the run', async () => {
    for (const poolId of [1, 2]) await stopped(await started('unit', poolId))
    await stopped(await started('cluster', 1))
    expect(closing).toHaveLength(1)
    await closing[0]?.()
    expect(processes.map(({ isRunning }) => isRunning)).toEqual([false, false, false])
  })

  it.each([
    ['in the watch mode', { watch: true }],
    ['for files that share no modules', { isolate: true }],
  ])('are not used %s', (_what, options) => {
    expect(pool.createPoolWorker(optionsOf('unit', options))).toBe(processes[0])
  })
})
