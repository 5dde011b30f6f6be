import { randomBytes } from 'node:crypto'
import { defined, isSecretSyncError, SecretSyncError, type SweepFacts, sweepPages } from '@ack-secret-manager/core'
import { type ListFilter, matcherOf, serverFilter, TAG_FILTER_LIMIT } from './internal/list-filter.ts'
import { type KmsManagementOptions, ManagementCalls, type OperationOptions } from './internal/management-calls.ts'
import type { Page } from './internal/responses.ts'
import { PAGE_SIZE, SecretReader } from './internal/secret-reader.ts'
import { isDone, requestOf } from './internal/step-request.ts'
import { planChange } from './plan-change.ts'
import type { ChangePlan, ChangeStep } from './change-plan.ts'
import type { SecretChange } from './secret-change.ts'
import {
  CURRENT,
  holderOf,
  type InstanceQuota,
  isManagedType,
  type ObservedSecret,
  type SecretDescription,
  type SecretSummary,
  type VersionSummary,
} from './secret-state.ts'
import { newVersionId } from './version-id.ts'

/** Options of {@link KmsManagement.listSecrets}. */
export interface ListSecretsOptions extends ListFilter {
  /** Fetch tags. @default true if `tags` is given, else false */
  readonly withTags?: boolean
  /** Describe each managed secret for its rotation, which a list does not tell. @default false */
  readonly withRotation?: boolean
  /** Called for each page. */
  readonly onPage?: (progress: ListProgress) => void
  /** Called with `withRotation` for a managed secret whose rotation the identity may not read; it is given without. */
  readonly onRotationDenied?: (error: SecretSyncError) => void
  /** Called at the end if the list kept changing while it was read, so that a secret may be missing. */
  readonly onUnsettled?: (facts: ListUnsettled) => void
  /** Deadline of the whole list with its rotations. @default each call has that of an operation */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

/** How much of a list has been read. */
export interface ListProgress {
  /** Secrets that have been read, those that do not match included. */
  readonly read: number
  /** Secrets that there are by the last page. */
  readonly total: number
}

/** See {@link ListSecretsOptions.onUnsettled}. */
export type ListUnsettled = SweepFacts

/** What {@link KmsManagement.apply} did. */
export interface ApplyOutcome {
  /** False if everything was so already. */
  readonly changed: boolean
  readonly plan: ChangePlan
}

/**
 * What is known of a step. `sent`: KMS may have done it, until a later state says so or not. `done`: KMS has done it. `refused`: KMS has
 * not done it.
 */
export type StepState = 'sent' | 'done' | 'refused'

/** Options of {@link KmsManagement.apply}. */
export interface ApplyOptions extends ManagementOptions {
  /** Called for each state of each step. After a failure, the last state tells whether KMS may have done the step. */
  readonly onStep?: (step: ChangeStep, state: StepState) => void
  /** Called right before each call that changes the secret, also before a repeated one. @throws to send nothing more */
  readonly beforeCall?: () => void
}

/** Options of one operation. */
export interface ManagementOptions {
  /** Deadline of this operation, if it is sooner than that of the client. @default that of the client */
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

interface StepOptions extends Required<Pick<ApplyOptions, 'beforeCall'>> {
  readonly change: SecretChange
  readonly signal: AbortSignal
  readonly onState: (state: StepState) => void
}

type StepsPlan = Extract<ChangePlan, { readonly kind: 'steps' }>

const MAX_SWEEPS = 3
/** Descriptions at once; they share the quota of reads. */
const DESCRIBE_AT_ONCE = 8

/**
 * Manages the secrets of an account and region: lists, describes, writes, rotates, deletes, restores. The official SDK only names the
 * parameters; `OpenApiClient` sends them. Reads metadata only, never a value. Errors are SecretSyncError with the name of the secret and
 * what to do.
 */
export class KmsManagement implements AsyncDisposable {
  readonly #calls: ManagementCalls
  readonly #reader: SecretReader

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer */
  constructor(options: KmsManagementOptions) {
    this.#calls = new ManagementCalls(options)
    this.#reader = new SecretReader(this.#calls)
  }

