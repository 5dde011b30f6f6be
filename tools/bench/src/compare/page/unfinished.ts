import { CONTENDERS } from '../contenders/contenders.ts'
import type { RunRecord } from '../record/comparison.ts'

interface Progress {
  readonly done: number
  readonly of: number
}

/** One line for each scenario that passed its deadline. */
export function unfinishedOf(runs: readonly RunRecord[]): readonly string[] {
  return runs.flatMap((run) => {
    const { firstSync, change, outage, restart } = run
    const scenarios: readonly (readonly [string, Progress | undefined])[] = [
      ['first sync', firstSync.secrets],
      ['all values changed', change?.secrets],
      ['recovery from the outage', outage?.secrets],
      ['restart', restart],
    ]
    return scenarios.flatMap(([title, progress]) =>
      progress === undefined || progress.done === progress.of ? [] : [lineOf(run, title, progress)],
    )
  })
}

function lineOf({ contender, resources, run }: RunRecord, title: string, { done, of }: Progress): string {
  const name = CONTENDERS.find((each) => each.name === contender)?.title ?? contender
  const count = (value: number): string => value.toLocaleString('en-US')
  return `${name}, ${count(resources)} resources, run ${run}: ${title}: ${count(done)} of ${count(of)}. Later scenarios were not run.`
}
