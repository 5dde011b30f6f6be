import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'

/** Options of {@link startConnectProxy}. */
export interface ConnectProxyOptions {
  /** User and password that the proxy requires. @default none */
  readonly credentials?: { readonly user: string; readonly password: string }
  /** `HOST:PORT` of CONNECT → `HOST:PORT` that listens. Other names are refused with 403, so that no test leaves this machine. */
  readonly routes?: Readonly<Record<string, string>>
  /** Accepts connections and never responds. @default false */
  readonly hangs?: boolean
  /** Clients connect to the proxy by TLS. @default plain HTTP */
  readonly tls?: ServerOptions
}

/** A proxy for HTTPS (CONNECT) that records what goes through it. */
export interface ConnectProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly endpoint: string
  /** Requests so far: `kms.cn-hangzhou.aliyuncs.com:443 200`, or with the status of a refusal. */
  readonly seen: readonly string[]
  forget(): void
}

/** Starts a proxy on a free port of this machine. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { credentials, routes = {}, hangs = false, tls } = options
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const expected =
    credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  const server = tls === undefined ? createServer() : createHttpsServer(tls)
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', keep)
  server.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
    if (hangs) return
    const to = routes[url]
    const isAllowed = expected === undefined || headers['proxy-authorization'] === expected
    const status = !isAllowed ? 407 : to === undefined ? 403 : 200
    seen.push(`${url} ${status}`)
    if (to === undefined || !isAllowed) {
      client.end(`HTTP/1.1 ${status} Refused\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${to}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client)
      client.pipe(upstream)
    })
    keep(upstream)
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    forget: () => void seen.splice(0),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
