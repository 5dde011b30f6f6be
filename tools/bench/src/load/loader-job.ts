/** Job of the loader, its only argument, in JSON. */
export interface LoaderJob {
  readonly kubeconfigPath: string
  /** Its ExternalSecrets are there already. */
  readonly namespace: string
  /** Namespace of those on which concurrencies are tried, `sampleSize` for each. */
  readonly sampleNamespace: string
  readonly sampleSize: number
  readonly concurrencies: readonly number[]
}

/** How fast one concurrency was on its sample. */
export interface LoaderSample {
  readonly concurrency: number
  /** Resources a second: a Secret, a status and an event each. */
  readonly perSecond: number
}

/** What the loader prints as its only line on stdout. */
export interface LoaderResult {
  readonly samples: readonly LoaderSample[]
  /** The fastest of them, with which the whole was done. */
  readonly concurrency: number
  readonly resources: number
  readonly seconds: number
  /** CPU time of the loader for the whole. */
  readonly cpuSeconds: number
}
