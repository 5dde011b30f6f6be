import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { CONNECTION_MS, HEADERS_TIMEOUT_MS, MAX_HEADER_BYTES, MAX_UNVERIFIED, REQUEST_TIMEOUT_MS } from './limits.ts'

/** Handles one request, and never rejects. */
type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** An HTTP server for strangers: one request a connection, with a deadline for each connection and a limit of them. */
export class EventServer {
  readonly #server: Server
  /** Connections without a verified token, oldest first. */
  readonly #unverified = new Set<Socket>()

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
  }

  /** The connection of this request counts no longer as one of a stranger. */
  verified({ socket }: IncomingMessage): void {
    this.#unverified.delete(socket)
  }

  /** @returns the port. @throws the system's error, such as EADDRINUSE */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host === '' ? undefined : host, () => resolve())
    })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #admit(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), CONNECTION_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      this.#unverified.delete(socket)
    })
    this.#unverified.add(socket)
    const [oldest] = this.#unverified
    if (this.#unverified.size <= MAX_UNVERIFIED || oldest === undefined) return
    this.#unverified.delete(oldest)
    oldest.destroy()
  }
}
