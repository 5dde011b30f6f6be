import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Name, type, help and labels of a metric, for the reference page. */
export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Description of each label's values, in Markdown. */
  readonly labels: Readonly<Record<string, string>>
}

type Labels<L extends string> = Readonly<Record<L, string>>

/** Creates metrics with one name prefix and collects their definitions. */
export class MetricSet {
  readonly registry = new Registry()
  readonly #prefix: string
  readonly #definitions: MetricDefinition[] = []

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get definitions(): readonly MetricDefinition[] {
    return this.#definitions
  }

  counter<L extends string = never>(name: string, help: string, labels?: Labels<L>): Counter<L> {
    return new Counter(this.#define('counter', name, help, labels))
  }

  gauge<L extends string = never>(name: string, help: string, labels?: Labels<L>): Gauge<L> {
    return new Gauge(this.#define('gauge', name, help, labels))
  }

  /** Buckets are in seconds. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: Labels<L>,
  ): Histogram<L> {
    return new Histogram({ ...this.#define('histogram', name, help, labels), buckets: [...buckets] })
  }

  /** Defines a gauge without registering it: its owner renders the series at each scrape. */
  textGauge<L extends string = never>(name: string, help: string, labels?: Labels<L>): MetricDefinition {
    return this.#describe('gauge', name, help, labels)
  }

  #define<L extends string>(type: MetricDefinition['type'], suffix: string, help: string, labels?: Labels<L>) {
    const { name } = this.#describe(type, suffix, help, labels)
    return { name, help, labelNames: Object.keys(labels ?? {}) as L[], registers: [this.registry] }
  }

  #describe<L extends string>(type: MetricDefinition['type'], suffix: string, help: string, labels?: Labels<L>) {
    const definition: MetricDefinition = { name: `${this.#prefix}${suffix}`, type, help, labels: labels ?? {} }
    this.#definitions.push(definition)
    return definition
  }
}
