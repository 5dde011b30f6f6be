import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
} from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { connect as connectSocket, type AddressInfo } from 'node:net'

const WATCH = '/etcdserverpb.Watch/Watch'
/** A small window would stall the initial lists of an API server. */
const WINDOW_BYTES = 16 * 1024 * 1024
/** HTTP/2: no frame of the stream follows. */
const END_STREAM = constants.NGHTTP2_FLAG_END_STREAM
const settings = { initialWindowSize: WINDOW_BYTES }

/**
 * Relays an API server to etcd and delays its watches. The watch cache of that server is stale, like that of a slow replica; its writes and
 * reads of etcd are not delayed.
 */
export class EtcdRelay implements AsyncDisposable {
  /** Delay of watches from now on, in milliseconds. */
  lagMs = 0
  readonly #socket: string
  readonly #server: Http2Server
  readonly #sessions = new Set<Http2Session>()

  private constructor(socket: string, server: Http2Server) {
    this.#socket = socket
    this.#server = server
    server.on('session', (session) => this.#accept(session))
    server.on('sessionError', () => undefined)
  }

  /** @param socket path of the Unix socket of etcd */
  static async open(socket: string): Promise<EtcdRelay> {
    const server = createServer({ settings })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new EtcdRelay(socket, server)
  }

  /** Value for `--etcd-servers`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const session of this.#sessions) session.destroy()
    await once(this.#server, 'close')
  }

  /** One connection to etcd for each connection of the API server, so that both end together. */
  #accept(downstream: ServerHttp2Session): void {
    const upstream = connect('http://etcd', { createConnection: () => connectSocket(this.#socket), settings })
    for (const [session, other] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      this.#sessions.add(session)
      session.on('error', () => undefined)
      session.on('close', () => {
        this.#sessions.delete(session)
        other.destroy()
      })
    }
    downstream.setLocalWindowSize(WINDOW_BYTES)
    // At its start, the API server closes some connections before etcd has accepted them.
    upstream.on('connect', () => upstream.destroyed || upstream.setLocalWindowSize(WINDOW_BYTES))
    downstream.on('stream', (stream, headers) => this.#relay(upstream, stream, headers))
  }

  #relay(upstream: ClientHttp2Session, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined)
    if (upstream.destroyed || upstream.closed) {
      stream.destroy()
      return
    }
    const isWatch = headers[':path'] === WATCH
    const request = upstream.request(headers)
    request.on('error', () => stream.destroy())
    stream.on('aborted', () => request.destroy())
    stream.pipe(request)
    let trailers: IncomingHttpHeaders = {}
    request.on('trailers', (received) => (trailers = received))
    request.on('response', (response, flags) => {
      if (stream.destroyed || stream.closed) return
      // Only a status: the gRPC response to a call that failed immediately.
      const isOver = (flags & END_STREAM) !== 0
      stream.respond(response, isOver ? { endStream: true } : { waitForTrailers: true })
    })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    let queue = Promise.resolve()
    const deliver = (send: () => void): void => {
      if (!isWatch) return send()
      const due = new Promise<void>((resolve) => setTimeout(resolve, this.lagMs).unref())
      queue = queue.then(() => due).then(send)
    }
    request.on('data', (chunk: Buffer) => deliver(() => stream.destroyed || stream.write(chunk)))
    request.on('end', () => deliver(() => stream.destroyed || stream.end()))
  }
}
