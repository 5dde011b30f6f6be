import { SecretSyncError } from '@ack-secret-manager/core'
import { KubeApiError, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'

interface Status {
  readonly conditions: ReadonlyArray<{ readonly status: string; readonly reason: string }>
}

/** An API server with one object that records writes of its status. Watch events are sent on demand. */
export class SingleObjectApi {
  status: Status | undefined
  /** Number of status writes of the client. */
  writes = 0
  /** Whether status writes get a response. */
  isAnswered = true
  /** Delays status writes until it resolves; writes that are aborted before that never arrive. */
  held: Promise<void> | undefined
  /** A status that another client writes right after each write, and whose watch event precedes the response. */
  follower: Status | undefined
  readonly #rest: KubeObject
  #version = 1
  readonly #events: string[] = []
  #wake: () => void = () => {}

  /** @param rest the object without its version and status */
  constructor(rest: KubeObject) {
    this.#rest = rest
  }

  /** Status and reason of the first condition. */
  get readyCondition(): string {
    const [ready] = this.status?.conditions ?? []
    return `${ready?.status} ${ready?.reason}`
  }

  /** Another client writes the status. */
  put(status: Status | undefined): void {
    this.#version += 1
    this.status = status
    this.#events.push(`${JSON.stringify({ type: 'MODIFIED', object: this.#object() })}\n`)
  }

  /** Sends all pending watch events. */
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
      throw new KubeApiError('the object has changed', { status: 409, reason: 'Conflict', causes: [] })
    }
    this.writes += 1
    this.put(merged(status as object))
    const response = this.#object()
    if (this.follower) {
      this.put(this.follower)
      await this.watch()
    }
    if (!this.isAnswered) throw new SecretSyncError('Unavailable', 'reset')
    return response
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

/** The status after a merge patch. */
function merged(status: object): Status {
  return { conditions: [], ...(withoutNulls(status) as object) }
}

/** What a merge patch creates where nothing was: null removes a field at any depth. */
export function withoutNulls(patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const fields = Object.entries(patch).filter(([, value]) => value !== null)
  return Object.fromEntries(fields.map(([name, value]) => [name, withoutNulls(value)]))
}
