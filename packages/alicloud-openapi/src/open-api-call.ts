import type { Credential, CredentialProvider, Sensitive } from '@ack-secret-manager/core'
import type { ErrorTable, ErrorClassification } from './error-classification.ts'

/** Value of a parameter; undefined parameters are omitted. A `Sensitive` value must be sent in a form, never in a URL. */
export type OpenApiParam = string | number | boolean | Sensitive<string> | undefined

/** One call of an RPC-style action. */
export interface OpenApiCall {
  /** Such as `GetSecretValue`. */
  readonly action: string
  /** Version of the product's API, such as `2016-01-20`. */
  readonly version: string
  /**
   * Credential of the call. A provider supplies one credential for the whole call, and its `invalidate` is called when that
   * credential is rejected. `anonymous` sends no signature.
   */
  readonly as: CredentialProvider | Credential | 'anonymous'
  readonly params: Readonly<Record<string, OpenApiParam>>
  /** Where the parameters are sent. Secrets belong in a form, because proxies and servers log URLs. @default 'query' */
  readonly paramsIn?: 'query' | 'form'
  /** Subject of the call, for messages: `KMS secret "app/db"`. Nothing secret. */
  readonly what: string
  /** Classifications of the product's error codes. @default only those of the gateway */
  readonly errors?: ErrorTable
  /** Adjusts the classification of an error response, such as {@link withRequester}. @default unchanged */
  readonly explain?: (classification: ErrorClassification) => ErrorClassification
  /**
   * Retries once, immediately, if the credential is rejected and its provider has a newer one: a revoked session only shows when
   * it is rejected. @default false
   */
  readonly retryRefused?: boolean
  /** Deadline of this call. @default the client's */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

export interface OpenApiResponse {
  /** HTTP status, 200 … 299. */
  readonly status: number
  /** The body, a JSON object. Not validated further. */
  readonly body: Readonly<Record<string, unknown>>
  /** The service's request id, for support requests. */
  readonly requestId?: string
}
