import { FairQueue } from './fair-queue.ts'
import { PRIORITY, type Priority } from './priority.ts'

/** How long reports wait for all other work. After that, every second turn is theirs. */
export const MAX_REPORT_WAIT_MS = 60_000

/**
 * Two queues: one for work, and one for reports, which are sent when no work waits. So a Secret waits for the status of another resource only
 * if the engine sends that status immediately. Groups take turns in each.
 */
export class WorkLanes {
  readonly #work: FairQueue
  readonly #reports: FairQueue
  /** When each report was added, the oldest first. */
  readonly #reportSinceMs = new Map<string, number>()
  /** Waiting keys whose Secret may be missing or outdated. */
  readonly #pressing = new Map<string, Priority>()
  #unsynced = 0
  #lastWasReport = false

  constructor(groupOf: (key: string) => string) {
    this.#work = new FairQueue(groupOf)
    this.#reports = new FairQueue(groupOf)
  }

  /** Number of keys, without reports. */
  get work(): number {
    return this.#work.size
  }

  /** Number of waiting reports. */
  get reports(): number {
    return this.#reports.size
  }

  get isEmpty(): boolean {
    return this.#work.size === 0 && this.#reports.size === 0
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
    if (priority === PRIORITY.report) {
      this.#reports.remove(key, 0)
      this.#reportSinceMs.delete(key)
      return
    }
    this.#work.remove(key, priority)
    this.#notPressing(key)
  }

  /** Removes and returns the next key. Groups that `mayHave` rejects keep their turn. */
  take(mayHave: (group: string) => boolean, nowMs: number): string | undefined {
    return this.#areReportsDue(nowMs)
      ? (this.#takeReport(mayHave) ?? this.#takeWork(mayHave))
      : (this.#takeWork(mayHave) ?? this.#takeReport(mayHave))
  }

  clear(): void {
    this.#work.clear()
    this.#reports.clear()
    this.#reportSinceMs.clear()
    this.#pressing.clear()
    this.#unsynced = 0
  }

  #areReportsDue(nowMs: number): boolean {
    const [sinceMs = Infinity] = this.#reportSinceMs.values()
    return !this.#lastWasReport && nowMs - sinceMs >= MAX_REPORT_WAIT_MS
  }

  #takeWork(mayHave: (group: string) => boolean): string | undefined {
    const key = this.#work.take(mayHave)
    if (key === undefined) return undefined
    this.#lastWasReport = false
    this.#notPressing(key)
    return key
  }

  #notPressing(key: string): void {
    if (this.#pressing.get(key) === PRIORITY.first) this.#unsynced -= 1
    this.#pressing.delete(key)
  }

  #takeReport(mayHave: (group: string) => boolean): string | undefined {
    const key = this.#reports.take(mayHave)
    if (key === undefined) return undefined
    this.#lastWasReport = true
    this.#reportSinceMs.delete(key)
    return key
  }
}
