import type { MetricDefinition } from './metric-set.ts'

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** The lines before the series of a metric, in the text format of Prometheus. */
export function headText({ name, help, type }: MetricDefinition): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

/** The line of one series, in the text format of Prometheus. Label values may be any text, `value` is finite. */
export function seriesText(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)
}
