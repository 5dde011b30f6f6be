import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import { SecretSyncError } from '@ack-secret-manager/core'
import type { ServerCertificate } from './ca.ts'

/** Handles one request completely; `reset` sends a TCP reset. Must not reject. */
type RequestHandler = (request: IncomingMessage, response: ServerResponse, reset: () => void) => Promise<void>

/** Options of {@link Listener.start}. */
export interface ListenerOptions {
  readonly host: string
  /** 0 selects a free one. */
  readonly port: number
  readonly handler: RequestHandler
  /** Enables TLS; plain HTTP without it. */
  readonly certificate?: ServerCertificate
}

/** RPC V1 clients send everything in the URL, including values of 30 kB. */
const MAX_HEADER_BYTES = 256 * 1024
const MAX_CONNECTIONS = 10_000
/** As long as on the gateway, so that idle connections of pooled clients are not closed earlier. */
const KEEP_ALIVE_MS = 65_000
const REQUEST_TIMEOUT_MS = 30_000

function createServer(certificate: ServerCertificate | undefined): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  }
  return certificate === undefined
    ? createHttpServer(options)
    : createHttpsServer({ ...options, key: certificate.keyPem, cert: certificate.chainPem })
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new SecretSyncError(
          'Unavailable',
          `cannot listen on ${host}:${port}: ${error.code ?? error.name}; choose another port`,
          {
            cause: error,
          },
        ),
      )
    })
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address')
  return address.port
}

/** The address for clients on this machine if a server listens on every address. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIPv6(host) ? `[${host}]` : host
}

/** A listening HTTP or HTTPS server with all its connections. */
export class Listener {
  readonly url: string
  readonly #server: Server
  readonly #sockets: ReadonlyMap<string, Socket>

  private constructor(url: string, server: Server, sockets: ReadonlyMap<string, Socket>) {
    this.url = url
    this.#server = server
    this.#sockets = sockets
  }

  /** @throws SecretSyncError `Unavailable` when the port is not available */
  static async start(options: ListenerOptions): Promise<Listener> {
    const server = createServer(options.certificate)
    server.maxConnections = MAX_CONNECTIONS
    // Only the TCP socket below a TLS socket can be reset, and Node does not expose it.
    const sockets = new Map<string, Socket>()
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket)
      sockets.set(peer, socket)
      socket.once('close', () => sockets.delete(peer))
    })
    server.on('request', (request, response) => {
      const reset = (): void => void sockets.get(peerOf(request.socket))?.resetAndDestroy()
      void options.handler(request, response, reset)
    })
    const port = await listen(server, options.host, options.port)
    const scheme = options.certificate === undefined ? 'http' : 'https'
    return new Listener(`${scheme}://${reachableHost(options.host)}:${port}`, server, sockets)
  }

  /** Stops listening and cuts every connection, even during a request. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets.values()) socket.destroy()
    await closed
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`
}
