import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Judge, SeenSecret, Violation } from './judge.ts'

/** Options of {@link Witness}. */
export interface WitnessOptions {
  /** The API server itself, not a door. */
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly judge: Judge
  readonly onViolation: (violation: Violation) => void
}

interface RawSecret {
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: object
    readonly ownerReferences?: object
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** Longest silence of a watch before it is opened anew. */
const SILENCE_MS = 10_000
const PAUSE_MS = 100

/** Watches every Secret on the API server with nothing of the product in between, and has each step judged. */
export class Witness implements AsyncDisposable {
  readonly secrets = new Map<string, SeenSecret>()
  readonly #options: WitnessOptions
  readonly #agent: Agent
  readonly #closing = new AbortController()
  readonly #running: Promise<void>

  constructor(options: WitnessOptions) {
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
      } catch {
        // The API server is away, or has forgotten that version: it is asked anew.
        version = undefined
        await pause(PAUSE_MS)
      }
    }
  }

  async #list(): Promise<string> {
    let text = ''
    for await (const chunk of await this.#get('/api/v1/secrets')) text += String(chunk)
    const { items, metadata } = JSON.parse(text) as { items: RawSecret[]; metadata: { resourceVersion: string } }
    const here = new Set(items.map((item) => keyOf(item)))
    for (const key of this.secrets.keys()) if (!here.has(key)) this.#step(key, undefined)
    for (const item of items) this.#step(keyOf(item), seenOf(item))
    return metadata.resourceVersion
  }

  async #watch(since: string): Promise<string | undefined> {
    let version: string | undefined = since
    let rest = ''
    const stream = await this.#get(`/api/v1/secrets?watch=true&resourceVersion=${since}&timeoutSeconds=240`)
    for await (const chunk of stream) {
      const lines: string[] = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: RawSecret }
        if (type === 'ERROR') return undefined
        version = object.metadata.resourceVersion
        this.#step(keyOf(object), type === 'DELETED' ? undefined : seenOf(object))
      }
    }
    return version
  }

  #step(key: string, now: SeenSecret | undefined): void {
    const before = this.secrets.get(key)
    if (before?.resourceVersion === now?.resourceVersion) return
    if (now) this.secrets.set(key, now)
    else this.secrets.delete(key)
    for (const violation of this.#options.judge.judge(key, before, now)) this.#options.onViolation(violation)
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

function keyOf({ metadata }: RawSecret): string {
  return `${metadata.namespace}/${metadata.name}`
}

function seenOf({ metadata, type, data = {} }: RawSecret): SeenSecret {
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])),
    marks: JSON.stringify([type, metadata.labels ?? {}, metadata.ownerReferences ?? []]),
  }
}
