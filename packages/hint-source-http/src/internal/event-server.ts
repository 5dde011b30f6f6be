import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FairConnections } from './fair-connections.ts'
import {
  CONNECTION_MS,
  GRACE_MS,
  HEADERS_TIMEOUT_MS,
  MAX_HEADER_BYTES,
  MAX_NEW,
  MAX_STRANGERS,
  MAX_UNVERIFIED,
  REQUEST_TIMEOUT_MS,
} from './limits.ts'

/** Handles one request, and never rejects. */
type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** An HTTP server for strangers: one request a connection, with a deadline for each connection and limits of them. */
export class EventServer {
  readonly #server: Server
  /** New connections, with or without the token. */
  readonly #new = new FairConnections(MAX_NEW)
  /** Connections that have not shown the token. */
  readonly #strangers = new FairConnections(MAX_STRANGERS)
  /** Connections that have shown it, and whose signature is not verified. */
  readonly #unverified = new FairConnections(MAX_UNVERIFIED)
  readonly #authenticated = new WeakSet<Socket>()

  constructor(handle: Handle) {
    const served = new WeakSet<Socket>()
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 500,
      },
      (request, response) => {
        if (served.has(request.socket)) return void request.socket.destroy()
        served.add(request.socket)
        void handle(request, response)
      },
    )
    // Node would answer other expectations than 100-continue itself, as often as they are sent.
    this.#server.on('checkExpectation', ({ socket }: IncomingMessage) => socket.destroy())
    this.#server.on('connection', (socket) => this.#admit(socket))
    // `listen` reports its own errors; a connection that cannot be accepted concerns its sender only.
    this.#server.on('error', () => undefined)
  }

  /** The request has the token: its connection counts no longer as one of a stranger. */
  authenticated({ socket }: IncomingMessage): void {
    this.#authenticated.add(socket)
    if (!this.#strangers.delete(socket)) return
    if (!socket.destroyed) this.#unverified.add(socket)
  }

  /** The signature of the request is verified: its connection stays until its deadline. */
  verified({ socket }: IncomingMessage): void {
    this.#new.delete(socket)
    this.#unverified.delete(socket)
  }

  /** May be repeated after a failure. @returns the port. @throws the system's error, such as EADDRINUSE */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    await once(this.#server.listen(port, host === '' ? undefined : host), 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Requests that got their result just now are still answered.
    await nextTurn()
    this.#server.closeAllConnections()
    await closed
  }

  #admit(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), CONNECTION_MS)
    // After a pause of the event loop, timers run before what has arrived is read.
    const grace = setTimeout(() => setImmediate(() => this.#count(socket)), GRACE_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      clearTimeout(grace)
      this.#new.delete(socket)
      this.#strangers.delete(socket)
      this.#unverified.delete(socket)
    })
    this.#new.add(socket)
  }

  /** The connection is no longer new. */
  #count(socket: Socket): void {
    if (!this.#new.delete(socket)) return
    const limited = this.#authenticated.has(socket) ? this.#unverified : this.#strangers
    limited.add(socket)
  }
}
