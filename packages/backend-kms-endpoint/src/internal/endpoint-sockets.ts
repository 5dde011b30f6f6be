import type { Socket } from 'node:net'
import { Semaphore } from '@ack-secret-manager/core'

/** What the backends of one endpoint share because the SDK does: its agent, hence its sockets, is one per process. */
export interface EndpointSockets {
  /** One place per socket: the SDK's agent itself has no limit. */
  readonly places: Semaphore
  /** Sockets of the SDK to this endpoint that are open, with whoever uses each right now. */
  readonly open: Map<Socket, object | undefined>
}

interface Shared extends EndpointSockets {
  users: number
}

const endpoints = new Map<string, Shared>()

/** Joins the users of an endpoint. The last one to call `release` closes the idle sockets. */
export function shareSockets(endpoint: string, maxSockets: number): EndpointSockets & { release(): void } {
  const key = `${endpoint} ${maxSockets}`
  const shared = endpoints.get(key) ?? { places: new Semaphore(maxSockets), open: new Map(), users: 0 }
  endpoints.set(key, shared)
  shared.users += 1
  let released = false
  return {
    places: shared.places,
    open: shared.open,
    release() {
      if (released) return
      released = true
      shared.users -= 1
      if (shared.users > 0) return
      endpoints.delete(key)
      for (const [socket, user] of shared.open) if (user === undefined) socket.destroy()
    },
  }
}
