import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** TCP relay to the API server that can be cut. */
export class TcpRelay implements AsyncDisposable {
  /** Kubeconfig with the credentials of the given one, for the address of the relay. */
  readonly kubeconfigPath: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(server: Server, target: URL, kubeconfigPath: string) {
    this.#server = server
    this.kubeconfigPath = kubeconfigPath
    server.on('connection', (client) => {
      if (this.#isCut) return void client.destroy()
      const upstream = connect(Number(target.port), target.hostname)
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => from.destroy())
        from.once('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        from.pipe(to)
      }
    })
  }

  /** Opens a relay to the server of a kubeconfig. Its certificate must be valid for 127.0.0.1. */
  static async open(kubeconfigPath: string): Promise<TcpRelay> {
    const kubeconfig = await readFile(kubeconfigPath, 'utf8')
    const [, target = ''] = /server: "?(https:[^\s"]+)/.exec(kubeconfig) ?? []
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-relay-'))
    const own = path.join(directory, 'kubeconfig')
    const { port } = server.address() as AddressInfo
    await writeFile(own, kubeconfig.replace(target, `https://127.0.0.1:${port}`), { mode: 0o600 })
    return new TcpRelay(server, new URL(target), own)
  }

  /** Closes all connections and refuses new ones. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Accepts connections again. */
  restore(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await rm(path.dirname(this.kubeconfigPath), { recursive: true })
  }
}
