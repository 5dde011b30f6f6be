import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import type { DoorFault, Place } from '../fault.ts'
import { passAnswer } from './pass-answer.ts'
import type { DoorKeys } from './door-keys.ts'

/** A request that comes through a door. */
export interface DoorCall {
  readonly place: Place
  readonly method: string
  readonly path: string
  readonly isWatch: boolean
}

/** Told of each call; what answers true has ended whoever called, and the call goes no further. */
export interface DoorHook {
  before?(call: DoorCall): boolean
  /** Until what it answers resolves the call waits in the door. */
  hold?(call: DoorCall): Promise<void> | undefined
  /** It was done, and is not answered yet. */
  after?(call: DoorCall, status: number): boolean
}

/** Options of {@link Door.open}. */
export interface DoorOptions {
  readonly place: Place
  /** Where requests go on to. */
  readonly target: string
  /** CA of the target. */
  readonly caPem: string
  /** What the door presents; without, it speaks plain HTTP. */
  readonly keys?: DoorKeys
}

/** What a door is doing. */
export interface Spell {
  readonly fault: DoorFault
  readonly every: number
}

/** Stands in front of one service, and breaks what it is told to. */
export class Door implements AsyncDisposable {
  readonly url: string
  readonly place: Place
  /** Calls that were spoiled, by kind of fault. */
  readonly spoiled = new Map<string, number>()
  hook: DoorHook | undefined
  calls = 0
  readonly #options: DoorOptions
  readonly #server: Server
  readonly #agent: HttpAgent
  readonly #sockets = new Set<Socket>()
  /** Ends what a fault holds on to, when the fault ends. */
  readonly #held = new Set<() => void>()
  #spell: Spell | undefined
  #target: string
  #forbidden: string | undefined

  private constructor(options: DoorOptions, server: Server) {
    this.#options = options
    this.#server = server
    this.place = options.place
    this.#target = options.target
    const isPlain = options.target.startsWith('http:')
    // The CA of a KMS instance is an intermediate.
    const trust = { ca: options.caPem, allowPartialTrustChain: true }
    this.#agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...trust })
    const scheme = options.keys === undefined ? 'http' : 'https'
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => this.#onRequest(request, response))
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(options: DoorOptions): Promise<Door> {
    const { keys } = options
    // The client's own deadlines are under test, not those of this server.
    const limits = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000, maxHeaderSize: 256 * 1024 }
    const server =
      keys === undefined
        ? createHttpServer(limits)
        : createHttpsServer({ ...limits, key: keys.first.keyPem, cert: keys.first.chainPem })
    // A client that does not trust the certificate hangs up.
    server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
    server.on('clientError', (_error, socket) => socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Door(options, server)
  }

  /** `host:port`. */
  get host(): string {
    return new URL(this.url).host
  }

  /** Begins a fault, or ends the one there is. */
  play(spell: Spell | undefined): void {
    const before = this.#spell
    this.#spell = spell
    for (const end of this.#held) end()
    this.#held.clear()
    const isTls = [before?.fault.kind, spell?.fault.kind].includes('certificate')
    if (isTls) this.#present()
    // Watches are spoiled when they begin.
    else if (spell?.fault.kind.startsWith('watch-') === true) this.#cut()
  }

  /** Sends requests to another server with the same CA, or to the first one again; open connections are cut. */
  redirect(target: string | undefined): void {
    this.#target = target ?? this.#options.target
    this.#cut()
  }

  /**
   * Answers 403 to requests from now on, or no longer. Open connections are cut first.
   * @param pathPart what the path of the requests contains; nothing for all of them
   */
  forbid(pathPart: string | undefined): void {
    this.#forbidden = pathPart
    if (pathPart !== undefined) this.#cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.play(undefined)
    this.#server.close()
    this.#cut()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #present(): void {
    const { keys } = this.#options
    const fault = this.#spell?.fault
    if (!keys) return
    const shown = fault?.kind !== 'certificate' ? keys.first : fault.trusted ? keys.second : keys.stranger
    ;(this.#server as unknown as TlsServer).setSecureContext({ key: shown.keyPem, cert: shown.chainPem })
    if (fault) this.#count(fault.kind)
    this.#cut()
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    const isWatch = url.searchParams.get('watch') === 'true'
    const call = { place: this.place, method: request.method ?? 'GET', path: url.pathname, isWatch }
    if (this.hook?.before?.(call) === true) return void request.socket.destroy()
    this.calls += 1
    if (this.#forbidden !== undefined && call.path.includes(this.#forbidden)) {
      this.#count('forbidden')
      return answerStatus(response, { code: 403, reason: 'Forbidden' })
    }
    const spell = this.#spell
    const fault = spell && this.calls % spell.every === 0 ? spell.fault : undefined
    if (fault && this.#refuse(fault, isWatch, request, response)) return
    const forward = (): void => {
      if (!response.destroyed) this.#forward(call, fault, request, response)
    }
    const held = this.hook?.hold?.(call)
    if (held) void held.then(forward)
    else forward()
  }

  /** Whether the fault leaves nothing to pass on. */
  #refuse(fault: DoorFault, isWatch: boolean, request: IncomingMessage, response: ServerResponse): boolean {
    if (isWatch !== fault.kind.startsWith('watch-') && fault.kind.startsWith('watch-')) return false
    switch (fault.kind) {
      case 'reset-before':
        this.#count(fault.kind)
        request.socket.destroy()
        return true
      case 'half-open':
        this.#count(fault.kind)
        this.#hold(() => request.socket.destroy())
        return true
      case 'garbage':
        this.#count(fault.kind)
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>not what you asked for</html>')
        return true
      case 'status': {
        this.#count(fault.kind)
        const pause = fault.retryAfterSeconds
        answerStatus(response, { code: fault.status }, pause === undefined ? {} : { 'retry-after': String(pause) })
        return true
      }
      default:
        return false
    }
  }

  #forward(call: DoorCall, fault: DoorFault | undefined, request: IncomingMessage, response: ServerResponse): void {
    const to = new URL(request.url ?? '/', this.#target)
    const send = to.protocol === 'http:' ? httpRequest : httpsRequest
    // The host is part of some signatures: it stays what the client said.
    const upstream = send(to, { method: call.method, agent: this.#agent, headers: request.headers })
    request.pipe(upstream)
    upstream.on('error', () => response.destroy())
    // What was passed on whole is done, as behind a real network, whoever hangs up; a watch ends with its reader.
    response.on('close', () => {
      if (call.isWatch || !upstream.writableEnded) upstream.destroy()
    })
    upstream.on('response', (answer) => {
      passAnswer({
        call,
        fault,
        answer,
        response,
        spoiled: (kind) => this.#count(kind),
        hold: (end) => this.#hold(end),
        isOver: () => !call.isWatch && this.hook?.after?.(call, answer.statusCode ?? 0) === true,
        silent: () => this.#spell?.fault.kind === 'half-open',
      })
    })
  }

  #hold(end: () => void): void {
    this.#held.add(end)
  }

  #count(kind: string): void {
    this.spoiled.set(kind, (this.spoiled.get(kind) ?? 0) + 1)
  }
}

/** Answers with a Status, as the API server does. */
function answerStatus(
  response: ServerResponse,
  facts: { readonly code: number; readonly reason?: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(facts.code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...facts }))
}
