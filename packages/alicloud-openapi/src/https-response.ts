import type { ResponseHeaders } from './response-headers.ts'

/** A whole response. */
export interface HttpsResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
}
