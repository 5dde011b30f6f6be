import { Sensitive } from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { startUiServer, type UiServer, type UiServerOptions } from '../server/ui-server.ts'

export { isPushSecretIncomplete, isResourceIncomplete, isStoreIncomplete } from '../pages/state/incomplete.ts'

/** A client of an API server at this address, without credentials. */
export function clientOf(server: string): KubeClient {
  return new KubeClient({
    credentials: {
      description: 'a test',
      namespace: undefined,
      load: () => Promise.resolve({ server, tls: {}, headers: new Sensitive({}) }),
    },
  })
}

/** A response, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Options of {@link TestServer.ofTest}. */
interface ServerOfTestOptions extends Partial<Pick<UiServerOptions, 'act' | 'operatorNamespace'>> {
  /** Namespace of the session; empty for all. @default that of the operator */
  readonly shown?: string
  /** @default true */
  readonly isReadOnly?: boolean
}

/** How to ask a {@link TestServer}. */
export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A running server with pages that hold no script, and a browser's view of it. */
export class TestServer implements AsyncDisposable {
  readonly server: UiServer
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly token: string
  /** Path of the page and value of the cookie, after {@link login}. */
  base = ''
  cookie = ''
  readonly #pages: string

  private constructor(server: UiServer, pages: string) {
    this.server = server
    this.#pages = pages
    const url = new URL(server.url)
    this.host = url.host
    this.token = url.searchParams.get('token') ?? ''
  }

  static async start(options: Partial<UiServerOptions> = {}): Promise<TestServer> {
    const pages = await mkdtemp(path.join(tmpdir(), 'acksm-ui-pages-'))
    await writeFile(path.join(pages, 'index.html'), '<!doctype html><title>acksm</title>')
    const server = await startUiServer({
      // Nothing listens on the port of the discard service.
      client: clientOf('https://127.0.0.1:9'),
      session: { version: '0.0.0', context: 'test', apiServer: '127.0.0.1:9', isReadOnly: false },
      operatorNamespace: undefined,
      port: 0,
      pages,
      act: () => Promise.resolve({ result: 'done', message: 'was changed' }),
      ...options,
    })
    return new TestServer(server, pages)
  }

  /** A server for the user of this client, with an open session and the operator in `namespace`. It ends with the current test. */
  static async ofTest(
    client: KubeClient,
    namespace: string,
    { shown = namespace, isReadOnly = true, ...options }: ServerOfTestOptions = {},
  ): Promise<TestServer> {
    const server = await TestServer.start({
      client,
      session: {
        version: '0',
        context: 'test',
        apiServer: 'test',
        isReadOnly,
        ...(shown !== '' && { namespace: shown }),
      },
      operatorNamespace: namespace,
      ...options,
    })
    onTestFinished(async () => {
      await server[Symbol.asyncDispose]()
      await client.close()
    })
    await server.login()
    return server
  }

  /** Opens the session as a browser does. */
  async login(): Promise<Answer> {
    const answer = await this.ask(`/login?token=${this.token}`)
    this.base = answer.headers.location ?? ''
    this.cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    return answer
  }

  /** Path of a part of the API. */
  api(name: string): string {
    return `${this.base}api/v1/${name}`
  }

  /** With the session, as the page asks. */
  page(name: string, options: AskOptions = {}): Promise<Answer> {
    const own = { cookie: this.cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
    return this.ask(this.api(name), { ...options, headers: { ...own, ...options.headers } })
  }

  /** Sends exactly these headers, and a `Host`. The path is sent as it is. */
  ask(target: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Answer> {
    const [hostname = '', port = '80'] = this.host.split(':')
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ hostname, port, path: target, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        // A stream does not end by itself; `stream` reads it.
        if (response.headers['content-type']?.startsWith('text/event-stream')) {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
          return void sent.destroy()
        }
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** Opens the stream of events. */
  async stream(lastEventId?: string): Promise<EventReader> {
    const headers = { cookie: this.cookie, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }
    const abort = new AbortController()
    const response = await fetch(`http://${this.host}${this.api('stream')}`, { headers, signal: abort.signal })
    return new EventReader(response, abort)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await rm(this.#pages, { recursive: true })
  }
}

/** An event of the stream. */
export interface ReadEvent {
  readonly event: string
  readonly id: string
  readonly data: unknown
}

/** Reads events as a browser does. */
export class EventReader implements Disposable {
  readonly status: number
  readonly #events: AsyncGenerator<ReadEvent, void, void>
  readonly #abort: AbortController

  constructor(response: Response, abort: AbortController) {
    this.status = response.status
    this.#abort = abort
    this.#events = eventsIn(response)
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<ReadEvent | undefined> {
    const { done, value } = await this.#events.next()
    return done === true ? undefined : value
  }

  /** The first event that passes. */
  async until(passes: (event: ReadEvent) => boolean): Promise<ReadEvent> {
    for (;;) {
      const event = await this.next()
      if (event === undefined) throw new Error('the stream ended')
      if (passes(event)) return event
    }
  }

  [Symbol.dispose](): void {
    this.#abort.abort()
  }
}

async function* eventsIn(response: Response): AsyncGenerator<ReadEvent, void, void> {
  let rest = ''
  const decoder = new TextDecoder()
  // Node's stream can be iterated; the types of a browser do not say so.
  const chunks = (response.body ?? []) as unknown as AsyncIterable<Uint8Array>
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    for (;;) {
      const end = rest.indexOf('\n\n')
      if (end === -1) break
      const fields = new Map(
        rest
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      rest = rest.slice(end + 2)
      const data = fields.get('data')
      if (data !== undefined)
        yield { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) }
    }
  }
}
