import type { ResourceFacts } from '@ack-secret-manager/sync-engine'
import type { Gauge } from 'prom-client'
import type { MetricSet } from './metric-set.ts'

/** More than these would be a burden to whoever scrapes: those that were found last have no series. */
const MAX_RESOURCES = 10_000

const RESOURCE = { namespace: 'its namespace', name: 'name of the ExternalSecret' }
type Labels = keyof typeof RESOURCE

/** Series of single ExternalSecrets: made anew at each scrape, so that they go with their resources. */
export class ResourceMetrics {
  readonly #ready: Gauge<Labels | 'reason'>
  readonly #sourceAge: Gauge<Labels>
  readonly #lastChange: Gauge<Labels>
  readonly #leftOut: Gauge

  constructor(set: MetricSet) {
    this.#ready = set.gauge('resource_ready', 'Whether an ExternalSecret is Ready: 1 or 0', {
      ...RESOURCE,
      reason: '[reason](reasons.md) of the Ready condition; `Unknown`: not looked at yet',
    })
    this.#sourceAge = set.gauge(
      'resource_source_age_seconds',
      'Age of the value of an ExternalSecret that was confirmed longest ago; none before the first',
      RESOURCE,
    )
    this.#lastChange = set.gauge(
      'resource_last_change_timestamp_seconds',
      'When the Secret of an ExternalSecret that is Ready was last changed, Unix time',
      RESOURCE,
    )
    this.#leftOut = set.gauge(
      'resources_left_out',
      `ExternalSecrets without series of their own: those beyond the first ${MAX_RESOURCES.toLocaleString('en')}`,
    )
  }

  /** Replaces all series by those of `resources`. */
  update(resources: Iterable<ResourceFacts>): void {
    for (const gauge of [this.#ready, this.#sourceAge, this.#lastChange]) gauge.reset()
    let count = 0
    for (const resource of resources) {
      count += 1
      if (count <= MAX_RESOURCES) this.#set(resource)
    }
    this.#leftOut.set(Math.max(0, count - MAX_RESOURCES))
  }

  #set({ namespace, name, ready, reason, changedMs, sourceAgeMs }: ResourceFacts): void {
    this.#ready.set({ namespace, name, reason }, ready === 'True' ? 1 : 0)
    if (sourceAgeMs !== undefined) this.#sourceAge.set({ namespace, name }, sourceAgeMs / 1_000)
    if (changedMs !== undefined) this.#lastChange.set({ namespace, name }, changedMs / 1_000)
  }
}
