import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { SecretSyncError } from '@ack-secret-manager/core'
import type { KubeCredentials, TlsMaterial } from '../credentials/kube-credentials.ts'

/** Limits of {@link ConnectionPools}. */
export interface ConnectionLimits {
  readonly connections: number
  readonly maxStreams: number
}

/** Connections for one set of TLS material. */
export interface Pools {
  readonly requests: Dispatcher
  /** Apart from the others: an open watch holds its connection for minutes. */
  readonly streams: Dispatcher
}

/** The API server closes idle connections after 90 s; ours close first, so that no request meets a closing one. */
const KEEP_ALIVE_MS = 60_000

/** How long opening a connection may take. */
const CONNECT_TIMEOUT_MS = 10_000

/** The connections to one API server. They are kept while the TLS material stays the same, whatever the tokens do. */
export class ConnectionPools implements AsyncDisposable {
  readonly #limits: ConnectionLimits
  #isClosed = false
  #current: { readonly credentials: KubeCredentials; readonly pools: Pools } | undefined
  /** Pools of earlier material, on which requests are still under way. */
  readonly #retiring = new Map<Dispatcher, Promise<void>>()

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /** @throws SecretSyncError `Cancelled` after `close` */
  for(credentials: KubeCredentials): Pools {
    if (this.#isClosed) throw new SecretSyncError('Cancelled', 'the Kubernetes client was closed')
    const current = this.#current
    if (current?.credentials === credentials) return current.pools
    const pools = current && sameConnection(current.credentials, credentials) ? current.pools : this.#open(credentials)
    if (current && pools !== current.pools) {
      this.#retire(current.pools.requests)
      this.#retire(current.pools.streams)
    }
    this.#current = { credentials, pools }
    return pools
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const current = this.#current?.pools
    const all = [...this.#retiring.keys(), ...(current ? [current.requests, current.streams] : [])]
    this.#current = undefined
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
    await Promise.all(this.#retiring.values())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #retire(dispatcher: Dispatcher): void {
    const closed = dispatcher.close().catch(() => {
      // Destroyed by `close` while it waited for its last requests: that was the wish.
    })
    this.#retiring.set(
      dispatcher,
      closed.finally(() => this.#retiring.delete(dispatcher)),
    )
  }

  #open(credentials: KubeCredentials): Pools {
    const { connections, maxStreams } = this.#limits
    return {
      requests: open(credentials, { connections }),
      streams: open(credentials, { connections: maxStreams }),
    }
  }
}

function open({ tls, proxyUrl }: KubeCredentials, limits: Pick<Agent.Options, 'connections'>): Dispatcher {
  const material = {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert.expose() }),
    ...(tls.key === undefined ? {} : { key: tls.key.expose() }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    ...(tls.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: tls.rejectUnauthorized }),
  }
  const common = {
    ...limits,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // Deadlines are the client's business: it knows which answers end.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const connect = { timeout: CONNECT_TIMEOUT_MS, keepAliveInitialDelay: 30_000, minVersion: 'TLSv1.2' } as const
  if (proxyUrl === undefined) return new Agent({ ...common, connect: { ...connect, ...material } })
  if (!/^https?:/.test(proxyUrl)) {
    throw new SecretSyncError(
      'InvalidSpec',
      'kubeconfig: proxy-url must be http or https; other proxies are not supported',
    )
  }
  return new ProxyAgent({ ...common, uri: proxyUrl, requestTls: { ...connect, ...material } })
}

function sameConnection(a: KubeCredentials, b: KubeCredentials): boolean {
  return a.server === b.server && a.proxyUrl === b.proxyUrl && sameTls(a.tls, b.tls)
}

function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  const same = (x: Buffer | string | undefined, y: Buffer | string | undefined): boolean =>
    x === y || (x !== undefined && y !== undefined && Buffer.from(x).equals(Buffer.from(y)))
  return (
    same(a.ca, b.ca) &&
    same(a.cert?.expose(), b.cert?.expose()) &&
    same(a.key?.expose(), b.key?.expose()) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  )
}
