import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ProxyFault, Service } from '../faults/fault.ts'

/** A request that passes the proxy. */
export interface ProxiedRequest {
  readonly service: Service
  readonly method: string
  readonly path: string
  readonly isWatch: boolean
}

/** A response that the proxy forwards. */
export interface ForwardedResponse {
  readonly call: ProxiedRequest
  readonly fault: ProxyFault | undefined
  readonly answer: IncomingMessage
  readonly response: ServerResponse
  readonly faulted: (kind: string) => void
  /** Registers a cleanup for the end of the fault. */
  readonly hold: (end: () => void) => void
  /** Whether the hook killed the caller after its request was processed. */
  readonly isOver: () => boolean
  /** Whether the proxy currently sends nothing. */
  readonly silent: () => boolean
}
