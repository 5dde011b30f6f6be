import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '@ack-secret-manager/control-plane'
import type { OperatorProcess } from '@ack-secret-manager/testenv'
import type { Operation } from './churn.ts'
import { mostOf, type PageStats, pageStatsOf, pageOf } from './soak-stats.ts'
import type { SoakEnvironment } from './soak-environment.ts'

/** Options of {@link churn}. */
export interface ChurnRun {
  readonly operations: readonly Operation[]
  readonly environment: Pick<SoakEnvironment, 'do' | 'calm'>
  readonly operator: OperatorProcess
  readonly progress: Progress
  readonly durationMs: number
}

const SAMPLE_INTERVAL_MS = 5_000
/** Concurrent operations. Operations on one object run in the same lane, one after the other. */
const LANES = 4

/**
 * Runs all operations, each at its time or as soon as the previous ones are done.
 * @returns the maximum of each statistic
 * @throws Error when the operator exits or an operation fails
 */
export async function churn({ operations, environment, operator, progress, durationMs }: ChurnRun): Promise<PageStats> {
  const startMs = performance.now()
  const stop = new AbortController()
  const { signal } = stop
  const at = (atMs: number): Promise<void> =>
    pause(Math.max(0, startMs + atMs - performance.now()), undefined, { signal })
  let done = 0
  let most = pageStatsOf(await pageOf(operator))
  const work = async (lane: number): Promise<void> => {
    for (const operation of operations.filter(({ index }) => index % LANES === lane)) {
      await at(operation.atMs)
      await environment.do(operation)
      done += 1
    }
    await at(durationMs)
  }
  const sample = async (): Promise<void> => {
    for (let atMs = SAMPLE_INTERVAL_MS; !signal.aborted; atMs += SAMPLE_INTERVAL_MS) {
      await at(atMs)
      const now = pageStatsOf(await pageOf(operator))
      most = mostOf([most, now])
      const seconds = (performance.now() - startMs) / 1_000
      progress.update(progressText(now, { done, operations: operations.length, seconds, of: durationMs / 1_000 }))
    }
  }
  const sampling = sample()
  const works = Array.from({ length: LANES }, (_, lane) => work(lane))
  try {
    // Sampling never ends; it can only fail first.
    await Promise.race([Promise.all(works), sampling])
  } finally {
    stop.abort()
    await Promise.allSettled([...works, sampling])
  }
  await environment.calm()
  return most
}

function progressText(
  { rssMiB, openFiles, timers, queueDepth, sources, resources, delayP99Ms }: PageStats,
  {
    done,
    operations,
    seconds,
    of,
  }: { readonly done: number; readonly operations: number; readonly seconds: number; readonly of: number },
): string {
  return [
    `churn ${seconds.toFixed(0)} of ${of} s`,
    `${done} of ${operations} operations`,
    `${resources} resources`,
    `${sources} sources`,
    `queue ${queueDepth}`,
    `RSS ${rssMiB.toFixed(0)} MiB`,
    `files ${openFiles}`,
    `timers ${timers}`,
    `delay p99 ${delayP99Ms.toFixed(0)} ms`,
  ].join(', ')
}
