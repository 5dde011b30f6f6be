import { CONTENDERS, SHARED_USERS } from '../contenders/contenders.ts'
import type { RunRecord } from '../record/comparison.ts'
import { FIGURES, type Figure, type FigureGroup, SHARED_FIGURES } from './figures.ts'
import { round, spreadOf } from './median.ts'

/** Ratio from which a higher cost is listed. */
const WORSE = 1.05

/** A row for each cost that is higher than the lowest one of the Go operator: resources, figure, ours, best Go. */
export function lossesOf(runs: readonly RunRecord[]): readonly (readonly string[])[] {
  const sizes = [...new Set(runs.map(({ resources }) => resources))].sort((a, b) => a - b)
  const at = (resources: number, users: number) =>
    runs.filter((run) => run.resources === resources && run.users === users)
  return sizes.flatMap((size) => [
    ...FIGURES.flatMap((group) => lossesIn(group, size, at(size, 1))),
    ...lossesIn(SHARED_FIGURES, size, at(size, SHARED_USERS)),
  ])
}

function lossesIn({ title, figures }: FigureGroup, size: number, runs: readonly RunRecord[]): string[][] {
  return figures.flatMap((figure) => {
    const ours = medianOf(figure, runs, 'ours')
    const [best] = CONTENDERS.filter(({ kind }) => kind === 'go')
      .flatMap((contender) => {
        const median = medianOf(figure, runs, contender.name)
        return median === undefined ? [] : [{ contender, median }]
      })
      .sort((a, b) => a.median - b.median)
    if (!figure.isCost || ours === undefined || best === undefined || ours <= best.median * WORSE) return []
    const goCell = `${round(best.median)} (${best.contender.title})`
    return [[size.toLocaleString('en-US'), `${title}: ${figure.title}`, round(ours), goCell]]
  })
}

function medianOf(figure: Figure, runs: readonly RunRecord[], name: RunRecord['contender']): number | undefined {
  const values = runs.filter(({ contender }) => contender === name).map((run) => figure.of(run))
  return spreadOf(values.filter((value) => value !== undefined))?.median
}
