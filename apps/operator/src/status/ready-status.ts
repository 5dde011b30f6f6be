import { timeText } from '@ack-secret-manager/core'
import { isDeepStrictEqual } from 'node:util'
import { type Condition, readyOf } from '@ack-secret-manager/resources'

/** A status to write, and its event. */
export interface StatusChange {
  /** A merge patch. */
  readonly status: object
  readonly event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string } | undefined
}

/** What the Ready condition says. */
export type Readiness = Pick<Condition, 'status' | 'reason' | 'message'>

interface Status {
  readonly conditions: readonly Condition[]
}

const MAX_MESSAGE = 1_024

/** The status with its Ready condition as the only one, or undefined if `old` is equal but for the time. Pure. */
export function readyStatus(
  content: { readonly observedGeneration: number; readonly [field: string]: unknown },
  readiness: Readiness,
  { old, nowMs }: { readonly old: Status | undefined; readonly nowMs: number },
): StatusChange | undefined {
  const { observedGeneration } = content
  const before = readyOf(old)
  const ready = { type: 'Ready', ...readiness, message: readiness.message.slice(0, MAX_MESSAGE), observedGeneration }
  if (old && isDeepStrictEqual({ ...content, conditions: [ready] }, withoutTime(old))) return undefined
  const since = before?.status === ready.status ? before.lastTransitionTime : undefined
  const condition = { ...ready, lastTransitionTime: since ?? timeText(nowMs) }
  return { status: { ...content, conditions: [condition] }, event: eventOf(ready, before) }
}

/** Number of objects by the status of their Ready condition. */
export function countByReady(
  objects: Iterable<{ readonly status: Status | undefined }>,
): Readonly<Record<Condition['status'], number>> {
  const ready = { True: 0, False: 0, Unknown: 0 }
  for (const { status } of objects) ready[readyOf(status)?.status ?? 'Unknown'] += 1
  return ready
}

function withoutTime({ conditions, ...rest }: Status): unknown {
  const [{ lastTransitionTime: _time, ...ready } = {}, ...others] = conditions
  return { ...rest, conditions: [ready, ...others] }
}

/** Progress gets no event, and neither does a failure that spreads to other objects. */
function eventOf(ready: Readiness, before: Condition | undefined): StatusChange['event'] {
  const { status, reason, message } = ready
  const isNews = before?.status !== status || before.reason !== reason
  if (status === 'False' && isNews) return { type: 'Warning', reason, message }
  return status === 'True' && before?.status === 'False' ? { type: 'Normal', reason, message } : undefined
}
