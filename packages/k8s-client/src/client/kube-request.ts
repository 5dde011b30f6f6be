import type { Clock } from '@ack-secret-manager/core'
import type { KubeQuery } from './http-message.ts'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'
import type { KubeMethod, KubeVerb } from './request-info.ts'
import type { WriteFence } from './write-fence.ts'

/** One request to the API server. */
export interface KubeRequest {
  readonly method: KubeMethod
  /** Absolute path with encoded segments: `/api/v1/namespaces/app/secrets/db`. */
  readonly path: string
  readonly query?: KubeQuery
  /** Sent as JSON. */
  readonly body?: unknown
  /** @default application/json */
  readonly contentType?: string
  /** A `text/…` type makes the body of the response a string. @default application/json */
  readonly accept?: string
  /** Largest response body; not more than the client's. @default the client's `maxBodyBytes` */
  readonly maxBodyBytes?: number
  /**
   * Called once with the bytes that were read of the body of a response, even if it is too large or breaks off. Must not throw.
   * @default none
   */
  readonly onBodyRead?: (bytes: number) => void
  /** Deadline of the whole call, including retries and the reload of credentials. @default the client's `timeoutMs` */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

/** Options of the methods for one verb. */
export type KubeCallOptions = Pick<
  KubeRequest,
  'query' | 'accept' | 'maxBodyBytes' | 'onBodyRead' | 'timeoutMs' | 'signal'
>

export interface KubeResponse<T> {
  readonly status: number
  readonly body: T
}

/** One attempt of a request, reported to {@link KubeClientOptions.onRequest}. */
export interface KubeRequestStats {
  readonly verb: KubeVerb
  /** Plural with subresource: `secrets`, `externalsecrets/status`. */
  readonly resource: string
  /** HTTP status, 0 without a response. */
  readonly code: number
  /** Until the response was read; for a watch, until it was open. */
  readonly durationMs: number
}

export interface KubeClientOptions {
  readonly credentials: KubeCredentialSource
  /** Connections for everything but watches. @default 16 */
  readonly connections?: number
  /** Watches open at the same time, each on a dedicated connection. @default 256 */
  readonly maxStreams?: number
  /** Deadline of a request. @default 30_000 */
  readonly timeoutMs?: number
  /** Largest response body. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number
  /** Deadline for reading files and running login commands, before that of a request begins. @default 30_000 */
  readonly loginTimeoutMs?: number
  /** Age at which files and tokens are reloaded. @default 60_000 */
  readonly credentialsMaxAgeMs?: number
  /** Retries of a GET after 429, each after the pause that the API server requests. @default 3 */
  readonly maxThrottleRetries?: number
  /** @default ack-secret-manager/VERSION */
  readonly userAgent?: string
  /** Checked right before each write is sent. @default writes are always sent */
  readonly fence?: WriteFence
  /** Called after each attempt. Must not throw. */
  readonly onRequest?: (stats: KubeRequestStats) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** What `KubeClient.stream` needs. */
export type KubeStreamRequest = Pick<KubeRequest, 'path' | 'query' | 'accept' | 'timeoutMs' | 'signal'>
