import type { ProxyRoutes } from '@ack-secret-manager/core'
import { HttpsConnection, type HttpsConnectionOptions } from '../https-connection.ts'

/** One use of a connection. */
export interface ConnectionLease {
  readonly connection: HttpsConnection
  /** Ends the use. The last one closes the connection. */
  release(): Promise<void>
}

interface Shared {
  readonly connection: HttpsConnection
  users: number
}

const connections = new Map<string, Shared>()

/** Proxies are compared by identity: a process has one set of routes. */
const proxyIds = new WeakMap<ProxyRoutes, number>()
let proxies = 0

/** The connection of this process with equal options. Identities do not matter, because each request is signed by itself. */
export function leaseConnection(options: HttpsConnectionOptions): ConnectionLease {
  const key = keyOf(options)
  const shared = connections.get(key) ?? { connection: new HttpsConnection(options), users: 0 }
  connections.set(key, shared)
  shared.users += 1
  let isReleased = false
  return {
    connection: shared.connection,
    async release() {
      if (isReleased) return
      isReleased = true
      shared.users -= 1
      if (shared.users > 0) return
      connections.delete(key)
      await shared.connection.close()
    },
  }
}

function keyOf({ proxy, ...options }: HttpsConnectionOptions): string {
  if (proxy !== undefined && !proxyIds.has(proxy)) {
    proxies += 1
    proxyIds.set(proxy, proxies)
  }
  const plain = Object.entries({ ...options, proxy: proxy && proxyIds.get(proxy) })
  return JSON.stringify(plain.filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)))
}
