import type { Clock } from '@ack-secret-manager/core'
import type { KubeQuery } from './http-message.ts'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'
import type { KubeMethod, KubeVerb } from './request-info.ts'
import type { WriteFence } from './write-fence.ts'

/** One call of the API. */
export interface KubeRequest {
  readonly method: KubeMethod
  /** Absolute path, segments already encoded: `/api/v1/namespaces/app/secrets/db`. */
  readonly path: string
  readonly query?: KubeQuery
  /** Sent as JSON. */
  readonly body?: unknown
  /** @default application/json */
  readonly contentType?: string
  /** A `text/…` type makes the body of the response a string. @default application/json */
  readonly accept?: string
  /** Largest body of a success that is read; not more than the client's. @default the client's `maxBodyBytes` */
  readonly maxBodyBytes?: number
  /** Deadline for the whole call, retries and credential refresh included. @default the client's `timeoutMs` */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

/** Options that the helpers pass on. */
export type KubeCallOptions = Pick<KubeRequest, 'query' | 'accept' | 'maxBodyBytes' | 'timeoutMs' | 'signal'>

/** A successful answer. */
export interface KubeResponse<T> {
  readonly status: number
  readonly body: T
}

/** What {@link KubeClientOptions.onRequest} is told. */
export interface KubeRequestStats {
  readonly verb: KubeVerb
  /** Plural with subresource: `secrets`, `externalsecrets/status`. */
  readonly resource: string
  /** HTTP status, 0 when there was no answer. */
  readonly code: number
  /** Until the answer was read; of a watch, until it began. */
  readonly durationMs: number
}

/** Options of `KubeClient`. */
export interface KubeClientOptions {
  readonly credentials: KubeCredentialSource
  /** Connections for everything but watches. @default 16 */
  readonly connections?: number
  /** Watches open at once, each on a connection of its own. @default 256 */
  readonly maxStreams?: number
  /** Deadline of a request. @default 30_000 */
  readonly timeoutMs?: number
  /** Largest body that is read. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number
  /** How old credentials may grow before files and tokens are looked at again. @default 60_000 */
  readonly credentialsMaxAgeMs?: number
  /** How often a GET that was answered 429 is repeated, after the pause that the API server asks for. @default 3 */
  readonly maxThrottleRetries?: number
  /** @default ack-secret-manager/VERSION */
  readonly userAgent?: string
  /** Checked right before each write is sent. @default writes are always sent */
  readonly fence?: WriteFence
  /** Called after each attempt. Must not throw. */
  readonly onRequest?: (facts: KubeRequestStats) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** What `KubeClient.stream` needs. */
export type KubeStreamRequest = Pick<KubeRequest, 'path' | 'query' | 'accept' | 'timeoutMs' | 'signal'>
