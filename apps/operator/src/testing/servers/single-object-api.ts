import { SecretSyncError } from '@ack-secret-manager/core'
import { KubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'

interface Status {
  readonly conditions: ReadonlyArray<{ readonly status: string; readonly reason: string }>
}

/** An API server with one object, and what becomes of its status; the watch tells only when it is asked to. */
export class OneObject {
  status: Status | undefined
  /** Statuses that have arrived from the client. */
  writes = 0
  /** Whether a status that arrives is answered. */
  isAnswered = true
  /** Statuses arrive only after this; those that are cut off until then never. */
  held: Promise<void> | undefined
  /** Who writes right after each of them, and is told of before its answer comes. */
  follower: Status | undefined
  readonly #rest: KubeObject
  #version = 1
  readonly #events: string[] = []
  #wake: () => void = () => {}

  /** @param rest all of the object but its version and its status */
  constructor(rest: KubeObject) {
    this.#rest = rest
  }

  /** Status and reason of the first condition. */
  get readyCondition(): string {
    const [ready] = this.status?.conditions ?? []
    return `${ready?.status} ${ready?.reason}`
  }

  /** Somebody writes the status. */
  put(status: Status | undefined): void {
    this.#version += 1
    this.status = status
    this.#events.push(`${JSON.stringify({ type: 'MODIFIED', object: this.#object() })}\n`)
  }

  /** The watch tells all that it has not told. */
  async watch(): Promise<void> {
    this.#wake()
    await new Promise(setImmediate)
  }

  client(): Pick<KubeClient, 'list' | 'stream' | 'mergePatch'> {
    return {
      list: async () => ({ metadata: { resourceVersion: '1' }, items: [this.#object()] as never[] }),
      stream: async ({ signal }) => this.#stream(signal),
      mergePatch: async (_path, patch, { signal }) => {
        await this.held
        signal.throwIfAborted()
        return (await this.#receive(patch as Partial<KubeObject>)) as never
      },
    }
  }

  async #receive({ metadata, status }: Partial<KubeObject>): Promise<KubeObject> {
    const expected = metadata?.resourceVersion ?? String(this.#version)
    if (expected !== String(this.#version)) {
      throw new KubeApiError('it has changed', { status: 409, reason: 'Conflict', causes: [] })
    }
    this.writes += 1
    this.put(merged(status as object))
    const answer = this.#object()
    if (this.follower) {
      this.put(this.follower)
      await this.watch()
    }
    if (!this.isAnswered) throw new SecretSyncError('Unavailable', 'reset')
    return answer
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    while (!signal.aborted) {
      await Promise.race([aborted, new Promise<void>((resolve) => (this.#wake = resolve))])
      for (const event of this.#events.splice(0)) yield new TextEncoder().encode(event)
    }
  }

  #object(): KubeObject {
    const metadata = { ...this.#rest.metadata, generation: 1, resourceVersion: String(this.#version) }
    return { ...this.#rest, metadata, ...(this.status ? { status: this.status } : {}) }
  }
}

/** As a merge patch leaves it. */
function merged(status: object): Status {
  return { conditions: [], ...Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null)) }
}
