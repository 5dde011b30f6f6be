import { timeText } from '@ack-secret-manager/core'
import type { ChangePlan, ChangeStep, ObservedSecret } from '@ack-secret-manager/kms-management'
import { tagText } from './tag-text.ts'

/** A plan that changes something. */
export type StepsPlan = Extract<ChangePlan, { readonly kind: 'steps' }>

/** A change in one sentence each, without the name of the secret. */
export interface ChangeText {
  /** What happens: `version v3 becomes ACSCurrent, v2 becomes ACSPrevious`. */
  readonly before: string
  /** What has happened: `version v3 is ACSCurrent, v2 is ACSPrevious`. */
  readonly after: string
}

const CURRENT = 'ACSCurrent'
const PREVIOUS = 'ACSPrevious'
const DAY_MS = 86_400_000

/** A plan for people. Pure. @param nowMs for the date of a deletion */
export function changeText({ steps, observed }: StepsPlan, nowMs: number): ChangeText {
  const [last] = steps.toReversed()
  if (last === undefined) throw new TypeError('a plan has steps')
  const current = holderOf(observed, CURRENT)
  switch (last.action) {
    case 'CreateSecret': {
      const rest = creationDetails(last)
      return {
        before: `does not exist: it is created with version ${last.versionId} as ${CURRENT}${rest}`,
        after: `created, version ${last.versionId} is ${CURRENT}`,
      }
    }
    case 'PutSecretValue':
      return stageMove(last.versionId, current)
    case 'UpdateSecretVersionStage':
      return stageMove(last.moveTo, last.from)
    case 'RotateSecret':
      return {
        before: `KMS rotates it now: version ${last.versionId} becomes ${CURRENT}${current === undefined ? '' : `, ${current} becomes ${PREVIOUS}`}`,
        after: `KMS rotates it, as version ${last.versionId}`,
      }
    case 'DeleteSecret':
      return deletion(last.recoveryDays, nowMs)
    case 'RestoreSecret': {
      const plannedMs = observed?.description.plannedDeletionMs
      const planned = plannedMs === undefined ? 'its deletion' : `its deletion on ${timeText(plannedMs)}`
      return { before: `${planned} is cancelled`, after: 'restored' }
    }
    case 'TagResource':
    case 'UntagResource':
    case 'UpdateSecret':
      return tagText(steps, observed?.description.tags)
  }
}

/** The version that a plan makes or makes current; undefined for other plans. */
export function newCurrentOf({ steps }: StepsPlan): string | undefined {
  const ids = steps.flatMap((step) => {
    if (step.action === 'UpdateSecretVersionStage') return step.moveTo
    return 'versionId' in step ? step.versionId : []
  })
  return ids.at(-1)
}

function stageMove(to: string, from: string | undefined): ChangeText {
  if (from === undefined) return { before: `version ${to} becomes ${CURRENT}`, after: `version ${to} is ${CURRENT}` }
  if (from === to) return { before: `version ${to} stays ${CURRENT}`, after: `version ${to} is ${CURRENT}` }
  return {
    before: `version ${to} becomes ${CURRENT}, ${from} becomes ${PREVIOUS}`,
    after: `version ${to} is ${CURRENT}, ${from} is ${PREVIOUS}`,
  }
}

function deletion(recoveryDays: number | 'none', nowMs: number): ChangeText {
  if (recoveryDays === 'none') return { before: 'is deleted now, and cannot be restored', after: 'deleted' }
  const date = timeText(nowMs + recoveryDays * DAY_MS).slice(0, 10)
  return {
    before: `cannot be read any more; it is deleted in ${recoveryDays} days, on ${date}, and can be restored until then`,
    after: `deletion scheduled for ${date}; acksm restore takes it back until then`,
  }
}

function creationDetails({ create }: Extract<ChangeStep, { readonly action: 'CreateSecret' }>): string {
  const { tags = {}, encryptionKeyId, kmsInstanceId } = create
  const details = [
    ...(encryptionKeyId === undefined ? [] : [`key ${encryptionKeyId}`]),
    ...(kmsInstanceId === undefined ? [] : [`instance ${kmsInstanceId}`]),
    ...Object.entries(tags).map(([key, value]) => `tag ${key}=${value}`),
  ]
  return details.length === 0 ? '' : ` (${details.join(', ')})`
}

function holderOf(observed: ObservedSecret | undefined, stage: string): string | undefined {
  return observed?.versions.find(({ stages }) => stages.includes(stage))?.versionId
}
