/** One metric without labels out of a page in Prometheus' text format; NaN when it is not there. */
export function metricValue(page: string, name: string): number {
  const line = page.split('\n').find((text) => text.startsWith(`${name} `))
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1))
}
