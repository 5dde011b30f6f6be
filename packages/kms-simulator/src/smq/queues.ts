import { NamedRegistry } from '../named-registry.ts'
import { Queue, type QueueSettings } from './queue.ts'

/** All queues of the account. */
export class Queues {
  readonly #queues: NamedRegistry<Queue>

  constructor(settings: Iterable<QueueSettings>, nowMs: number) {
    this.#queues = new NamedRegistry<Queue>([], ({ settings: { name } }) => name)
    for (const each of settings) this.put(each, nowMs)
  }

  get(name: string): Queue | undefined {
    return this.#queues.get(name)
  }

  /** Creates or replaces a queue, which is empty. */
  put(settings: QueueSettings, nowMs: number): void {
    this.#queues.put(
      new Queue(settings, nowMs, (message, { queue }) => {
        const target = this.get(queue)
        target?.send(message.body, { nowMs: message.enqueuedAtMs, priority: message.priority })
        return target !== undefined
      }),
    )
  }

  /** Restores a deleted queue with its messages. False if there was none. */
  restore(name: string): boolean {
    const queue = this.#queues.lastKnown(name)
    if (queue !== undefined) this.#queues.put(queue)
    return queue !== undefined
  }

  /** False if there is no queue of that name. */
  delete(name: string): boolean {
    return this.#queues.delete(name)
  }
}
