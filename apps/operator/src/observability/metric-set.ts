import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What a reader of a metric has to know. */
export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Each label with what its values are, in Markdown. */
  readonly labels: Readonly<Record<string, string>>
}

type Labels<L extends string> = Readonly<Record<L, string>>

/** Makes metrics of one prefix, and keeps their definitions for the reference page. */
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

  /** Of seconds. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: Labels<L>,
  ): Histogram<L> {
    return new Histogram({ ...this.#define('histogram', name, help, labels), buckets: [...buckets] })
  }

  /** A gauge without memory: whoever knows its values makes them text when somebody asks. */
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
