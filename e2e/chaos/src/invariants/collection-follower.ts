import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** What every object has. */
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
  /** The API server itself, not a door. */
  readonly url: string
  readonly caPem: string
  readonly token: string
  /** Of the collection. */
  readonly path: string
  /** Told how `namespace/name` is now; undefined when it is gone. After a new list also of what has not changed. */
  readonly onObject: (key: string, object: T | undefined) => void
}

/** Longest silence of a watch before it is opened anew. */
const SILENCE_MS = 10_000
const PAUSE_MS = 100

/** Lists and watches a collection with nothing of the product in between. */
export class CollectionFollower<T extends RawObject> implements AsyncDisposable {
  readonly #options: CollectionFollowerOptions<T>
  readonly #agent: Agent
  readonly #closing = new AbortController()
  readonly #here = new Set<string>()
  #isTelling = false
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
        // A judge that fails must not pass for one that finds nothing.
        if (this.#isTelling) throw error
        // The API server is away, or has forgotten that version: it is asked anew.
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
    // Where one object stands in for another, as a copy does, nobody is to hear of an end before he has heard of that.
    for (const item of items) this.#log(keyOf(item), item)
    for (const key of this.#here) if (!listed.has(key)) this.#log(key, undefined)
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
        this.#log(keyOf(object), type === 'DELETED' ? undefined : object)
      }
    }
    return version
  }

  #log(key: string, object: T | undefined): void {
    if (object) this.#here.add(key)
    else this.#here.delete(key)
    this.#isTelling = true
    this.#options.onObject(key, object)
    this.#isTelling = false
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
      request.on('response', (answer) => {
        answer.setEncoding('utf8')
        if (answer.statusCode === 200) resolve(answer)
        else {
          answer.resume()
          reject(new Error(`HTTP ${answer.statusCode ?? 0}`))
        }
      })
      request.end()
    })
  }
}

function keyOf({ metadata }: RawObject): string {
  return `${metadata.namespace}/${metadata.name}`
}
