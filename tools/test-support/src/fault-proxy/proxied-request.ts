import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ProxyFault } from './proxy-fault.ts'

/** A request that passes the proxy. */
export interface ProxiedRequest {
  /** Name of the service that the proxy is for. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string
  readonly isWatch: boolean
}

/** A response that a hook gives in place of the service. */
export interface GivenResponse {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

/** An open watch. */
export interface ProxiedWatch {
  readonly path: string
  /** Resets the connection, as a network failure does. */
  reset(): void
  /** Ends the response, as an API server does on shutdown. */
  end(): void
  /** Sends no more data and keeps the connection open (half-open connection). */
  freeze(): void
  /** Inserts text into the stream. */
  inject(text: string): void
}

/** A response that the proxy forwards. */
export interface ForwardedResponse {
  readonly call: ProxiedRequest
  readonly fault: ProxyFault | undefined
  readonly upstreamResponse: IncomingMessage
  readonly response: ServerResponse
  readonly faulted: (kind: string) => void
  /** Registers a cleanup for the end of the fault. */
  readonly hold: (end: () => void) => void
  /** Receives each returned object: the whole body, or one event of a watch. */
  readonly received: ((text: string) => void) | undefined
  /** Registers the watch while it is open. */
  readonly opened: (watch: ProxiedWatch) => void
  /** Whether the hook killed the caller after its request was processed. */
  readonly isOver: () => boolean
  /** Whether the proxy currently sends nothing. */
  readonly silent: () => boolean
}
