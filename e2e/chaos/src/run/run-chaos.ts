import { setTimeout as pause } from 'node:timers/promises'
import type { RunContext } from './run-context.ts'
import type { ScheduledFault } from '../faults/fault.ts'
import { createSchedule, describeFault, needsLaggingServer } from '../faults/fault-schedule.ts'
import type { Violation } from '../invariants/invariant-checker.ts'
import { runBusyNeighbour } from '../steps/busy-neighbour-step.ts'
import { runForbidden } from '../steps/forbidden-step.ts'
import { outageOf, runOutage } from '../steps/outage-step.ts'
import { beginFault } from '../faults/inject-faults.ts'
import type { ReplicaResources } from './replica-resources.ts'
import {
  converge,
  expectResourcesReleased,
  expectNoRestart,
  expectNoWrites,
  leaderStats,
  expectResponsiveEventLoop,
} from './convergence.ts'
import { openChaosEnvironment, type ChaosEnvironment } from './chaos-environment.ts'
import { describeAction, type PlannedAction } from '../workload/action.ts'
import { createLargeWorkload, hasLargeObjects } from '../workload/large.ts'
import { createWorkload } from '../workload/planned-actions.ts'

/** Number of recent lines in the report of a violation. */
const RECENT_LINES = 10
/** Number of log lines per replica that are printed after a violation. */
const LOGGED_LINES = 15

/** Options of a run with one replica that always leads. */
const SINGLE_REPLICA = { replicas: 1, args: ['--leader-elect=false'] }

/** Options of {@link runChaos}. */
export interface ChaosOptions {
  readonly seed: number
  readonly durationMs: number
  /** Run one replica without replica faults instead of two. @default false */
  readonly oneReplica?: boolean
  /** Number of replicas that work at the same time; one more is a standby. @default 1 */
  readonly shards?: number
  /** Prints one line of progress. */
  readonly log: (line: string) => void
}

/** A violation with its context. */
export interface ReportedViolation extends Violation {
  readonly atMs: number
  /** Recent faults and actions, newest first. */
  readonly recent: readonly string[]
}

/** Result of a run. */
export interface ChaosResult {
  readonly seed: number
  readonly durationMs: number
  readonly oneReplica: boolean
  readonly shards: number
  readonly faults: number
  readonly actions: number
  /** Requests with an injected fault. */
  readonly faulted: number
  /** Checked changes of Secrets. */
  readonly steps: number
  readonly replicasStarted: number
  readonly convergedMs: number | undefined
  /** CPU time of the longest event loop turn. */
  readonly longestTurnMs: number
  readonly figures: { readonly before: ReplicaResources; readonly after: ReplicaResources } | undefined
  readonly violations: readonly ReportedViolation[]
}

