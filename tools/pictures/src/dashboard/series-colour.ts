import type { ColourName } from '../svg/theme.ts'

/** Colours of series without a meaning, in order. */
const PALETTE: readonly ColourName[] = ['blue', 'orange', 'purple', 'cyan', 'yellow', 'green', 'muted']
const FAILURES: readonly ColourName[] = ['red', 'pink', 'orange']

/** Last word of a legend, and what it means. */
const MEANINGS: ReadonlyArray<readonly [pattern: RegExp, colours: readonly ColourName[]]> = [
  [/ True$/, ['green', 'cyan']],
  [/ False$/, FAILURES],
  [/ (Suspended|Unknown)$/, ['muted']],
  [/(^| )(Unavailable|Timeout|Throttled|AccessDenied|Unauthenticated|NotFound|InvalidResponse|[45]\d\d)$/, FAILURES],
]

/** Colours of the series of a panel by legend: the same meaning has the same colours in all panels. */
export function seriesColours(legends: readonly string[]): ReadonlyMap<string, ColourName> {
  const used = new Map<readonly ColourName[], number>()
  const colourOf = (legend: string): ColourName => {
    const colours = MEANINGS.find(([pattern]) => pattern.test(legend))?.[1] ?? PALETTE
    const index = used.get(colours) ?? 0
    used.set(colours, index + 1)
    return colours[index % colours.length] ?? 'muted'
  }
  return new Map(legends.toSorted().map((legend) => [legend, colourOf(legend)]))
}
