import { renderTable } from '@ack-secret-manager/testenv'
import type { ChaosResult, ReportedViolation } from './run-chaos.ts'

const COLUMNS = [
  'seed',
  'faults',
  'actions',
  'faulted calls',
  'checked changes',
  'replicas started',
  'converged',
  'longest turn',
  'leader: RSS, files, timers',
  'broken rules',
]

/** A table with one row per run. */
export function renderResults(results: readonly ChaosResult[]): string {
  const rows = results.map((result) => [
    String(result.seed),
    String(result.faults),
    String(result.actions),
    String(result.faulted),
    String(result.steps),
    String(result.replicasStarted),
    result.convergedMs === undefined ? '-' : `${(result.convergedMs / 1_000).toFixed(1)} s`,
    `${result.longestTurnMs} ms`,
    result.figures ? `${statsText(result.figures.before)} → ${statsText(result.figures.after)}` : '-',
    String(result.violations.length),
  ])
  return renderTable([COLUMNS, ...rows])
}

function statsText({ rssMiB, openFiles, timers }: { rssMiB: number; openFiles: number; timers: number }): string {
  return `${rssMiB} MiB, ${openFiles}, ${timers}`
}

/** A broken rule, with everything needed to reproduce it. */
export function renderViolation(
  violation: ReportedViolation,
  { seed, durationMs, oneReplica, shards }: ChaosResult,
): string {
  const { rule, object, expected, seen, atMs, recent } = violation
  return [
    `BROKEN: ${rule}`,
    `  seed      ${seed}, ${(atMs / 1_000).toFixed(3)} s into the run`,
    `  object    ${object}`,
    `  expected  ${expected}`,
    `  seen      ${seen}`,
    '  recent lines, newest first:',
    ...recent.map((line) => `    ${line.trim()}`),
    `  reproduce npm run chaos -- --seed ${seed} --minutes ${durationMs / 60_000}${oneReplica ? ' --one-replica' : ''}${shards > 1 ? ` --shards ${shards}` : ''}`,
  ].join('\n')
}
