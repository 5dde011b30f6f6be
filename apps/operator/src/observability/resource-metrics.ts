import type { ResourceFacts } from '@ack-secret-manager/sync-engine'
import type { MetricDefinition, MetricSet } from './metric-set.ts'
import { headText, seriesText } from './series-text.ts'

/** More than these would be a burden to whoever scrapes: those that were found last have no series. */
const MAX_RESOURCES = 10_000
/** So many lines are made in about a millisecond. */
const PIECE_LINES = 500

const RESOURCE = { namespace: 'its namespace', name: 'name of the ExternalSecret' }

interface Family {
  readonly gauge: MetricDefinition
  readonly labelsOf: (facts: ResourceFacts) => Readonly<Record<string, string>>
  /** Undefined for a resource that has no series here. */
  readonly valueOf: (facts: ResourceFacts) => number | undefined
}

/**
 * Series of single ExternalSecrets: made anew at each scrape, so that they go with their resources. They are text, because prom-client takes
 * three times as long, and lets nobody have a turn until it is done.
 */
export class ResourceMetrics {
  readonly #families: readonly Family[]
  readonly #leftOut: MetricDefinition
  #facts: readonly ResourceFacts[] = []
  #count = 0

  constructor(set: MetricSet) {
    this.#families = [
      {
        gauge: set.textGauge('resource_ready', 'Whether an ExternalSecret is Ready: 1 or 0', {
          ...RESOURCE,
          reason: '[reason](reasons.md) of the Ready condition; `Unknown`: not looked at yet',
        }),
        labelsOf: ({ namespace, name, reason }) => ({ namespace, name, reason }),
        valueOf: ({ ready }) => (ready === 'True' ? 1 : 0),
      },
      {
        gauge: set.textGauge(
          'resource_source_age_seconds',
          'Age of the value of an ExternalSecret that was confirmed longest ago; none before the first',
          RESOURCE,
        ),
        labelsOf: ({ namespace, name }) => ({ namespace, name }),
        valueOf: ({ sourceAgeMs }) => secondsOf(sourceAgeMs),
      },
      {
        gauge: set.textGauge(
          'resource_last_change_timestamp_seconds',
          'When the operator last wrote the Secret of an ExternalSecret, Unix time',
          RESOURCE,
        ),
        labelsOf: ({ namespace, name }) => ({ namespace, name }),
        valueOf: ({ changedMs }) => secondsOf(changedMs),
      },
    ]
    this.#leftOut = set.textGauge(
      'resources_left_out',
      `ExternalSecrets without series of their own: those beyond the first ${MAX_RESOURCES.toLocaleString('en')}`,
    )
  }

  /** Replaces all series by those of `resources`. */
  update(resources: Iterable<ResourceFacts>): void {
    const all = [...resources]
    this.#facts = all.slice(0, MAX_RESOURCES)
    this.#count = all.length
  }

  /** All series as of now, in pieces: between two of them is a good moment to let others have their turn. */
  *text(): Generator<string, void, void> {
    const facts = this.#facts
    const leftOut = this.#count - facts.length
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
    yield headText(this.#leftOut) + seriesText(this.#leftOut.name, {}, leftOut)
  }
}

function secondsOf(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000
}
