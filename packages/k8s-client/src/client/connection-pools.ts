import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { KubeCredentials, TlsMaterial } from '../credentials/kube-credentials.ts'
import { sharedLookup } from './shared-lookup.ts'
import { fenced, type WriteFence } from './write-fence.ts'

/** Limits of {@link ConnectionPools}. */
export interface ConnectionLimits {
  readonly connections: number
  readonly maxStreams: number
  readonly fence?: WriteFence
}

/** Connections for one set of TLS material. */
export interface Pools {
  readonly requests: Dispatcher
  /** The same connections, behind the fence. */
  readonly writes: Dispatcher
  /** Separate from requests, because an open watch occupies its connection for minutes. */
  readonly streams: Dispatcher
}

/** The API server closes idle connections after 90 s. The client closes them first, so that no request uses a closing one. */
const KEEP_ALIVE_MS = 60_000

/** Deadline for opening a connection. */
const CONNECT_TIMEOUT_MS = 10_000

/** The connections to one API server. A new token keeps them, new TLS material replaces them. */
export class ConnectionPools {
  readonly #limits: ConnectionLimits
  #isClosed = false
  #current: { readonly credentials: KubeCredentials; readonly pools: Pools } | undefined
  /** Pools of earlier TLS material that still have requests in flight. */
  readonly #draining = new Map<Dispatcher, Promise<void>>()

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
      this.#drain(current.pools.requests)
      this.#drain(current.pools.streams)
    }
    this.#current = { credentials, pools }
    return pools
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const current = this.#current?.pools
    const all = [...this.#draining.keys(), ...(current ? [current.requests, current.streams] : [])]
    this.#current = undefined
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
    await Promise.all(this.#draining.values())
  }

  #drain(dispatcher: Dispatcher): void {
    const closed = dispatcher.close().catch(() => {
      // `close` destroyed it before its last requests completed.
    })
    this.#draining.set(
      dispatcher,
      closed.finally(() => this.#draining.delete(dispatcher)),
    )
  }

  #open(credentials: KubeCredentials): Pools {
    const { connections, maxStreams, fence } = this.#limits
    const requests = open(credentials, { connections })
    const streams = open(credentials, { connections: maxStreams })
    return { requests, writes: fence ? fenced(requests, fence) : requests, streams }
  }
}

function open({ tls, proxyUrl }: KubeCredentials, limits: Pick<Agent.Options, 'connections'>): Dispatcher {
  const material = {
    ...defined({ ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert.expose() }),
    ...(tls.key === undefined ? {} : { key: tls.key.expose() }),
    ...defined({ servername: tls.servername, rejectUnauthorized: tls.rejectUnauthorized }),
  }
  const common = {
    ...limits,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // The client sets the deadlines, because only it knows which responses are streams.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const lookup = sharedLookup
  const connect = { timeout: CONNECT_TIMEOUT_MS, lookup, keepAliveInitialDelay: 30_000, minVersion: 'TLSv1.2' } as const
  if (proxyUrl === undefined) return new Agent({ ...common, connect: { ...connect, ...material } })
  if (!/^https?:/.test(proxyUrl)) {
    throw new SecretSyncError(
      'InvalidSpec',
      'kubeconfig: proxy-url must be http or https; other proxies are not supported',
    )
  }
  return new ProxyAgent({ ...common, uri: proxyUrl, proxyTls: { lookup }, requestTls: { ...connect, ...material } })
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
