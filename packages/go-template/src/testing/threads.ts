import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

/** Records every thread that Node starts. */
export class ThreadWatch {
  readonly started: Worker[] = []
  readonly #listener = (message: unknown): void => {
    this.started.push((message as { readonly worker: Worker }).worker)
  }

  constructor() {
    subscribe('worker_threads', this.#listener)
  }

  /** Waits until the n-th started thread, counted from 0, has ended. */
  async ended(n: number): Promise<void> {
    const worker = this.started[n]
    if (!worker) throw new Error(`thread ${n} was not started`)
    if (worker.threadId >= 0) await once(worker, 'exit')
  }

  [Symbol.dispose](): void {
    unsubscribe('worker_threads', this.#listener)
  }
}
