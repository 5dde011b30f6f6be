import type { ProxyRoutes } from '@ack-secret-manager/core'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import { tunnelTo } from './tunnel.ts'

/** How connections of an SDK reach their servers. */
export interface SdkProxy {
  readonly routes: ProxyRoutes
  /** Deadline of a tunnel. */
  readonly timeoutMs: number
}

const current = new AsyncLocalStorage<SdkProxy>()
let isInstalled = false

/**
 * Runs calls of an official SDK, so that their HTTPS connections go through a proxy. The SDKs accept no agent and ignore their own
 * proxy options, so this replaces `createConnection` of Node's HTTPS agent at the first use. Connections outside `work` are
 * unchanged. Kept-alive connections of the SDK are shared, therefore all calls of a process have the same routes.
 * @param proxy undefined: no proxy
 */
export function withSdkProxy<T>(proxy: SdkProxy | undefined, work: () => T): T {
  if (proxy === undefined) return work()
  install()
  return current.run(proxy, work)
}

function install(): void {
  if (isInstalled) return
  isInstalled = true
  // oxlint-disable-next-line typescript/unbound-method -- called with the agent as `this`
  const direct = Agent.prototype.createConnection
  Agent.prototype.createConnection = function createConnection(this: Agent, options, callback) {
    const proxy = current.getStore()
    const target = { host: options.host ?? 'localhost', port: Number(options.port ?? 443) }
    const server = proxy?.routes.proxyFor(target.host, target.port)
    if (proxy === undefined || server === undefined) return direct.call(this, options, callback)
    current.exit(() => {
      tunnelTo({ ...target, proxy: server, timeoutMs: proxy.timeoutMs }, (error, socket) => {
        const connected = socket === undefined ? undefined : direct.call(this, { ...options, socket })
        callback?.(error ?? null, connected as Duplex)
      })
    })
    return undefined
  }
}
