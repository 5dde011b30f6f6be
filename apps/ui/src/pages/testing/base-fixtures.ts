import type { Counts, ResourceRow } from '../../model/views/index.ts'

/** Clock of the fixtures; months behind that of the browser, so that a page which mixes them fails. */
export const NOW = Date.parse('2026-03-18T03:04:00Z')

export function at(minutes: number): string {
  return new Date(NOW + minutes * 60_000).toISOString()
}

export const NO_COUNTS: Counts = { total: 0, ready: 0, degraded: 0, failing: 0, pending: 0, suspended: 0 }

export const NAMESPACES = ['shop', 'billing', 'search', 'identity', 'media', 'reports', 'gateway', 'ledger']
export const NAMES = [
  'api',
  'worker',
  'database',
  'redis',
  'smtp',
  'oauth',
  'signing',
  'cache',
  'ingress-tls',
  'webhooks',
]

export function countsOf(all: readonly ResourceRow[]): Counts {
  const counts = { ...NO_COUNTS } as Record<keyof Counts, number>
  for (const { state } of all) {
    counts.total++
    counts[state]++
  }
  return counts
}
