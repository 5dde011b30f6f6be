import { type Clock, sleep, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { leaderFirst, metricsPathOf, type OperatorState, severalText } from '@ack-secret-manager/resource-view'
import { type KmsSample, kmsSampleOf, kmsView, withSample } from '../../model/kms-metrics.ts'
import type { KmsView } from '../../model/views/kms.ts'
import type { Collections } from './collections.ts'

const INTERVAL_MS = 30_000
const SCRAPE_TIMEOUT_MS = 10_000

/** Options of {@link KmsReader}. */
export interface KmsReaderOptions {
  readonly client: KubeClient
  readonly collections: Pick<Collections, 'operatorPods' | 'bindings'>
  readonly operatorState: () => OperatorState
  /** Whether a page is open; without one the metrics are not read. */
  readonly isWatched: () => boolean
  readonly onChange: () => void
  readonly clock: Clock
}

/** Reads the metrics of the operator's leader through the proxy of the API server, while a page is open. Never fails. */
export class KmsReader {
  readonly #options: KmsReaderOptions
  #samples: readonly KmsSample[] = []
  #view: KmsView = { state: 'loading' }
  #wake = new AbortController()

  constructor(options: KmsReaderOptions) {
    this.#options = options
  }

  get view(): KmsView {
    return this.#view
  }

  /** A page was opened. */
  wake(): void {
    this.#wake.abort()
  }

  /** Runs until the signal aborts. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, isWatched, collections, onChange } = this.#options
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const isReady = collections.operatorPods.state !== 'loading' && collections.bindings?.state !== 'loading'
      if (isWatched() && isReady) {
        const view = await this.#read(signal)
        if (signal.aborted) return
        this.#view = view
        onChange()
      }
      const pauseMs = isReady ? INTERVAL_MS : 500
      const pause = AbortSignal.any([signal, this.#wake.signal])
      await sleep(pauseMs, { clock, signal: pause }).catch(() => undefined)
    }
  }

  /** Asks no Pod of a namespace that is not confirmed, because the request has the rights of the user. */
  async #read(signal: AbortSignal): Promise<KmsView> {
    const { home, leases } = this.#options.operatorState()
    if (home.kind === 'none') return unknown('no operator was found')
    if (home.kind === 'several') return unknown(severalText(home.namespaces))
    if (!home.confirmed) {
      return unknown(`namespace ${home.namespace} is not confirmed as that of the operator; use --operator-namespace`)
    }
    const visible = this.#options.collections.operatorPods.visible
    if (visible === undefined) return unknown('you may not list the Pods of the operator')
    const holder = leases.find(({ isHeld }) => isHeld)?.holder ?? ''
    const [pod] = leaderFirst(
      visible.filter(({ metadata }) => metadata.namespace === home.namespace),
      holder,
    )
    if (pod === undefined) return unknown('no Pod of the operator was found')
    const { client, clock } = this.#options
    try {
      const call = { signal, timeoutMs: SCRAPE_TIMEOUT_MS, accept: 'text/plain' }
      const page = await client.get<string>(metricsPathOf(pod), call)
      const sample = kmsSampleOf(page, pod.metadata.name ?? '', clock.now())
      if (sample === undefined) return unknown('the Pod has no metrics of the operator')
      this.#samples = withSample(this.#samples, sample)
      return kmsView(this.#samples)
    } catch (error) {
      if (isKubeApiError(error, 403)) return unknown('you may not get pods/proxy of the operator')
      return unknown(toSecretSyncError(error, 'metrics of the operator').message)
    }
  }
}

function unknown(why: string): KmsView {
  return { state: 'unknown', why }
}
