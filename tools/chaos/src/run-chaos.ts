import { setTimeout as pause } from 'node:timers/promises'
import type { Course } from './course.ts'
import type { ScheduledFault } from './fault.ts'
import { createSchedule, describeFault, needsLaggingServer } from './fault-schedule.ts'
import type { Violation } from './invariants/judge.ts'
import { playBusyNeighbour } from './busy-neighbour-step.ts'
import { playForbidden } from './forbidden-step.ts'
import { outageOf, playOutage } from './outage-step.ts'
import { beginFault } from './play-faults.ts'
import type { ProcessFigures } from './process-figures.ts'
import { converge, giveBack, hasGoneOn, keepQuiet, leaderFigures, staysFree } from './settle.ts'
import { openStage, type Stage } from './stage.ts'
import { describeAction, type PlannedAction } from './world/action.ts'
import { createLargeWorkload, hasLargeObjects } from './world/large.ts'
import { createWorkload } from './world/workload.ts'

/** Of the lines that a broken rule is told with. */
const RECENT_LINES = 10
/** Of what each replica has logged, when a rule was broken. */
const LOGGED_LINES = 15

/** One replica that leads from start to end. */
const ALONE = { replicas: 1, args: ['--leader-elect=false'] }

/** Options of {@link runChaos}. */
export interface ChaosOptions {
  readonly seed: number
  readonly durationMs: number
  /** One that nothing happens to, in place of two. @default false */
  readonly oneReplica?: boolean
  /** Told what happens, a line each. */
  readonly tell: (line: string) => void
}

/** A violation with what surrounds it. */
export interface ToldViolation extends Violation {
  readonly atMs: number
  /** What had begun last, newest first. */
  readonly recent: readonly string[]
}

/** What came of a run. */
export interface ChaosResult {
  readonly seed: number
  readonly durationMs: number
  readonly oneReplica: boolean
  readonly faults: number
  readonly actions: number
  /** Calls that were spoiled. */
  readonly spoiled: number
  /** Changes of Secrets that were judged. */
  readonly steps: number
  readonly replicasStarted: number
  readonly convergedMs: number | undefined
  /** Processor time of the longest turn of an event loop. */
  readonly longestTurnMs: number
  readonly figures: { readonly before: ProcessFigures; readonly after: ProcessFigures } | undefined
  readonly violations: readonly ToldViolation[]
}

/** Plays one seed from start to end, or to the first broken rule. @throws Error when the stage cannot be set */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, durationMs, oneReplica = false, tell } = options
  const stop = new AbortController()
  const diary = new Diary(tell)
  const violations: ToldViolation[] = []
  const onViolation = (violation: Violation): void => {
    violations.push({ ...violation, atMs: diary.nowMs(), recent: diary.recent() })
    stop.abort()
  }
  const course: Course = { signal: stop.signal, tell, onViolation }
  tell(`seed ${seed}: setting the stage`)
  const schedule = createSchedule(seed, durationMs, { oneReplica })
  const lagging = needsLaggingServer(schedule)
  await using stage = await openStage({
    onViolation,
    lagging,
    large: hasLargeObjects(seed),
    ...(oneReplica ? ALONE : {}),
  })
  await converge(stage, 'the first values', course)
  const before = stop.signal.aborted ? undefined : await leaderFigures(stage)

  const workload = createWorkload(seed, durationMs)
  const largeWorkload = createLargeWorkload(seed, durationMs)
  const actions = workload.length + largeWorkload.length
  tell(`seed ${seed}: ${schedule.length} faults and ${actions} actions in ${durationMs / 1_000} s`)
  diary.begin()
  const people = [workload, largeWorkload].map((plan) => carryOut(stage, plan, diary, course))
  const works = [...people, ...schedule.map((fault) => play(stage, fault, diary, course))]
  await allOf(works)

  const spoiled = Object.values(stage.doors).flatMap((door) => [...door.spoiled.values()])
  if (!stop.signal.aborted) tell('the faults are over: everything has to converge')
  const convergedMs = stop.signal.aborted ? undefined : await converge(stage, 'everything', course)
  await keepQuiet(stage, course)
  const outageMs = outageOf(seed)
  if (outageMs === undefined) await playForbidden(stage, course)
  else await playOutage(stage, outageMs, course)
  if (hasLargeObjects(seed)) await playBusyNeighbour(stage, course)
  if (oneReplica) hasGoneOn(stage, course)
  staysFree(stage, course)
  const after = before && !stop.signal.aborted ? await giveBack(stage, before, course) : undefined
  if (violations.length > 0) tellLogs(stage, tell)
  return {
    seed,
    durationMs,
    oneReplica,
    faults: schedule.length,
    actions,
    spoiled: spoiled.reduce((sum, count) => sum + count, 0),
    steps: stage.judge.steps,
    replicasStarted: stage.replicas.started,
    convergedMs,
    longestTurnMs: stage.replicas.longestTurnMs(),
    figures: before && after && { before, after },
    violations,
  }
}

/** What happened when, since the faults began. */
class Diary {
  readonly #tell: (line: string) => void
  readonly #lines: string[] = []
  #startMs = performance.now()

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  begin(): void {
    this.#startMs = performance.now()
  }

  nowMs(): number {
    return Math.round(performance.now() - this.#startMs)
  }

  note(line: string, isTold: boolean): void {
    this.#lines.push(line)
    if (this.#lines.length > RECENT_LINES) this.#lines.shift()
    if (isTold) this.#tell(line)
  }

  /** Newest first. */
  recent(): readonly string[] {
    return this.#lines.toReversed()
  }

  async wait(untilMs: number, signal: AbortSignal): Promise<void> {
    await pause(Math.max(0, untilMs - this.nowMs()), undefined, { signal })
  }
}

/** What people do, one after the other. */
async function carryOut(
  { world }: Stage,
  workload: readonly PlannedAction[],
  diary: Diary,
  { signal }: Course,
): Promise<void> {
  for (const action of workload) {
    await diary.wait(action.atMs, signal)
    diary.note(`${(diary.nowMs() / 1_000).toFixed(3)} s  people    ${describeAction(action)}`, false)
    await world.do(action)
  }
  await world.complete()
}

async function play(stage: Stage, fault: ScheduledFault, diary: Diary, { signal, onViolation }: Course): Promise<void> {
  await diary.wait(fault.atMs, signal)
  diary.note(describeFault(fault), true)
  const end = await beginFault(stage, fault, onViolation)
  try {
    await diary.wait(fault.atMs + fault.forMs, signal)
  } finally {
    await end()
  }
}

/** What the replicas said last, for whoever looks for the reason. */
function tellLogs({ replicas }: Stage, tell: (line: string) => void): void {
  for (const { program } of replicas.running) {
    tell(`replica ${program.pid}${replicas.leader()?.program === program ? ', which leads' : ''}:`)
    for (const line of program.lines.slice(-LOGGED_LINES)) tell(`  ${line}`)
  }
}

/** Waits for all of them. @throws the first error that is no abort */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works)
  const defect = ended.find(({ status, ...more }) => {
    const reason: unknown = 'reason' in more ? more.reason : undefined
    return status === 'rejected' && !(reason instanceof Error && reason.name === 'AbortError')
  })
  if (defect?.status === 'rejected') throw defect.reason
}
