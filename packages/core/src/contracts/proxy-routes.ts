import type { Sensitive } from '../sensitive.ts'

/** An HTTP proxy that connections are tunnelled through by CONNECT. */
export interface ProxyServer {
  readonly host: string
  readonly port: number
  /** The connection to the proxy itself uses TLS. */
  readonly tls: boolean
  /** Value of the `Proxy-Authorization` header. @default none */
  readonly authorization?: Sensitive<string>
}

/** Which connections of the process go through a proxy. */
export interface ProxyRoutes {
  /** The proxy for a host; undefined for a direct connection. */
  proxyFor(host: string, port: number): ProxyServer | undefined
}
