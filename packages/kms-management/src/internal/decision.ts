import { SecretSyncError } from '@ack-secret-manager/core'
import type { ChangePlan, ChangeStep } from '../change-plan.ts'
import type { SecretChange } from '../secret-change.ts'

/** A plan before it has its change. */
export type Decision = Omit<Extract<ChangePlan, { kind: 'none' }>, 'change'> | StepsDecision

interface StepsDecision {
  readonly kind: 'steps'
  readonly steps: readonly ChangeStep[]
  readonly notes: readonly string[]
}

export function steps(list: readonly ChangeStep[], notes: readonly string[] = []): StepsDecision {
  return { kind: 'steps', steps: list, notes }
}

export function deleted(change: SecretChange, plannedMs: number): SecretSyncError {
  return refusal(change, 'Conflict', `it is scheduled for deletion at ${isoDate(plannedMs)}: restore it first`)
}

export function isoDate(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

export function nameOf({ name }: SecretChange): string {
  return `KMS secret ${JSON.stringify(name)}`
}

export function refusal(
  change: SecretChange,
  code: 'NotFound' | 'InvalidSpec' | 'Conflict',
  why: string,
  field?: string,
): SecretSyncError {
  return new SecretSyncError(code, `${nameOf(change)}: ${why}`, field === undefined ? {} : { facts: { field } })
}
