import type { Socket } from 'node:net'
import { GRACE_MS } from './limits.ts'

/**
 * A limited number of connections. Above it, the remote address with the most of them loses its oldest one, so one sender does not shut
 * out others. A fixed limit for each address would shut out a load balancer, from which all requests come. New connections do not count yet,
 * because a burst of requests is accepted before the first one is read.
 */
export class FairConnections {
  readonly #max: number
  /** Timers of connections that do not count yet. */
  readonly #new = new Map<Socket, NodeJS.Timeout>()
  /** Oldest first. */
  readonly #byAddress = new Map<string, Set<Socket>>()
  readonly #addresses = new Map<Socket, string>()

  constructor(max: number) {
    this.#max = max
  }

  add(socket: Socket): void {
    // After a pause of the event loop, timers run before what has arrived is read.
    const count = (): void => void setImmediate(() => this.#count(socket))
    this.#new.set(socket, setTimeout(count, GRACE_MS))
  }

  delete(socket: Socket): void {
    clearTimeout(this.#new.get(socket))
    this.#new.delete(socket)
    const address = this.#addresses.get(socket)
    if (address === undefined) return
    this.#addresses.delete(socket)
    const sockets = this.#byAddress.get(address)
    sockets?.delete(socket)
    if (sockets?.size === 0) this.#byAddress.delete(address)
  }

  #count(socket: Socket): void {
    if (!this.#new.delete(socket)) return
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

  #largest(): ReadonlySet<Socket> {
    let largest: ReadonlySet<Socket> = new Set()
    for (const sockets of this.#byAddress.values()) if (sockets.size > largest.size) largest = sockets
    return largest
  }
}
