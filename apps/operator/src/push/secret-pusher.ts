import { isSecretSyncError, SecretSyncError } from '@ack-secret-manager/core'
import { type KmsManagement, planChange, type SecretChange } from '@ack-secret-manager/kms-management'
import { decideDeletion, type DeletionTarget } from './decide-deletion.ts'
import { decidePush, type PushTarget } from './decide-push.ts'

/** The calls that a push makes. */
export interface PushClient extends Pick<KmsManagement, 'observe' | 'apply'> {
  /** Waits until the quota allows this number of calls. */
  readonly reserve: (calls: number) => Promise<void>
}

/** Calls of an observation: the description and the versions. */
export const OBSERVE_CALLS = 2

export interface PushOptions {
  /** Called before each change, and before each of its calls to KMS. @throws to prevent them */
  readonly beforeChange: () => void
  /** Aborts waits, and observations before the first change. */
  readonly signal: AbortSignal
  /** Aborts changes and later observations. @default signal */
  readonly changeSignal?: AbortSignal
}

/** The result of a push. */
export interface PushResult {
  readonly state: 'Pushed' | 'Kept'
  readonly versionId: string | undefined
  readonly isChanged: boolean
  /** Side effects in KMS: `KMS drops the oldest version acksm-1-…`. */
  readonly notes: readonly string[]
}

/** Restore, put, and one move for each stage; a conflict repeats a step. */
const MAX_STEPS = 12
/** Limit of conflicts with other programs during one push. */
const MAX_CONFLICTS = 3
/** Placeholder, because all changes here name their version id. */
const CONTEXT = { newVersionId: 'unused' }

/**
 * Makes a KMS secret hold a value. Each step may be repeated, by this or another process.
 * @throws SecretSyncError
 */
export async function pushSecret(kms: PushClient, target: PushTarget, options: PushOptions): Promise<PushResult> {
  const notes: string[] = []
  let isChanged = false
  const state = await repeat(
    kms,
    target.name,
    options,
    (observed) => {
      const step = decidePush(target, observed)
      if (step.kind === 'refuse') throw step.error
      return step.kind === 'change' ? { change: step.change } : { done: step }
    },
    (made) => {
      isChanged = true
      notes.push(...made)
    },
  )
  return { state: state.state, versionId: state.versionId, isChanged, notes }
}

export interface DeletionResult {
  readonly isChanged: boolean
  /** Why the secret is kept: another owner has it. */
  readonly left?: string
}

/** Schedules the deletion of a KMS secret, unless it has another owner. */
export async function deleteSecret(
  kms: PushClient,
  target: DeletionTarget,
  options: PushOptions,
): Promise<DeletionResult> {
  let isChanged = false
  const done = await repeat(
    kms,
    target.name,
    options,
    (observed) => {
      const step = decideDeletion(target, observed)
      return step.kind === 'change' ? { change: step.change } : { done: step }
    },
    () => {
      isChanged = true
    },
  )
  return { isChanged, ...(done.state === 'foreign' ? { left: done.why } : {}) }
}

type Observed = Awaited<ReturnType<PushClient['observe']>>
type Next<Done> =
  | { readonly change: SecretChange; readonly done?: never }
  | { readonly done: Done; readonly change?: never }

/** Observes, decides and changes until nothing is left to do. */
async function repeat<Done>(
  kms: PushClient,
  name: string,
  { beforeChange, signal, changeSignal = signal }: PushOptions,
  decide: (observed: Observed) => Next<Done>,
  onChange: (notes: readonly string[]) => void,
): Promise<Done> {
  let conflicts = 0
  let observeSignal = signal
  for (let step = 0; step < MAX_STEPS; step += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each step depends on the one before
    const observed = await kms.observe(name, { signal: observeSignal })
    const next = decide(observed)
    if (next.change === undefined) return next.done
    const plan = planChange(next.change, observed, CONTEXT)
    if (plan.kind === 'refused') throw plan.error
    // Checked before the reservation, so that a prevented change does not use the quota.
    beforeChange()
    // oxlint-disable-next-line no-await-in-loop -- as above
    await kms.reserve(OBSERVE_CALLS + (plan.kind === 'steps' ? plan.steps.length : 0))
    // Checked again after the wait.
    beforeChange()
    try {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await kms.apply(plan, { signal: changeSignal, beforeCall: beforeChange })
      // A change must be reported, so from here on only `changeSignal` ends the run.
      observeSignal = changeSignal
      onChange(plan.kind === 'steps' ? plan.notes : [])
    } catch (error) {
      // Another program has changed the secret: the next step is decided from its new state.
      if (!isSecretSyncError(error) || error.code !== 'Conflict' || ++conflicts > MAX_CONFLICTS) throw error
    }
  }
  throw new SecretSyncError(
    'Conflict',
    `KMS secret ${JSON.stringify(name)}: another program keeps changing it; trying again later`,
  )
}
