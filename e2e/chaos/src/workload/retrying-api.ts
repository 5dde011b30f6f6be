import { setTimeout as pause } from 'node:timers/promises'
import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { collectionPath, type Manifest } from '@ack-secret-manager/testenv'

const REQUEST_DEADLINE_MS = 5_000
const DEADLINE_MS = 60_000
const PAUSE_MS = 200

/** Object metadata from the API server. */
export interface FoundObject {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly { readonly uid: string }[]
    readonly managedFields?: readonly { readonly time: string }[]
  }
}

/** Options of a DELETE. */
export interface DeleteOptions {
  readonly preconditions?: { readonly uid: string }
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

/** Client of the API server that retries each request until the server responds, because it may be down for a while. */
export class RetryingApi {
  readonly #request: ApiRequest

  constructor(request: ApiRequest) {
    this.#request = request
  }

  async find(path: string): Promise<FoundObject | undefined> {
    const { status, body } = await this.ask('GET', path)
    return status === 200 ? (body as FoundObject) : undefined
  }

  /** Creates the object, or patches the existing one. */
  async put(object: Manifest): Promise<void> {
    const collection = collectionPath(object, 'default')
    const { status } = await this.ask('POST', collection, object)
    if (status === 409) await this.ask('PATCH', `${collection}/${object.metadata.name}`, object)
  }

  async patch(path: string, patch: object): Promise<void> {
    await this.ask('PATCH', path, patch)
  }

  async delete(path: string, options?: DeleteOptions): Promise<void> {
    await this.ask('DELETE', path, options)
  }

  /** Retries 403, 429 and 5xx; returns any other status. @throws Error after a minute without a response */
  async ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer> {
    const endMs = performance.now() + DEADLINE_MS
    for (;;) {
      try {
        const result = await this.#request(method, path, body, { deadlineMs: REQUEST_DEADLINE_MS })
        if (result.status < 500 && result.status !== 429 && result.status !== 403) return result
      } catch (error) {
        if (performance.now() > endMs) throw error
      }
      if (performance.now() > endMs) throw new Error(`${method} ${path}: no response from the API server`)
      await pause(PAUSE_MS)
    }
  }
}

/** Path of an object. */
export function pathOf(object: Manifest): string {
  return `${collectionPath(object, 'default')}/${object.metadata.name}`
}
