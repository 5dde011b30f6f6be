import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readKubeconfig } from '@ack-secret-manager/control-plane'

/** TCP relay to the API server that can be cut. TLS passes unchanged, so client certificates work. */
export class TcpRelay implements AsyncDisposable {
  /** Kubeconfig with the credentials of the given one and the address of the relay. */
  readonly kubeconfigPath: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  #isCut = false
  #receivedBytes = 0

  private constructor(server: Server, target: URL, kubeconfigPath: string) {
    this.#server = server
    this.#target = target
    this.kubeconfigPath = kubeconfigPath
    server.on('connection', (client) => this.#relay(client))
  }

  /** Opens a relay to the server of a kubeconfig, whose certificate must be valid for 127.0.0.1. */
  static async open(kubeconfig: string): Promise<TcpRelay> {
    const { server: target } = readKubeconfig(kubeconfig)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const kubeconfigPath = path.join(await mkdtemp(path.join(tmpdir(), 'acksm-relay-')), 'kubeconfig')
    await writeFile(kubeconfigPath, kubeconfig.replace(target, `https://127.0.0.1:${port}`), { mode: 0o600 })
    return new TcpRelay(server, new URL(target), kubeconfigPath)
  }

  /** Bytes from the API server, as TLS sends them. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Resets all connections, and new ones until {@link restore}. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Accepts connections again. */
  restore(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
    await rm(path.dirname(this.kubeconfigPath), { recursive: true })
  }

  #relay(client: Socket): void {
    if (this.#isCut) return void client.resetAndDestroy()
    const upstream = connect(Number(this.#target.port), this.#target.hostname)
    upstream.on('data', (chunk: Buffer) => (this.#receivedBytes += chunk.length))
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
  }
}
