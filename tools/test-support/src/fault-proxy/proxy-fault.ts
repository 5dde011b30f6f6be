/** Fault of a proxy. */
export type ProxyFault =
  /** Delays every response. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** TCP reset before the request is forwarded, in the middle of the response, or instead of the response. */
  | { readonly kind: 'reset-before' | 'reset-mid-body' | 'response-lost' }
  /** Neither side closes the connection, but no data arrives; open watches are silent too. Ends with a reset. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'status'; readonly status: 429 | 500 | 503; readonly retryAfterSeconds: number | undefined }
  /** Status 200 and a page that is not JSON. */
  | { readonly kind: 'garbage' }
  /** The body in small pieces with pauses. */
  | { readonly kind: 'slow-loris'; readonly pauseMs: number }
  /** Another certificate, of a trusted or an untrusted CA. Closes open connections. */
  | { readonly kind: 'certificate'; readonly trusted: boolean }
  /** Watches only: cut inside an event, status 410, every event twice, or every event delayed. */
  | { readonly kind: 'watch-cut' | 'watch-gone' | 'watch-twice' }
  | { readonly kind: 'watch-lag'; readonly ms: number }
