import type { Credential, CredentialProvider, Sensitive } from '@ack-secret-manager/core'
import type { ErrorTable, ErrorClassification } from './error-classification.ts'

/** Value of a parameter; undefined ones are left out. A `Sensitive` one may go into a form only, never into a URL. */
export type OpenApiParam = string | number | boolean | Sensitive<string> | undefined

/** One call of an RPC-style action. */
export interface OpenApiCall {
  /** Such as `GetSecretValue`. */
  readonly action: string
  /** Version of the product's API, such as `2016-01-20`. */
  readonly version: string
  /**
   * Who asks. A provider is asked once, its one credential is used for the whole call, and it is told when that is
   * refused. `anonymous` sends no signature, for the actions that prove themselves otherwise.
   */
  readonly as: CredentialProvider | Credential | 'anonymous'
  readonly params: Readonly<Record<string, OpenApiParam>>
  /** Where the parameters go. Secret ones belong in a form: URLs are logged by everything on the way. @default 'query' */
  readonly paramsIn?: 'query' | 'form'
  /** What is being done, for messages: `KMS secret "app/db"`. Nothing secret. */
  readonly what: string
  /** Meanings of the product's own error codes. @default none, the gateway's only */
  readonly errors?: ErrorTable
  /** Has the last word on what an error answer means, such as {@link withRequester}. @default what `errors` and the gateway say */
  readonly explain?: (classification: ErrorClassification) => ErrorClassification
  /**
   * Asks once more, at once, if the credential is refused and its provider has another by then: a session that was ended is
   * noticed when it is refused. @default false
   */
  readonly retryRefused?: boolean
  /** Deadline of this call. @default the client's */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

/** A successful answer. */
export interface OpenApiResponse {
  /** HTTP status, 200 … 299. */
  readonly status: number
  /** The answer, a JSON object. Not checked any further. */
  readonly body: Readonly<Record<string, unknown>>
  /** The service's request id, for its support. */
  readonly requestId?: string
}
