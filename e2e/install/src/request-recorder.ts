import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import type { ApiServer } from './kubelet.ts'

/** One request to the API server, as it was made and answered. */
export interface RecordedCall {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly isWatch: boolean
  readonly accept: string
  /** Kinds of the returned objects; for a watch, kinds of the objects in its events so far. */
  readonly kinds: ReadonlySet<string>
}

/**
 * Proxy of an API server that records requests and the kinds of returned objects: an audit log has neither
 * the form that was asked for nor what a watch sends.
 */
export class RequestRecorder implements ApiServer, AsyncDisposable {
  readonly url: string
  readonly caPem: string
  readonly calls: RecordedCall[] = []
  readonly #server: Server
  readonly #target: string
  readonly #agent: Agent
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, caPem: string, target: ApiServer) {
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.caPem = caPem
    this.#server = server
    this.#target = target.url
    this.#agent = new Agent({ keepAlive: true, ca: target.caPem })
    server.on('request', (request, response) => this.#pass(request, response))
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(target: ApiServer): Promise<RequestRecorder> {
    const { keyPem, chainPem, rootPem } = await issueServerCertificate(['127.0.0.1'])
    // The client's own deadlines count, not those of this server.
    const server = createServer({ key: keyPem, cert: chainPem, requestTimeout: 0, keepAliveTimeout: 0 })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RequestRecorder(server, rootPem, target)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', headers } = request
    const to = new URL(request.url ?? '/', this.#target)
    const isWatch = to.searchParams.get('watch') === 'true'
    const kinds = new Set<string>()
    this.calls.push({ method, path: to.pathname, isWatch, accept: headers.accept ?? '', kinds })
    const upstream = httpsRequest(to, { method, headers, agent: this.#agent })
    request.pipe(upstream)
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      let rest = ''
      // A refusal is one object, on as many lines as it likes.
      const isStream = isWatch && answer.statusCode === 200
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => {
        response.write(text)
        rest += text
        if (!isStream) return
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) note(kinds, line)
      })
      answer.on('aborted', () => response.destroy())
      answer.on('end', () => {
        note(kinds, rest)
        response.end()
      })
    })
  }
}

/** Notes the kind of an object, or of the object of an event. */
function note(kinds: Set<string>, text: string): void {
  if (!text.startsWith('{')) return
  const { kind, object } = JSON.parse(text) as { readonly kind?: string; readonly object?: { readonly kind?: string } }
  const found = kind ?? object?.kind
  if (found !== undefined) kinds.add(found)
}