/** Runs one seed to its end, or to the first broken rule. @throws Error when the environment cannot be started */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, durationMs, oneReplica = false, shards = 1, log } = options
  const stop = new AbortController()
  const timeline = new Timeline(log)
  const violations: ReportedViolation[] = []
  const onViolation = (violation: Violation): void => {
    violations.push({ ...violation, atMs: timeline.nowMs(), recent: timeline.recent() })
    stop.abort()
  }
  const context: RunContext = { signal: stop.signal, log, onViolation }
  log(`seed ${seed}: starting the environment`)
  const schedule = createSchedule(seed, durationMs, { oneReplica })
  const lagging = needsLaggingServer(schedule)
  await using environment = await openChaosEnvironment({
    onViolation,
    lagging,
    large: hasLargeObjects(seed),
    cascades: true,
    shards,
    replicas: shards + 1,
    ...(oneReplica ? SINGLE_REPLICA : {}),
  })
  await converge(environment, 'the first values', context)
  // The work of a shard changes with the others, and its memory with it.
  const before = stop.signal.aborted || shards > 1 ? undefined : await leaderStats(environment)

  const workload = createWorkload(seed, durationMs)
  const largeWorkload = createLargeWorkload(seed, durationMs)
  const actions = workload.length + largeWorkload.length
  log(`seed ${seed}: ${schedule.length} faults and ${actions} actions in ${durationMs / 1_000} s`)
  timeline.begin()
  const actionRuns = [workload, largeWorkload].map((plan) => runActions(environment, plan, timeline, context))
  const works = [...actionRuns, ...schedule.map((fault) => injectFault(environment, fault, timeline, context))]
  await allOf(works)

  const faulted = Object.values(environment.proxies).flatMap((proxy) => [...proxy.faulted.values()])
  if (!stop.signal.aborted) log('all faults are over; waiting for convergence')
  const convergedMs = stop.signal.aborted ? undefined : await converge(environment, 'everything', context)
  await expectNoWrites(environment, context)
  const outageMs = outageOf(seed)
  if (outageMs === undefined) await runForbidden(environment, context)
  else await runOutage(environment, outageMs, context)
  if (hasLargeObjects(seed)) await runBusyNeighbour(environment, context)
  if (oneReplica) expectNoRestart(environment, context)
  expectResponsiveEventLoop(environment, context)
  const after = before && !stop.signal.aborted ? await expectResourcesReleased(environment, before, context) : undefined
  if (violations.length > 0) printLogs(environment, log)
  return {
    seed,
    durationMs,
    oneReplica,
    shards,
    faults: schedule.length,
    actions,
    faulted: faulted.reduce((sum, count) => sum + count, 0),
    steps: environment.checker.steps,
    replicasStarted: environment.replicas.started,
    convergedMs,
    longestTurnMs: environment.replicas.longestTurnMs(),
    figures: before && after && { before, after },
    violations,
  }
}

/** Faults and actions with their times since the first fault. */
class Timeline {
  readonly #log: (line: string) => void
  readonly #lines: string[] = []
  #startMs = performance.now()

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  begin(): void {
    this.#startMs = performance.now()
  }

  nowMs(): number {
    return Math.round(performance.now() - this.#startMs)
  }

  note(line: string, isLogged: boolean): void {
    this.#lines.push(line)
    if (this.#lines.length > RECENT_LINES) this.#lines.shift()
    if (isLogged) this.#log(line)
  }

  /** Newest first. */
  recent(): readonly string[] {
    return this.#lines.toReversed()
  }

  async wait(untilMs: number, signal: AbortSignal): Promise<void> {
    await pause(Math.max(0, untilMs - this.nowMs()), undefined, { signal })
  }
}

/** Runs the actions one after the other. */
async function runActions(
  { driver }: ChaosEnvironment,
  workload: readonly PlannedAction[],
  timeline: Timeline,
  { signal }: RunContext,
): Promise<void> {
  for (const action of workload) {
    await timeline.wait(action.atMs, signal)
    timeline.note(`${(timeline.nowMs() / 1_000).toFixed(3)} s  people    ${describeAction(action)}`, false)
    await driver.do(action)
  }
  await driver.complete()
}

async function injectFault(
  environment: ChaosEnvironment,
  fault: ScheduledFault,
  timeline: Timeline,
  { signal, onViolation }: RunContext,
): Promise<void> {
  await timeline.wait(fault.atMs, signal)
  timeline.note(describeFault(fault), true)
  const end = await beginFault(environment, fault, onViolation)
  try {
    await timeline.wait(fault.atMs + fault.forMs, signal)
  } finally {
    await end()
  }
}

/** Prints the last log lines of the replicas. */
function printLogs({ replicas }: ChaosEnvironment, log: (line: string) => void): void {
  for (const { program } of replicas.running) {
    log(`replica ${program.pid}${replicas.leader()?.program === program ? ', which leads' : ''}:`)
    for (const line of program.lines.slice(-LOGGED_LINES)) log(`  ${line}`)
  }
}

/** Waits for all of them. @throws the first error that is not an abort */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works)
  const defect = ended.find(({ status, ...more }) => {
    const reason: unknown = 'reason' in more ? more.reason : undefined
    return status === 'rejected' && !(reason instanceof Error && reason.name === 'AbortError')
  })
  if (defect?.status === 'rejected') throw defect.reason
}
