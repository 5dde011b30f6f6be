import {
  type RestartDelay,
  type RestartResult,
  SecretSyncError,
  timeText,
  type WorkloadRef,
} from '@ack-secret-manager/core'
import type { SyncEvent } from '../report/event.ts'
import { workloadName } from './restart-request.ts'

type Workload = Pick<WorkloadRef, 'kind' | 'name'>

/** The event of a restart that took place, or of a workload that does not exist. @param secret name of the changed Secret */
export function restartEvent({ kind, name }: Workload, secret: string, result: RestartResult): SyncEvent | undefined {
  if (result.kind === 'absent') {
    const message = `${kind} ${name} does not exist: nothing to restart; correct spec.restart`
    return { type: 'Warning', reason: 'RestartFailed', message }
  }
  if (result.kind !== 'restarted') return undefined
  const note = result.note === undefined ? '' : `; ${result.note}`
  const message = `${kind} ${name} restarted because Secret ${secret} changed${note}`
  return { type: note === '' ? 'Normal' : 'Warning', reason: 'Restarted', message }
}

/** The event of a failed attempt. */
export function restartFailure({ kind, name }: Workload, secret: string, error: SecretSyncError): SyncEvent {
  const message = `${kind} ${name} still uses the previous value of Secret ${secret}: ${error.message}`
  return { type: 'Warning', reason: 'RestartFailed', message }
}

/** Why a restart waits for a rollout, for the log. */
export function haltedRestart(workload: WorkloadRef, delay: RestartDelay): SecretSyncError {
  return new SecretSyncError('Conflict', `restart of ${workloadName(workload)} waits: ${delayText(delay)}`)
}

/** The event of a restart that waits. */
export function delayEvent({ kind, name }: Workload, secret: string, delay: RestartDelay): SyncEvent {
  const message = `${kind} ${name} still uses the previous value of Secret ${secret}: ${delayText(delay)}`
  return delay.reason === 'rollout'
    ? { type: 'Warning', reason: 'RestartHalted', message }
    : { type: 'Normal', reason: 'RestartDelayed', message }
}

/** Why a restart waits, and what ends it. */
export function delayText(delay: RestartDelay): string {
  if (delay.reason === 'rollout') {
    const rollout = delay.rollout === 'failed' ? 'has failed' : 'does not finish'
    return `its rollout ${rollout}; once it is repaired or undone, the restart follows`
  }
  const when = delay.untilMs === undefined ? 'never' : `at ${timeText(delay.untilMs)}`
  const why = delay.reason === 'window' ? 'when its window opens' : 'after minInterval'
  return `it restarts ${why}, ${when}`
}
