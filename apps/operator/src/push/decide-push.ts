import { SecretSyncError, type Sensitive } from '@ack-secret-manager/core'
import { holderOf, isManagedType, type ObservedSecret, type SecretChange } from '@ack-secret-manager/kms-management'
import { OWNER_TAG } from './owner-tag.ts'
import { matchVersions } from './push-version.ts'

/** The desired state of one KMS secret. */
export interface PushTarget {
  /** Name of the KMS secret. */
  readonly name: string
  readonly value: Sensitive<string | Uint8Array>
  /** Stages besides `ACSCurrent`. */
  readonly stages: readonly string[]
  readonly updatePolicy: 'Replace' | 'IfNotExists'
  /** Value of the ownership tag. */
  readonly owner: string
  readonly description: string
  /** Key of its version ids. */
  readonly versionKey: Uint8Array
}

/** The next call for a KMS secret. */
export type PushStep =
  /** KMS has the value, or `IfNotExists` keeps the existing one. */
  | { readonly kind: 'done'; readonly state: 'Pushed' | 'Kept'; readonly versionId: string | undefined }
  | { readonly kind: 'change'; readonly change: SecretChange }
  | { readonly kind: 'refuse'; readonly error: SecretSyncError }

/**
 * Decides the next step by tags, stages and version ids, never by a value that KMS holds. After each step the secret is observed again,
 * so that the next run can continue an interrupted one. Pure: same input, same step.
 * @param observed undefined if there is no such secret
 */
export function decidePush(target: PushTarget, observed: ObservedSecret | undefined): PushStep {
  const { name, owner, updatePolicy, stages, value } = target
  const { current, latest, next } = matchVersions(observed, bytesOf(value), target.versionKey)
  if (observed === undefined) {
    const create = { tags: { [OWNER_TAG]: owner }, description: target.description }
    return change({ kind: 'put', name, value, versionId: next, create })
  }
  const { type, plannedDeletionMs } = observed.description
  const isOwned = isOwnedBy(observed, owner)
  if (plannedDeletionMs !== undefined)
    return isOwned ? change({ kind: 'restore', name }) : refuse(conflict(target, observed))
  if (updatePolicy === 'IfNotExists' && !(isOwned && current !== undefined)) {
    return { kind: 'done', state: 'Kept', versionId: holderOf(observed, 'ACSCurrent')?.versionId }
  }
  if (isManagedType(type)) return refuse(managed(name, type))
  if (!isOwned) return refuse(conflict(target, observed))
  if (current === undefined) {
    // Another program made another version current, perhaps to roll back.
    if (latest !== undefined) return change({ kind: 'promote', name, versionId: latest })
    return change({ kind: 'put', name, value, versionId: next })
  }
  const missing = stages.find((stage) => holderOf(observed, stage)?.versionId !== current)
  if (missing !== undefined) return change({ kind: 'promote', name, versionId: current, stage: missing })
  return { kind: 'done', state: 'Pushed', versionId: current }
}

/** Whether the PushSecret with this tag value created a secret, or was handed it over. */
export function isOwnedBy({ description: { tags = {} } }: ObservedSecret, owner: string): boolean {
  return Object.hasOwn(tags, OWNER_TAG) && tags[OWNER_TAG] === owner
}

function change(of: SecretChange): PushStep {
  return { kind: 'change', change: of }
}

function refuse(error: SecretSyncError): PushStep {
  return { kind: 'refuse', error }
}

function managed(name: string, type: string): SecretSyncError {
  const why = `it is of the managed type ${type}, whose values only KMS writes; choose another key`
  return new SecretSyncError('InvalidSpec', `KMS secret ${JSON.stringify(name)}: ${why}`)
}

/** Describes the owner of a secret that the PushSecret with the tag value `owner` does not own. */
export function ownerFound({ description: { tags = {} } }: ObservedSecret, owner: string): string {
  const found = Object.hasOwn(tags, OWNER_TAG) ? tags[OWNER_TAG] : undefined
  if (found === undefined) return `it was not created by a PushSecret (it has no tag ${OWNER_TAG})`
  // The message must not quote the tag, because it may name another tenant.
  return withoutCluster(found) === withoutCluster(owner)
    ? `its tag ${OWNER_TAG} differs in the cluster only: another cluster owns it, or this one has lost its former digest key`
    : `its tag ${OWNER_TAG} names another PushSecret`
}

function withoutCluster(owner: string): string {
  return owner.slice(owner.indexOf('/'))
}

function conflict({ name, owner }: PushTarget, observed: ObservedSecret): SecretSyncError {
  const { plannedDeletionMs } = observed.description
  const found = ownerFound(observed, owner)
  const window = plannedDeletionMs === undefined ? '' : ', and it is scheduled for deletion'
  const overwrite = Object.hasOwn(observed.description.tags ?? {}, OWNER_TAG) ? ' --overwrite' : ''
  const cure = `choose another key, or hand it over: acksm tag ${name} ${OWNER_TAG}=${owner}${overwrite}`
  return new SecretSyncError('TargetConflict', `KMS secret ${JSON.stringify(name)}: ${found}${window}; ${cure}`)
}

function bytesOf(value: PushTarget['value']): Uint8Array {
  const plain = value.expose()
  return typeof plain === 'string' ? new TextEncoder().encode(plain) : plain
}