  /**
   * All secrets that match, each once, as their pages arrive. Includes those that are scheduled for deletion unless the filter
   * says otherwise. A secret that is not in one list may still exist: describe it before concluding that it is gone.
   */
  async *listSecrets(options: ListSecretsOptions): AsyncGenerator<SecretSummary, void, undefined> {
    const { signal, tags, withTags = tags !== undefined, withRotation = false, onUnsettled, timeoutMs } = options
    const within = this.#until({ signal, ...defined({ timeoutMs }) })
    const isWanted = matcherOf(options)
    const hint = serverFilter(options)
    const page = (number: number, filters: string | undefined): Promise<Page<SecretSummary>> =>
      this.#calls.within(`listing secrets at ${this.#calls.endpoint}`, within, (each) =>
        this.#reader.listPage({ number, withTags, filters }, each),
      )
    // The server cuts what it filters by tags; a list that may be cut is read unfiltered.
    const filters = hint !== undefined && (await page(1, hint)).total < TAG_FILTER_LIMIT ? hint : undefined
    const all = sweepPages({
      page: async (cursor = '1') => {
        const { items, total } = await page(Number(cursor), filters)
        // KMS has no mark of the last page: it is a short one.
        return { items, total, next: items.length < PAGE_SIZE ? undefined : String(Number(cursor) + 1) }
      },
      maxSweeps: MAX_SWEEPS,
      onPage: (progress) => options.onPage?.(progress),
      onUnsettled: (facts) => onUnsettled?.(facts),
    })
    let batch: SecretSummary[] = []
    for await (const secret of all) {
      if (!isWanted(secret)) continue
      if (!withRotation) {
        yield secret
        continue
      }
      batch.push(secret)
      if (batch.length < DESCRIBE_AT_ONCE) continue
      yield* await this.#withRotation(batch, options, within)
      batch = []
    }
    yield* await this.#withRotation(batch, options, within)
  }

  /** @throws SecretSyncError `NotFound` … */
  describe(name: string, options: ManagementOptions): Promise<SecretDescription> {
    return this.#describing(name, this.#until(options))
  }

  /** All versions, newest first, deprecated ones included. @throws SecretSyncError `NotFound` … */
  versions(name: string, options: ManagementOptions): Promise<readonly VersionSummary[]> {
    return this.#reading(name, this.#until(options), (within) => this.#reader.versions(name, within))
  }

  /** The secret as a plan needs it; undefined if there is none. */
  observe(name: string, options: ManagementOptions): Promise<ObservedSecret | undefined> {
    return this.#reading(name, this.#until(options), (within) => this.#reader.observe(name, within))
  }

  /** Quotas of a KMS instance, and how much of them is used. */
  instanceQuotas(instanceId: string, options: ManagementOptions): Promise<readonly InstanceQuota[]> {
    const what = `reading the quotas of KMS instance ${JSON.stringify(instanceId)}`
    return this.#calls.within(what, this.#until(options), (within) => this.#reader.instanceQuotas(instanceId, within))
  }

  /** What a change would do now: a dry run. Sends reads of metadata only. */
  async plan(change: SecretChange, options: ManagementOptions): Promise<ChangePlan> {
    const context = { newVersionId: newVersionId(this.#calls.clock.now(), randomBytes(6)) }
    // A name that is refused anyway is not sent.
    const beforehand = planChange(change, undefined, context)
    if (beforehand.kind === 'refused' && beforehand.error.code !== 'NotFound') return beforehand
    const observed = await this.#reading(change.name, this.#until(options), (within) => this.#observing(change, within))
    return planChange(change, observed, context)
  }

  /**
   * Carries out a plan. Looks again first, because time may have passed: it does nothing if the goal has been reached, and
   * refuses if the plan would be another one now. Each step may be repeated safely; throttling, 503 and cut connections are.
   * @throws SecretSyncError the refusal of the plan, `Conflict` if the secret has changed since, or what a step failed with
   */
  async apply(
    plan: ChangePlan,
    { onStep = () => undefined, beforeCall = () => undefined, ...options }: ApplyOptions,
  ): Promise<ApplyOutcome> {
    if (plan.kind === 'refused') throw plan.error
    if (plan.kind === 'none') return { changed: false, plan }
    const { change, steps } = plan
    const what = this.#calls.nameOf(change.name)
    return this.#calls.within(what, this.#until(options), async (within) => {
      // The version id that the plan made, to make the same plan again.
      const newId = steps.find((step) => 'versionId' in step)?.versionId ?? newVersionId(0, new Uint8Array(6))
      const observed = await this.#observing(change, within)
      const now = planChange(change, observed, { newVersionId: newId })
      if (now.kind === 'refused') throw now.error
      if (now.kind === 'none') return { changed: false, plan: now }
      if (JSON.stringify(now.steps) !== JSON.stringify(steps) || isOvertaken(plan, observed)) {
        const why = 'another program has changed it since it was read, so nothing is written: try again'
        throw new SecretSyncError('Conflict', `${what}: ${why}`)
      }
      for (const step of steps) {
        // oxlint-disable-next-line no-await-in-loop -- each step needs the one before
        await this.#step(step, { change, signal: within, beforeCall, onState: (state) => onStep(step, state) })
      }
      return { changed: true, plan }
    })
  }

