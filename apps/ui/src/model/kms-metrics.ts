import type { KmsView } from './views/kms.ts'

/** Results of reads that are no error. */
const GOOD: ReadonlySet<string> = new Set(['changed', 'unchanged', 'Cancelled'])
const MAX_RESULTS = 20
/** An hour at one sample each 30 s. */
const MAX_SAMPLES = 120

/** The reads of one Pod since it started, from one page of metrics. */
export interface KmsSample {
  readonly atMs: number
  readonly pod: string
  readonly reads: number
  readonly errors: number
  readonly byResult: readonly { readonly backend: string; readonly result: string; readonly count: number }[]
  readonly sources: number | undefined
  readonly oldestSeconds: number | undefined
}

/** Reads a page of the operator's metrics; undefined if it is of another program. Pure. */
export function kmsSampleOf(page: string, pod: string, atMs: number): KmsSample | undefined {
  if (!page.includes('acksm_')) return undefined
  const results = [...page.matchAll(/^acksm_source_reads_total\{([^}]*)\} (\S+)$/gm)].map(([, labels = '', value]) => ({
    backend: labelIn(labels, 'backend'),
    result: labelIn(labels, 'result'),
    count: numberOf(value),
  }))
  const errors = results.filter(({ result }) => !GOOD.has(result))
  const sum = (of: readonly { readonly count: number }[]): number => of.reduce((total, { count }) => total + count, 0)
  return {
    atMs,
    pod,
    reads: sum(results),
    errors: sum(errors),
    byResult: errors.toSorted((a, b) => b.count - a.count).slice(0, MAX_RESULTS),
    sources: gaugeIn(page, 'acksm_sources'),
    oldestSeconds: gaugeIn(page, 'acksm_source_age_seconds'),
  }
}

/** Adds a sample; the oldest ones are dropped. Pure. */
export function withSample(samples: readonly KmsSample[], sample: KmsSample): readonly KmsSample[] {
  return [...samples.slice(1 - MAX_SAMPLES), sample]
}

/** The last sample, and the rates between all of them. Pure. */
export function kmsView(samples: readonly KmsSample[]): KmsView {
  const last = samples.at(-1)
  if (last === undefined) return { state: 'loading' }
  const { atMs, pod, reads, errors, byResult, sources, oldestSeconds } = last
  const pairs = samples.slice(1).map((sample, index) => ({ before: samples[index], sample }))
  return {
    state: 'known',
    at: new Date(atMs).toISOString(),
    pod,
    reads,
    errors,
    byResult,
    ...(sources === undefined ? {} : { sources }),
    ...(oldestSeconds === undefined ? {} : { oldestSeconds }),
    history: {
      times: pairs.map(({ sample }) => Math.round(sample.atMs / 1_000)),
      reads: pairs.map(({ before, sample }) => perMinute(before, sample, 'reads')),
      errors: pairs.map(({ before, sample }) => perMinute(before, sample, 'errors')),
    },
  }
}

/** Null if the counter began again, in a restarted or another Pod. */
function perMinute(before: KmsSample | undefined, sample: KmsSample, what: 'reads' | 'errors'): number | null {
  if (before === undefined || before.pod !== sample.pod || sample[what] < before[what]) return null
  const minutes = (sample.atMs - before.atMs) / 60_000
  return minutes <= 0 ? null : Math.round(((sample[what] - before[what]) / minutes) * 10) / 10
}

function labelIn(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
}

function gaugeIn(page: string, name: string): number | undefined {
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(page) ?? []
  return value === undefined ? undefined : numberOf(value)
}

function numberOf(text: string | undefined): number {
  const number = Number(text)
  return Number.isFinite(number) ? number : 0
}
