import { nameText, SecretSyncError } from '@ack-secret-manager/core'
import { encodeValue } from './internal/encode-value.ts'
import type {
  DeleteChange,
  NewSecret,
  PromoteChange,
  PutChange,
  RollbackChange,
  RotateChange,
  SecretChange,
  TagChange,
} from './secret-change.ts'
import { CURRENT, holderOf, isManagedType, type ObservedSecret, PREVIOUS } from './secret-state.ts'
import { checkVersionId } from './version-id.ts'

/** One call that a plan makes. It holds no value. */
export type ChangeStep =
  | { readonly action: 'CreateSecret'; readonly versionId: string; readonly create: NewSecret }
  | { readonly action: 'PutSecretValue'; readonly versionId: string }
  | { readonly action: 'UpdateSecretVersionStage'; readonly moveTo: string; readonly from: string | undefined }
  | { readonly action: 'RotateSecret'; readonly versionId: string }
  | { readonly action: 'DeleteSecret'; readonly recoveryDays: number | 'none' }
  | { readonly action: 'RestoreSecret' }
  | { readonly action: 'TagResource'; readonly tags: Readonly<Record<string, string>> }
  | { readonly action: 'UntagResource'; readonly keys: readonly string[] }

/** What a change comes to. */
export type ChangePlan =
  | { readonly kind: 'none'; readonly change: SecretChange; readonly why: string }
  | { readonly kind: 'refused'; readonly change: SecretChange; readonly error: SecretSyncError }
  | {
      readonly kind: 'steps'
      readonly change: SecretChange
      readonly steps: readonly ChangeStep[]
      /** The secret that the plan was made for; undefined if there is none. */
      readonly observed: ObservedSecret | undefined
      /** Consequences that a person should know before: `drops the oldest version v1`. */
      readonly notes: readonly string[]
    }

/** What a plan is made with. */
export interface PlanContext {
  /** Version id for a change that names none. */
  readonly newVersionId: string
}

type Decision = Omit<Extract<ChangePlan, { kind: 'none' }>, 'change'> | StepsDecision
interface StepsDecision {
  readonly kind: 'steps'
  readonly steps: readonly ChangeStep[]
  readonly notes: readonly string[]
}

const NAME = /^[A-Za-z0-9_/+=.\-@]{1,192}$/
/** Alibaba Cloud KMS API reference, PutSecretValue: above it, KMS drops the oldest. */
const MAX_VERSIONS = 10
const RECOVERY_DAYS = { min: 7, max: 30 } as const
const TAG_LENGTH = 256
const MAX_TAGS = 20
const RESERVED_TAG = /^(?:aliyun|acs:)/

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
  if (target.stages.includes(CURRENT)) return { kind: 'none', why: `version ${versionId} is current` }
  return steps([
    { action: 'UpdateSecretVersionStage', moveTo: versionId, from: holderOf(observed, CURRENT)?.versionId },
  ])
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
  if (force) return steps([{ action: 'DeleteSecret', recoveryDays: 'none' }], ['it cannot be restored'])
  return steps([{ action: 'DeleteSecret', recoveryDays }], [`it can be restored for ${recoveryDays} days`])
}

function decideRestore(change: SecretChange, observed: ObservedSecret): Decision {
  refuseManaged(change, observed)
  if (observed.description.plannedDeletionMs === undefined)
    return { kind: 'none', why: 'it is not scheduled for deletion' }
  return steps([{ action: 'RestoreSecret' }])
}

function decideTag(change: TagChange, observed: ObservedSecret): Decision {
  const { tags: before = {} } = writable(change, observed).description
  const { set = {}, remove = [] } = change
  checkTags(change, set)
  const changed = Object.entries(set).filter(([key, value]) => before[key] !== value)
  const keys = remove.filter((key) => Object.hasOwn(before, key) && !Object.hasOwn(set, key))
  const after = new Set([...Object.keys(before).filter((key) => !keys.includes(key)), ...Object.keys(set)])
  if (after.size > MAX_TAGS)
    throw refusal(change, 'InvalidSpec', `it would have ${after.size} tags, KMS takes ${MAX_TAGS}`, 'tags')
  if (changed.length === 0 && keys.length === 0) return { kind: 'none', why: 'its tags are so already' }
  return steps([
    // First those that go, because KMS counts the tags at each call.
    ...(keys.length === 0 ? [] : [{ action: 'UntagResource', keys } as const]),
    ...(changed.length === 0 ? [] : [{ action: 'TagResource', tags: Object.fromEntries(changed) } as const]),
  ])
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
  // Rotation is the one change that is made for managed secrets.
  if (name.startsWith('acs/') && change.kind !== 'rotate') {
    throw refusal(
      change,
      'InvalidSpec',
      'names that begin with acs/ belong to managed secrets of Alibaba Cloud; rotate it instead',
      'name',
    )
  }
}

function checkTags(change: SecretChange, tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS) throw refusal(change, 'InvalidSpec', `tags: expected at most ${MAX_TAGS}`, 'tags')
  for (const [key, value] of entries) {
    if (key === '' || key.length > TAG_LENGTH || value.length > TAG_LENGTH || RESERVED_TAG.test(key)) {
      const why = `tags: keys and values have at most ${TAG_LENGTH} characters, and keys do not begin with aliyun or acs:`
      throw refusal(change, 'InvalidSpec', why, 'tags')
    }
  }
}

function steps(list: readonly ChangeStep[], notes: readonly string[] = []): StepsDecision {
  return { kind: 'steps', steps: list, notes }
}

function deleted(change: SecretChange, plannedMs: number): SecretSyncError {
  return refusal(
    change,
    'Conflict',
    `it is scheduled for deletion at ${isoDate(plannedMs)}: restore it first with acksm restore NAME`,
  )
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function nameOf({ name }: SecretChange): string {
  return `KMS secret ${JSON.stringify(name)}`
}

function refusal(
  change: SecretChange,
  code: 'NotFound' | 'InvalidSpec' | 'Conflict',
  why: string,
  field?: string,
): SecretSyncError {
  return new SecretSyncError(code, `${nameOf(change)}: ${why}`, field === undefined ? {} : { facts: { field } })
}
