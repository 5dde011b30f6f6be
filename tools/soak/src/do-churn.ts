import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '@ack-secret-manager/control-plane'
import type { OperatorProcess } from '@ack-secret-manager/testbed'
import type { Deed } from './churn.ts'
import { mostOf, type PageFigures, pageFiguresOf, pageOf } from './soak-figures.ts'
import type { SoakWorld } from './soak-world.ts'

/** Options of {@link churn}. */
export interface ChurnRun {
  readonly deeds: readonly Deed[]
  readonly world: Pick<SoakWorld, 'do' | 'calm'>
  readonly operator: OperatorProcess
  readonly progress: Progress
  readonly durationMs: number
}

const LOOK_EVERY_MS = 5_000
/** Deeds under way at once. Those to one object are in the same lane, one after the other. */
const LANES = 4

/**
 * Does all deeds, each at its time or as soon as those before it are done.
 * @returns the most that was seen of each figure
 * @throws Error when the operator ends, or something cannot be done
 */
export async function churn({ deeds, world, operator, progress, durationMs }: ChurnRun): Promise<PageFigures> {
  const startMs = performance.now()
  const stop = new AbortController()
  const { signal } = stop
  const at = (atMs: number): Promise<void> =>
    pause(Math.max(0, startMs + atMs - performance.now()), undefined, { signal })
  let done = 0
  let most = pageFiguresOf(await pageOf(operator))
  const work = async (lane: number): Promise<void> => {
    for (const deed of deeds.filter(({ index }) => index % LANES === lane)) {
      await at(deed.atMs)
      await world.do(deed)
      done += 1
    }
    await at(durationMs)
  }
  const look = async (): Promise<void> => {
    for (let atMs = LOOK_EVERY_MS; !signal.aborted; atMs += LOOK_EVERY_MS) {
      await at(atMs)
      const now = pageFiguresOf(await pageOf(operator))
      most = mostOf([most, now])
      const seconds = (performance.now() - startMs) / 1_000
      progress.update(tellOf(now, { done, deeds: deeds.length, seconds, of: durationMs / 1_000 }))
    }
  }
  const looking = look()
  const works = Array.from({ length: LANES }, (_, lane) => work(lane))
  try {
    // Looking has no end of its own: it can only fail first.
    await Promise.race([Promise.all(works), looking])
  } finally {
    stop.abort()
    await Promise.allSettled([...works, looking])
  }
  await world.calm()
  return most
}

function tellOf(
  { rssMiB, openFiles, timers, queueDepth, sources, resources, delayP99Ms }: PageFigures,
  {
    done,
    deeds,
    seconds,
    of,
  }: { readonly done: number; readonly deeds: number; readonly seconds: number; readonly of: number },
): string {
  return [
    `churn ${seconds.toFixed(0)} of ${of} s`,
    `${done} of ${deeds} deeds`,
    `${resources} resources`,
    `${sources} sources`,
    `queue ${queueDepth}`,
    `RSS ${rssMiB.toFixed(0)} MiB`,
    `files ${openFiles}`,
    `timers ${timers}`,
    `delay p99 ${delayP99Ms.toFixed(0)} ms`,
  ].join(', ')
}
