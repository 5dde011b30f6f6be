import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import { encodeValue } from './internal/encode-value.ts'
import type { ChangePlan, ChangeStep } from './change-plan.ts'
import type {
  DeleteChange,
  PromoteChange,
  PutChange,
  RollbackChange,
  RotateChange,
  SecretChange,
} from './secret-change.ts'
import { checkTags, decideTag } from './internal/decide-tag.ts'
import { type Decision, deleted, isoDate, nameOf, refusal, steps } from './internal/decision.ts'
import { CURRENT, holderOf, isManagedType, type ObservedSecret, PREVIOUS } from './secret-state.ts'
import { checkVersionId, isLabel } from './version-id.ts'

/** What a plan is made with. */
export interface PlanContext {
  /** Version id for a change that names none. */
  readonly newVersionId: string
}

const NAME = /^[A-Za-z0-9_/+=.\-@]{1,192}$/
/** Alibaba Cloud KMS API reference, PutSecretValue: above it, KMS drops the oldest. */
const MAX_VERSIONS = 10
const RECOVERY_DAYS = { min: 7, max: 30 } as const

/**
 * What to do for a change. Pure: same input, same plan. Decides by metadata and version ids, never by a value.
 * @param observed undefined if there is no such secret
 */
export function planChange(
  change: SecretChange,
  observed: ObservedSecret | undefined,
  context: PlanContext,
): ChangePlan {
  try {
    checkName(change)
    const decision = decide(change, observed, context)
    return decision.kind === 'steps' ? { ...decision, change, observed } : { ...decision, change }
  } catch (error) {
    if (!(error instanceof SecretSyncError)) throw error
    return { kind: 'refused', change, error }
  }
}

function decide(change: SecretChange, observed: ObservedSecret | undefined, context: PlanContext): Decision {
  if (change.kind === 'put') return decidePut(change, observed, context)
  if (observed === undefined) throw refusal(change, 'NotFound', 'there is no such secret: check its name and region')
  switch (change.kind) {
    case 'promote':
      return decidePromote(change, writable(change, observed))
    case 'rollback':
      return decideRollback(change, writable(change, observed))
    case 'rotate':
      return decideRotate(change, observed, context)
    case 'delete':
      return decideDelete(change, observed)
    case 'restore':
      return decideRestore(change, observed)
    case 'tag':
      return decideTag(change, observed)
  }
}

function decidePut(change: PutChange, observed: ObservedSecret | undefined, { newVersionId }: PlanContext): Decision {
  encodeValue(change.value, nameOf(change))
  const versionId = checkVersionId(change.versionId ?? newVersionId)
  if (observed === undefined) {
    const { create = false, ifCurrent } = change
    if (create === false || ifCurrent !== undefined)
      throw refusal(change, 'NotFound', 'there is no such secret: create it, or check its name and region')
    checkTags(change, create.tags ?? {})
    return steps([{ action: 'CreateSecret', versionId, create }])
  }
  const { versions } = writable(change, observed)
  const put: ChangeStep = { action: 'PutSecretValue', versionId }
  const existing = versions.find((version) => version.versionId === versionId)
  const current = holderOf(observed, CURRENT)?.versionId
  checkCurrent(change, current)
  if (existing === undefined) {
    const oldest = versions.length >= MAX_VERSIONS ? droppedOf(observed) : undefined
    return steps([put], oldest === undefined ? [] : [`KMS drops the oldest version ${oldest}`])
  }
  const note = `version ${versionId} exists: this succeeds only if it holds the same value`
  if (existing.stages.includes(CURRENT)) return steps([put], [note])
  // KMS accepts the same value for a version id, but leaves the stages as they are.
  return steps([put, { action: 'UpdateSecretVersionStage', moveTo: versionId, from: current }], [note])
}

function decidePromote(change: PromoteChange, observed: ObservedSecret): Decision {
  const { versionId } = change
  const target = observed.versions.find((version) => version.versionId === versionId)
  if (target === undefined) {
    const known = observed.versions.map((version) => nameText(version.versionId)).join(', ')
    throw refusal(change, 'NotFound', `it has no version ${nameText(versionId)} (its versions: ${known})`)
  }
  const stage = checkStage(change)
  if (target.stages.includes(stage)) {
    return {
      kind: 'none',
      why: stage === CURRENT ? `version ${versionId} is current` : `version ${versionId} has stage ${stage}`,
    }
  }
  const move = {
    action: 'UpdateSecretVersionStage',
    moveTo: versionId,
    from: holderOf(observed, stage)?.versionId,
  } as const
  return steps([stage === CURRENT ? move : { ...move, stage }])
}

function decideRollback(change: RollbackChange, observed: ObservedSecret): Decision {
  const previous = holderOf(observed, PREVIOUS)
  if (previous === undefined)
    throw refusal(change, 'NotFound', 'it has no previous version: promote a version by its id')
  const from = holderOf(observed, CURRENT)?.versionId
  return steps([{ action: 'UpdateSecretVersionStage', moveTo: previous.versionId, from }])
}

