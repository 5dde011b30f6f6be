/** Reads of KMS by the operator, from its metrics through the API server's proxy. */
export type KmsView =
  | { readonly state: 'loading' }
  /** `why` is the end of a sentence: `you may not get pods/proxy of the operator`. */
  | { readonly state: 'unknown'; readonly why: string }
  | {
      readonly state: 'known'
      readonly at: string
      /** Pod that the numbers are from. */
      readonly pod: string
      /** Since the Pod started. */
      readonly reads: number
      readonly errors: number
      /** The results but `success`, the most frequent first; at most 20. */
      readonly byResult: readonly { readonly backend: string; readonly result: string; readonly count: number }[]
      /** Distinct sources that the operator reads. */
      readonly sources?: number
      /** Age of the oldest value, in seconds. */
      readonly oldestSeconds?: number
      /** The last hour at most, while a page was open; columns of equal length for uPlot. */
      readonly history: {
        /** Seconds since the epoch. */
        readonly times: readonly number[]
        /** Reads per minute; null where the Pod has restarted. */
        readonly reads: readonly (number | null)[]
        readonly errors: readonly (number | null)[]
      }
    }
