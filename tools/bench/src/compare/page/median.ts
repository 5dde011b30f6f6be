/** A figure over the runs of a contender. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: number
}

/** @returns undefined without values */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  const middle = sorted.length / 2
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return { median: (low + high) / 2, min, max, runs: sorted.length }
}

const DIGITS = 3

/** A number with three significant digits, or all of its integer part, and thousands separated. */
export function round(value: number): string {
  const integer = Math.trunc(Math.abs(value))
  const digits = Math.max(DIGITS, String(integer).length)
  return Number(value.toPrecision(digits)).toLocaleString('en-US', { maximumFractionDigits: DIGITS })
}

/** `12.3 (11.9–12.8)`; the median alone for one run, or if all runs are equal. */
export function writeSpread({ median, min, max }: Spread): string {
  const [from, to] = [round(min), round(max)]
  return from === to ? round(median) : `${round(median)} (${from}–${to})`
}
