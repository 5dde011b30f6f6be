import type { ClockTimer } from '@ack-secret-manager/core'
import { PRIORITY, type Priority } from './priority.ts'

/** State of a key of a `WorkQueue`. */
export interface WorkItem {
  /** Group in which the key is queued or processed. A change of the group applies when the key is added again. */
  group: string
  /** Priority while queued; undefined otherwise. */
  waiting: Priority | undefined
  processing: boolean
  /** Whether it has a worker; `lent` while its work does not need one. */
  worker: 'none' | 'held' | 'lent'
  /** Whether its report is being sent. */
  isReporting: boolean
  /** The promise of `process` until it settles, which may be long after its abort. */
  work: Promise<void> | undefined
  /** Added again during processing. */
  dirty: Priority | undefined
  addedMs: number
  failures: number
  /** Time of the first of these failures. */
  failingSinceMs: number
  /** End of the pause after the last failure. */
  retryDueMs: number
  timer: ClockTimer | undefined
  timerDueMs: number
  timerPriority: Priority
  /** Called when the processing has ended, see `WorkQueue.drop`. */
  onEnd: (() => void) | undefined
}

export function newWorkItem(): WorkItem {
  return {
    group: '',
    waiting: undefined,
    processing: false,
    worker: 'none',
    isReporting: false,
    work: undefined,
    dirty: undefined,
    addedMs: 0,
    failures: 0,
    failingSinceMs: 0,
    retryDueMs: -Infinity,
    timer: undefined,
    timerDueMs: 0,
    timerPriority: PRIORITY.routine,
    onEnd: undefined,
  }
}
