import type { CompareOptions } from './compare-options.ts'
import { type Contender, SHARED_USERS } from './contenders/contenders.ts'
import { type Comparison, hasRun } from './record/comparison.ts'

/** A run to make. */
export interface PlannedRun {
  readonly contender: Contender
  readonly resources: number
  readonly users: number
  readonly run: number
}

/** What is measured, and what is left out. */
export interface Plan {
  readonly runs: readonly PlannedRun[]
  /** One line for each reason. */
  readonly leftOut: readonly string[]
}

/** Runs in their order: contenders alternate, so that a change of the machine affects all of them. */
export function planRuns(
  {
    sizes,
    runs,
    contenders,
    binaries,
    resume,
  }: Pick<CompareOptions, 'sizes' | 'runs' | 'contenders' | 'binaries' | 'resume'>,
  comparison: Comparison,
  commit: string,
): Plan {
  const possible = contenders.filter(({ name, kind }) => kind !== 'go' || binaries[binaryOf(name)] !== undefined)
  const impossible = contenders.filter((contender) => !possible.includes(contender))
  const smallest = Math.min(...sizes)
  const all = sizes.flatMap((resources) =>
    Array.from({ length: runs }, (_, index) => index + 1).flatMap((run) =>
      possible.flatMap((contender) => {
        // Counts of calls do not vary, so one run is enough.
        const shared = resources === smallest && run === 1 && contender.kind !== 'loader'
        return [1, ...(shared ? [SHARED_USERS] : [])].map((users) => ({ contender, resources, users, run }))
      }),
    ),
  )
  const planned = all.filter(
    ({ contender, ...key }) => !(resume && hasRun(comparison, { ...key, contender: contender.name }, commit)),
  )
  const kept = all.length - planned.length
  return {
    runs: planned,
    leftOut: [
      ...impossible.map(
        ({ name }) => `${name}: not measured without --${FLAGS[binaryOf(name)]}; its last figures stay`,
      ),
      ...(kept === 0 ? [] : [`${kept} runs of this commit exist already`]),
    ],
  }
}

const FLAGS = { released: 'go-operator', uncapped: 'go-uncapped' } as const

/** The executable of a contender with the Go operator. */
export function binaryOf(name: Contender['name']): keyof typeof FLAGS {
  return name === 'go-uncapped' ? 'uncapped' : 'released'
}
