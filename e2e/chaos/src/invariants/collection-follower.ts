import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Fields of every object. */
export interface RawObject {
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly labels?: object
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly { readonly uid: string }[]
    readonly managedFields?: readonly { readonly manager?: string }[]
  }
}

/** Options of {@link CollectionFollower}. */
export interface CollectionFollowerOptions<T extends RawObject> {
  /** URL of the API server itself, not of a fault proxy. */
  readonly url: string
  readonly caPem: string
  readonly token: string
  /** Path of the collection. */
  readonly path: string
  /** Receives the state of `namespace/name`, or undefined after its deletion. A new list reports unchanged objects as well. */
  readonly onObject: (key: string, object: T | undefined) => void
}

/** Longest silence of a watch before it is reopened. */
const SILENCE_MS = 10_000
const PAUSE_MS = 100

/** Lists and watches a collection without product code. */
export class CollectionFollower<T extends RawObject> implements AsyncDisposable {
  readonly #options: CollectionFollowerOptions<T>
  readonly #agent: Agent
  readonly #closing = new AbortController()
  readonly #known = new Set<string>()
  #isReporting = false
  readonly #running: Promise<void>

  constructor(options: CollectionFollowerOptions<T>) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, ca: options.caPem })
    this.#running = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#agent.destroy()
    await this.#running
  }

  async #run(): Promise<void> {
    let version: string | undefined
    while (!this.#closing.signal.aborted) {
      try {
        version ??= await this.#list()
        version = await this.#watch(version)
      } catch (error) {
        // A failing checker must not look like one that finds no violation.
        if (this.#isReporting) throw error
        // The API server is unavailable or has compacted that version: list again.
        version = undefined
        await pause(PAUSE_MS)
      }
    }
  }

  async #list(): Promise<string> {
    let text = ''
    for await (const chunk of await this.#get(this.#options.path)) text += String(chunk)
    const { items, metadata } = JSON.parse(text) as { items: T[]; metadata: { resourceVersion: string } }
    const listed = new Set(items.map(keyOf))
    // A replacement must be reported before the deletion of the object that it replaces.
    for (const item of items) this.#report(keyOf(item), item)
    for (const key of this.#known) if (!listed.has(key)) this.#report(key, undefined)
    return metadata.resourceVersion
  }

  async #watch(since: string): Promise<string | undefined> {
    let version: string | undefined = since
    let rest = ''
    const query = `?watch=true&resourceVersion=${since}&timeoutSeconds=240`
    for await (const chunk of await this.#get(`${this.#options.path}${query}`)) {
      const lines: string[] = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: T }
        if (type === 'ERROR') return undefined
        version = object.metadata.resourceVersion
        this.#report(keyOf(object), type === 'DELETED' ? undefined : object)
      }
    }
    return version
  }

  #report(key: string, object: T | undefined): void {
    if (object) this.#known.add(key)
    else this.#known.delete(key)
    this.#isReporting = true
    this.#options.onObject(key, object)
    this.#isReporting = false
  }

  #get(path: string): Promise<IncomingMessage> {
    const { url, token } = this.#options
    return new Promise((resolve, reject) => {
      const request = httpsRequest(new URL(path, url), {
        agent: this.#agent,
        headers: { authorization: `Bearer ${token}` },
        signal: this.#closing.signal,
        timeout: SILENCE_MS,
      })
      request.on('timeout', () => request.destroy(new Error('silence')))
      request.on('error', reject)
      request.on('response', (response) => {
        response.setEncoding('utf8')
        if (response.statusCode === 200) resolve(response)
        else {
          response.resume()
          reject(new Error(`HTTP ${response.statusCode ?? 0}`))
        }
      })
      request.end()
    })
  }
}

function keyOf({ metadata }: RawObject): string {
  return `${metadata.namespace}/${metadata.name}`
}
