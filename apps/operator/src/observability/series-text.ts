import type { MetricDefinition } from './metric-set.ts'

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** The HELP and TYPE lines of a metric in the Prometheus text format. */
export function headText({ name, help, type }: MetricDefinition): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

/** One series in the Prometheus text format. Label values may be any text; `value` must be finite. */
export function seriesText(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)
}