  /** Plans and applies a change at once. */
  async change(change: SecretChange, options: ApplyOptions): Promise<ApplyOutcome> {
    return this.apply(await this.plan(change, options), options)
  }

  /** Cancels what is running. */
  close(): Promise<void> {
    return this.#calls.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** One step, repeated until KMS has done it. After a response that was lost, a refusal can mean that it is done. */
  async #step(step: ChangeStep, { change, signal, beforeCall, onState }: StepOptions): Promise<void> {
    let isUncertain = false
    onState('sent')
    const onRetry = ({ code }: SecretSyncError): void => void (isUncertain ||= code !== 'Throttled')
    const send = (of: ChangeStep): Promise<unknown> =>
      this.#calls.send({ ...requestOf(of, change), action: of.action, resource: change.name }, signal, {
        beforeCall,
        onRetry,
      })
    try {
      await send(step)
    } catch (error) {
      isUncertain ||= mayBeDone(error)
      if (!isUncertain) onState('refused')
      if (!isUncertain || !isSecretSyncError(error) || !['Conflict', 'NotFound'].includes(error.code)) throw error
      if (!isDone(step, await this.#observing(change, signal))) {
        onState('refused')
        throw error
      }
      // The same version id with the same value succeeds: it is our value that was stored.
      if (step.action === 'CreateSecret') await send({ action: 'PutSecretValue', versionId: step.versionId })
    }
    onState('done')
  }

  async #withRotation(
    secrets: readonly SecretSummary[],
    { onRotationDenied }: ListSecretsOptions,
    within: OperationOptions,
  ): Promise<readonly SecretSummary[]> {
    return Promise.all(
      secrets.map(async (secret) => {
        if (!isManagedType(secret.type)) return secret
        try {
          const { rotation } = await this.#describing(secret.name, within)
          return rotation === undefined ? secret : { ...secret, rotation }
        } catch (error) {
          if (!isSecretSyncError(error)) throw error
          // Deleted since the page was read.
          if (error.code === 'NotFound') return secret
          if (error.code !== 'AccessDenied') throw error
          onRotationDenied?.(error)
          return secret
        }
      }),
    )
  }

  /** The secret as the plan of a change needs it. Tags do not depend on versions. */
  #observing({ kind, name }: SecretChange, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    return this.#reader.observe(name, signal, kind !== 'tag')
  }

  /** The deadline that options set for an operation of several parts. */
  #until({ signal, timeoutMs = Infinity }: ManagementOptions): OperationOptions {
    return { signal, endsAtMs: this.#calls.clock.monotonic() + timeoutMs }
  }

  #describing(name: string, options: OperationOptions): Promise<SecretDescription> {
    return this.#reading(name, options, (within) => this.#reader.describe(name, within))
  }

  #reading<T>(name: string, options: OperationOptions, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#calls.within(`describing ${this.#calls.nameOf(name)}`, options, read)
  }
}

/** Whether KMS may have done what failed. */
function mayBeDone(error: unknown): boolean {
  return !isSecretSyncError(error) || ['Unavailable', 'Timeout', 'InvalidResponse', 'Cancelled'].includes(error.code)
}

/**
 * Whether the secret has other tags than the plan shows, which may name its owner, or another version became current since a put was
 * planned. It would become the previous one, and not the version that the plan shows.
 */
function isOvertaken({ change, observed, steps }: StepsPlan, now: ObservedSecret | undefined): boolean {
  if (change.kind !== 'tag' && tagsText(observed) !== tagsText(now)) return true
  if (change.kind !== 'put') return false
  const before = observed && holderOf(observed, CURRENT)?.versionId
  const current = now && holderOf(now, CURRENT)?.versionId
  const isOurs = steps.some((step) => 'versionId' in step && step.versionId === current)
  return current !== before && !isOurs
}

function tagsText(observed: ObservedSecret | undefined): string {
  return JSON.stringify(
    Object.entries(observed?.description.tags ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}
