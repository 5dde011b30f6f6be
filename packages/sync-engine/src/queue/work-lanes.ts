import { FairQueue } from './fair-queue.ts'
import { PRIORITY, type Priority } from './priority.ts'

/** How long reports wait for all other work. After that, every second turn is theirs. */
export const MAX_REPORT_WAIT_MS = 60_000

export interface TakeOptions {
  /** Whether work of the group may start. */
  readonly mayWork: (group: string) => boolean
  /** Whether a report of the group may start; undefined if none may. */
  readonly mayReport: ((group: string) => boolean) | undefined
  readonly nowMs: number
}

/**
 * Three queues: one for work, one for reports, which are sent when no work waits, and one for urgent reports, which have every second turn. So a
 * Secret waits for the status of another resource only if that status must not wait. Groups take turns in each.
 */
export class WorkLanes {
  readonly #work: FairQueue
  readonly #urgent: FairQueue
  readonly #reports: FairQueue
  /** When each report that is not urgent was added, the oldest first. */
  readonly #reportSinceMs = new Map<string, number>()
  /** Waiting keys whose Secret may be missing or outdated. */
  readonly #pressing = new Map<string, Priority>()
  #unsynced = 0
  #lastWasReport = false
  #lastReportWasUrgent = false

  constructor(groupOf: (key: string) => string) {
    this.#work = new FairQueue(groupOf)
    this.#urgent = new FairQueue(groupOf)
    this.#reports = new FairQueue(groupOf)
  }

  /** Number of keys, without reports. */
  get work(): number {
    return this.#work.size
  }

  /** Number of waiting reports. */
  get reports(): number {
    return this.#urgent.size + this.#reports.size
  }

  get isEmpty(): boolean {
    return this.#work.size === 0 && this.reports === 0
  }

  /** Whether a Secret may be missing or outdated. */
  get hasPressingWork(): boolean {
    return this.#pressing.size > 0
  }

  /** Number of waiting keys that were never synced. */
  get unsynced(): number {
    return this.#unsynced
  }

  /** The key must not be waiting. */
  add(key: string, priority: Priority, nowMs: number): void {
    if (priority === PRIORITY.urgentReport) return this.#urgent.add(key, 0)
    if (priority === PRIORITY.report) {
      this.#reports.add(key, 0)
      this.#reportSinceMs.set(key, nowMs)
      return
    }
    this.#work.add(key, priority)
    if (priority < PRIORITY.routine) this.#pressing.set(key, priority)
    if (priority === PRIORITY.first) this.#unsynced += 1
  }

  /** The key must be waiting at this priority. */
  remove(key: string, priority: Priority): void {
    if (priority === PRIORITY.urgentReport) return this.#urgent.remove(key, 0)
    if (priority === PRIORITY.report) {
      this.#reports.remove(key, 0)
      this.#reportSinceMs.delete(key)
      return
    }
    this.#work.remove(key, priority)
    this.#notPressing(key)
  }

  /** Removes and returns the next key. Groups that may not start keep their turn. */
  take({ mayWork, mayReport, nowMs }: TakeOptions): string | undefined {
    return (
      this.#takeDueReport(mayReport, nowMs) ??
      this.#takeWork(mayWork) ??
      this.#takeUrgent(mayReport) ??
      this.#takeReport(mayReport)
    )
  }

  clear(): void {
    this.#work.clear()
    this.#urgent.clear()
    this.#reports.clear()
    this.#reportSinceMs.clear()
    this.#pressing.clear()
    this.#unsynced = 0
  }

  /** Urgent reports and those that have waited long take turns. */
  #takeDueReport(mayReport: TakeOptions['mayReport'], nowMs: number): string | undefined {
    if (this.#lastWasReport) return undefined
    const [sinceMs = Infinity] = this.#reportSinceMs.values()
    if (nowMs - sinceMs < MAX_REPORT_WAIT_MS) return this.#takeUrgent(mayReport)
    return this.#lastReportWasUrgent
      ? (this.#takeReport(mayReport) ?? this.#takeUrgent(mayReport))
      : (this.#takeUrgent(mayReport) ?? this.#takeReport(mayReport))
  }

  #takeWork(mayWork: TakeOptions['mayWork']): string | undefined {
    const key = this.#work.take(mayWork)
    if (key === undefined) return undefined
    this.#lastWasReport = false
    this.#notPressing(key)
    return key
  }

  #notPressing(key: string): void {
    if (this.#pressing.get(key) === PRIORITY.first) this.#unsynced -= 1
    this.#pressing.delete(key)
  }

  #takeUrgent(mayReport: TakeOptions['mayReport']): string | undefined {
    const key = mayReport && this.#urgent.take(mayReport)
    if (key === undefined) return undefined
    this.#lastWasReport = true
    this.#lastReportWasUrgent = true
    return key
  }

  #takeReport(mayReport: TakeOptions['mayReport']): string | undefined {
    const key = mayReport && this.#reports.take(mayReport)
    if (key === undefined) return undefined
    this.#lastWasReport = true
    this.#lastReportWasUrgent = false
    this.#reportSinceMs.delete(key)
    return key
  }
}
