/** A counted repetition; the first group matches if it repeats a group. */
const REPETITION = /([)}])?\{(\d+)(,(\d*))?\}/g
/** Non-ASCII characters, and classes that may contain thousands of them. */
const WIDE = /[^\x20-\x7e]|\\[pPx]/
const IGNORES_CASE = /\(\?[-a-zA-Z]*i/
/** Cost factor of a character that may be part of a wide class. */
const WIDE_FACTOR = 16
const WIDE_FOLDED_FACTOR = 256

/**
 * Upper bound for the cost of compiling an RE2 expression: its length with all counted repetitions expanded, and a multiple
 * for Unicode classes. One unit is at most 3 µs of CPU time and two instructions of the compiled program.
 */
export function regexCost(regex: string): number {
  let written = regex.length
  let nested = 1
  for (const [, group, least, range, most] of regex.matchAll(REPETITION)) {
    const count = range === undefined ? Number(least) : Math.max(Number(most), Number(least) + 1)
    if (group === undefined) written += count
    else nested *= Math.max(count, 1)
  }
  return written * nested * classFactor(regex)
}

function classFactor(regex: string): number {
  if (!WIDE.test(regex)) return 1
  return IGNORES_CASE.test(regex) ? WIDE_FOLDED_FACTOR : WIDE_FACTOR
}
