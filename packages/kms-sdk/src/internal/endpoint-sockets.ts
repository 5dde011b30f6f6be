import type { Socket } from 'node:net'
import { Semaphore } from '@ack-secret-manager/core'

/** Sockets that the backends of one endpoint share, because the SDK has one agent per process. */
export interface EndpointSockets {
  /** One slot per socket, because the agent of the SDK has no limit. */
  readonly slots: Semaphore
  /** Open sockets of the SDK to this endpoint, with the exchange that uses each. */
  readonly open: Map<Socket, object | undefined>
}

interface RefCountedSockets extends EndpointSockets {
  refs: number
}

const endpoints = new Map<string, RefCountedSockets>()

/** Acquires the sockets of an endpoint. The last `release` closes the idle sockets. */
export function shareSockets(endpoint: string, maxSockets: number): EndpointSockets & { release(): void } {
  const key = `${endpoint} ${maxSockets}`
  const shared = endpoints.get(key) ?? { slots: new Semaphore(maxSockets), open: new Map(), refs: 0 }
  endpoints.set(key, shared)
  shared.refs += 1
  let released = false
  return {
    slots: shared.slots,
    open: shared.open,
    release() {
      if (released) return
      released = true
      shared.refs -= 1
      if (shared.refs > 0) return
      endpoints.delete(key)
      for (const [socket, exchange] of shared.open) if (exchange === undefined) socket.destroy()
    },
  }
}
