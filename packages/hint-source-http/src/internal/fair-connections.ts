import type { Socket } from 'node:net'

/**
 * A limited number of connections. Above it, the remote address with the most of them loses its oldest one, so one sender does not shut
 * out others. A fixed limit for each address would shut out a load balancer, from which all requests come.
 */
export class FairConnections {
  readonly #max: number
  /** Oldest first. */
  readonly #byAddress = new Map<string, Set<Socket>>()
  readonly #addresses = new Map<Socket, string>()

  constructor(max: number) {
    this.#max = max
  }

  add(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const sockets = this.#byAddress.get(address) ?? new Set()
    this.#byAddress.set(address, sockets.add(socket))
    this.#addresses.set(socket, address)
    if (this.#addresses.size <= this.#max) return
    const [oldest] = this.#largest()
    if (oldest === undefined) return
    this.delete(oldest)
    oldest.destroy()
  }

  /** Whether it was there. */
  delete(socket: Socket): boolean {
    const address = this.#addresses.get(socket)
    if (address === undefined) return false
    this.#addresses.delete(socket)
    const sockets = this.#byAddress.get(address)
    sockets?.delete(socket)
    if (sockets?.size === 0) this.#byAddress.delete(address)
    return true
  }

  #largest(): ReadonlySet<Socket> {
    let largest: ReadonlySet<Socket> = new Set()
    for (const sockets of this.#byAddress.values()) if (sockets.size > largest.size) largest = sockets
    return largest
  }
}
