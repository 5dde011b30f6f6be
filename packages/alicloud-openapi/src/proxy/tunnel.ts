import type { ProxyServer } from '@ack-secret-manager/core'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Options of {@link openTunnel}. */
export interface TunnelOptions {
  readonly proxy: ProxyServer
  /** The server behind the proxy. */
  readonly host: string
  readonly port: number
  /** Deadline of the connection to the proxy and of its response. */
  readonly timeoutMs: number
}

/** A failure of the proxy. Its code starts with `PROXY_`, for {@link classifyConnectionError}; nothing else of it is kept. */
class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure'
  readonly code: string

  constructor(code: string) {
    super('the proxy failed')
    this.code = `PROXY_${code}`
  }
}

/** Called once with the result of a tunnel. */
export type OnTunnel = (error: Error | undefined, socket?: Socket) => void

/** {@link openTunnel} with a callback, as Node's agents need it. */
export function tunnelTo({ proxy, host, port, timeoutMs }: TunnelOptions, onTunnel: OnTunnel): void {
  const name = `${host.includes(':') ? `[${host}]` : host}:${port}`
  // Importing `node:http` would load Node's own undici, too, which costs a command without a proxy 15 ms.
  const { request: send } = process.getBuiltinModule(proxy.tls ? 'node:https' : 'node:http')
  const request = send({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: name,
    headers: {
      host: name,
      ...(proxy.authorization && { 'proxy-authorization': proxy.authorization.expose() }),
    },
    agent: false,
  })
  const timer = setTimeout(() => request.destroy(new ProxyFailure('TIMEOUT')), timeoutMs)
  request.once('close', () => clearTimeout(timer))
  request.once('error', (error: NodeJS.ErrnoException) => {
    onTunnel(error instanceof ProxyFailure ? error : new ProxyFailure(error.code ?? 'UNKNOWN'))
  })
  request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket) => {
    clearTimeout(timer)
    if (statusCode === 200) {
      onTunnel(undefined, socket)
      return
    }
    socket.destroy()
    onTunnel(new ProxyFailure(String(statusCode)))
  })
  request.end()
}

/**
 * A connection to a server through a proxy (RFC 9110, section 9.3.6), on which TLS with the server can begin.
 * @throws Error with a code `PROXY_…`: the HTTP status of a refusal, `TIMEOUT`, or the code of a connection error
 */
export function openTunnel(options: TunnelOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    tunnelTo(options, (error, socket) => {
      if (socket === undefined) reject(error ?? new ProxyFailure('UNKNOWN'))
      else resolve(socket)
    })
  })
}
