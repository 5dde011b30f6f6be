/** Job of the loader, its only argument, in JSON. */
export interface LoaderJob {
  readonly kubeconfigPath: string
  /** Its ExternalSecrets exist already. */
  readonly namespace: string
  /** Namespace of the samples: `sampleSize` ExternalSecrets for each concurrency. */
  readonly sampleNamespace: string
  readonly sampleSize: number
  readonly concurrencies: readonly number[]
}

/** Result of one concurrency on its sample. */
export interface LoaderSample {
  readonly concurrency: number
  /** Resources a second: a Secret and a status each. */
  readonly perSecond: number
}

/** Result of the loader, its only line on stdout. */
export interface LoaderResult {
  readonly samples: readonly LoaderSample[]
  /** The fastest concurrency, which was used for all resources. */
  readonly concurrency: number
  readonly resources: number
  readonly seconds: number
  /** CPU time of the loader for all resources. */
  readonly cpuSeconds: number
}

/** The bare loader, on as many resources as the operator. */
export interface LoaderFigures {
  readonly samples: readonly LoaderSample[]
  readonly concurrency: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** CPU time of API server and etcd in that time. */
  readonly serverCpuSeconds: number
}
