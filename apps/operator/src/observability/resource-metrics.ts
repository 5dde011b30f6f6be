import type { ResourceStats } from '@ack-secret-manager/sync-engine'
import type { MetricDefinition, MetricSet } from './metric-set.ts'
import { headText, seriesText } from './series-text.ts'

/** Limits the size of a scrape; resources beyond it have no series. */
const MAX_RESOURCES = 10_000
/** About a millisecond of rendering, after which the event loop gets its turn. */
const PIECE_LINES = 500

const RESOURCE_LABELS = { namespace: 'namespace of the ExternalSecret', name: 'name of the ExternalSecret' }

interface Family {
  readonly gauge: MetricDefinition
  readonly labelsOf: (facts: ResourceStats) => Readonly<Record<string, string>>
  /** Undefined if the resource has no value for this metric. */
  readonly valueOf: (facts: ResourceStats) => number | undefined
}

/**
 * Per-resource series. Rendered at each scrape, so they disappear with their ExternalSecret, and as text, because prom-client takes
 * three times as long and blocks the event loop.
 */
export class ResourceMetrics {
  readonly #families: readonly Family[]
  readonly #omitted: MetricDefinition
  #facts: readonly ResourceStats[] = []
  #count = 0

  constructor(set: MetricSet) {
    this.#families = [
      {
        gauge: set.textGauge('resource_ready', '1 if the ExternalSecret is Ready, otherwise 0', {
          ...RESOURCE_LABELS,
          reason: '[reason](reasons.md) of the Ready condition; `Unknown`: not reconciled yet',
        }),
        labelsOf: ({ namespace, name, reason }) => ({ namespace, name, reason }),
        valueOf: ({ ready }) => (ready === 'True' ? 1 : 0),
      },
      {
        gauge: set.textGauge(
          'resource_source_age_seconds',
          'Time since the oldest value of the ExternalSecret was confirmed, in seconds; absent before the first read',
          RESOURCE_LABELS,
        ),
        labelsOf: ({ namespace, name }) => ({ namespace, name }),
        valueOf: ({ sourceAgeMs }) => secondsOf(sourceAgeMs),
      },
      {
        gauge: set.textGauge(
          'resource_last_change_timestamp_seconds',
          'Unix time of the last write to the Secret of the ExternalSecret',
          RESOURCE_LABELS,
        ),
        labelsOf: ({ namespace, name }) => ({ namespace, name }),
        valueOf: ({ changedMs }) => secondsOf(changedMs),
      },
    ]
    this.#omitted = set.textGauge(
      'resources_left_out',
      `ExternalSecrets without per-resource series: those beyond the first ${MAX_RESOURCES.toLocaleString('en')}`,
    )
  }

  /** Replaces all series. */
  update(resources: Iterable<ResourceStats>): void {
    const all = [...resources]
    this.#facts = all.slice(0, MAX_RESOURCES)
    this.#count = all.length
  }

  /** Renders all series in pieces, between which the caller can yield to the event loop. */
  *text(): Generator<string, void, void> {
    const facts = this.#facts
    const omitted = this.#count - facts.length
    for (const { gauge, labelsOf, valueOf } of this.#families) {
      yield headText(gauge)
      for (let from = 0; from < facts.length; from += PIECE_LINES) {
        const lines = facts.slice(from, from + PIECE_LINES).map((one) => {
          const value = valueOf(one)
          return value === undefined ? '' : seriesText(gauge.name, labelsOf(one), value)
        })
        yield lines.join('')
      }
    }
    yield headText(this.#omitted) + seriesText(this.#omitted.name, {}, omitted)
  }
}

function secondsOf(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000
}