function decideRotate(change: RotateChange, observed: ObservedSecret, { newVersionId }: PlanContext): Decision {
  const { type, plannedDeletionMs } = observed.description
  if (!isManagedType(type)) {
    throw refusal(change, 'InvalidSpec', 'KMS rotates managed types only, and it is Generic: put a new value instead')
  }
  if (plannedDeletionMs !== undefined) throw deleted(change, plannedDeletionMs)
  const versionId = checkVersionId(change.versionId ?? newVersionId)
  if (observed.versions.some((version) => version.versionId === versionId)) {
    return { kind: 'none', why: `version ${versionId} exists: it has been rotated` }
  }
  return steps([{ action: 'RotateSecret', versionId }])
}

function decideDelete(change: DeleteChange, observed: ObservedSecret): Decision {
  const { recoveryDays = RECOVERY_DAYS.max, force = false } = change
  const { min, max } = RECOVERY_DAYS
  if (force && change.recoveryDays !== undefined) {
    const why = 'recovery days: a secret that is deleted at once cannot be recovered'
    throw refusal(change, 'InvalidSpec', why, 'recoveryDays')
  }
  if (!Number.isInteger(recoveryDays) || recoveryDays < min || recoveryDays > max) {
    throw refusal(change, 'InvalidSpec', `recovery days: expected a whole number from ${min} to ${max}`, 'recoveryDays')
  }
  refuseManaged(change, observed)
  const { plannedDeletionMs } = observed.description
  if (plannedDeletionMs !== undefined) {
    // Whether KMS shortens a scheduled deletion is not documented.
    if (force) throw deleted(change, plannedDeletionMs)
    return { kind: 'none', why: `it is deleted at ${isoDate(plannedDeletionMs)} already` }
  }
  return steps([{ action: 'DeleteSecret', recoveryDays: force ? 'none' : recoveryDays }])
}

function decideRestore(change: SecretChange, observed: ObservedSecret): Decision {
  refuseManaged(change, observed)
  if (observed.description.plannedDeletionMs === undefined)
    return { kind: 'none', why: 'it is not scheduled for deletion' }
  return steps([{ action: 'RestoreSecret' }])
}

/** KMS keeps stages that begin with ACS for itself. */
function checkStage(change: PromoteChange): string {
  const { stage = CURRENT } = change
  if (stage === CURRENT || (isLabel(stage) && !stage.startsWith('ACS'))) return stage
  const why = 'stage: expected 1 to 64 letters, digits and _/+=.-@ that do not begin with ACS'
  throw refusal(change, 'InvalidSpec', why, 'stage')
}

/** A secret whose value and stages people may change. */
function writable(change: SecretChange, observed: ObservedSecret): ObservedSecret {
  refuseManaged(change, observed)
  const { plannedDeletionMs } = observed.description
  if (plannedDeletionMs !== undefined) throw deleted(change, plannedDeletionMs)
  return observed
}

function checkCurrent(change: PutChange, current: string | undefined): void {
  const { ifCurrent } = change
  if (ifCurrent === undefined || current === ifCurrent) return
  const what = current === undefined ? 'no version is current' : `version ${nameText(current)} is current`
  throw refusal(change, 'Conflict', `${what} instead of ${nameText(ifCurrent)}: another program has changed it`)
}

/** Whether a change is made to give readers another value. */
function isOfValue({ kind }: SecretChange): boolean {
  return kind === 'put' || kind === 'promote' || kind === 'rollback'
}

function refuseManaged(change: SecretChange, { description: { type } }: ObservedSecret): void {
  if (!isManagedType(type)) return
  const why = `it is of the managed type ${nameText(type)}: only KMS and its service write it`
  const instead = isOfValue(change) ? 'rotate it instead' : 'manage it in the console of KMS'
  throw refusal(change, 'InvalidSpec', `${why}; ${instead}`)
}

/** The version that KMS drops for a new one: the oldest without a stage, else the oldest that is not current. */
function droppedOf({ versions }: ObservedSecret): string | undefined {
  const oldestFirst = versions.toReversed().filter(({ stages }) => !stages.includes(CURRENT))
  return (oldestFirst.find(({ stages }) => stages.length === 0) ?? oldestFirst[0])?.versionId
}

function checkName(change: SecretChange): void {
  const { name } = change
  if (!NAME.test(name)) {
    const why = 'name: expected 1 to 192 letters, digits and _/+=.-@, and no ARN'
    throw new SecretSyncError('InvalidSpec', why, { facts: { field: 'name' } })
  }
  if (name.startsWith('acs/') && change.kind !== 'rotate' && change.kind !== 'tag') {
    throw refusal(
      change,
      'InvalidSpec',
      'names that begin with acs/ belong to managed secrets of Alibaba Cloud; rotate it instead',
      'name',
    )
  }
}
