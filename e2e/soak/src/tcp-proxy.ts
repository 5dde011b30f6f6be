import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Passes bytes on to a server on this machine, unless it is cut. */
export class TcpProxy implements AsyncDisposable {
  /** `https://127.0.0.1:PORT`: TLS goes through untouched. */
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  #isCut = false

  private constructor(server: Server, target: URL) {
    this.#server = server
    this.#target = target
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (client) => this.#pass(client))
  }

  /** @param target URL of the server */
  static async open(target: string): Promise<TcpProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, new URL(target))
  }

  /** Resets whatever is open, and whatever is opened until it is mended. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  restore(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #pass(client: Socket): void {
    if (this.#isCut) return void client.resetAndDestroy()
    const upstream = connect({ host: this.#target.hostname, port: Number(this.#target.port) })
    this.#join(client, upstream)
    this.#join(upstream, client)
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.pipe(to)
    from.once('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    // A server that is away is a connection that closes.
    from.on('error', () => from.destroy())
  }
}
