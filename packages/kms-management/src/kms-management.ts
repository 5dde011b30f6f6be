import { randomBytes } from 'node:crypto'
import {
  defined,
  checkLimits,
  type Clock,
  type CredentialProvider,
  isSecretSyncError,
  SecretSyncError,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { KmsSdkClient } from '@ack-secret-manager/kms-sdk'
import { DescribeSecretRequest, ListSecretsRequest, ListSecretVersionIdsRequest } from '@alicloud/kms20160120'
import { type ListFilter, matcherOf, serverFilter, TAG_FILTER_LIMIT } from './internal/list-filter.ts'
import { type SweepFacts, sweepPages } from './internal/list-secrets.ts'
import { MANAGEMENT_ERRORS } from './internal/management-errors.ts'
import { type Page, parseDescription, parseSecretsPage, parseVersionsPage } from './internal/responses.ts'
import { type RetryOptions, withRetries } from './internal/retry.ts'
import { isDone, paramsOf, requestOf } from './internal/step-request.ts'
import { type ChangePlan, type ChangeStep, planChange } from './plan-change.ts'
import type { SecretChange } from './secret-change.ts'
import {
  isManagedType,
  type ObservedSecret,
  type SecretDescription,
  type SecretSummary,
  type VersionSummary,
} from './secret-state.ts'
import { newVersionId } from './version-id.ts'

/** Options of {@link KmsManagement}. */
export interface KmsManagementOptions {
  /** `HOST` or `HOST:PORT`, always HTTPS: `kms.cn-hangzhou.aliyuncs.com`. Endpoints of instances do not manage secrets. */
  readonly endpoint: string
  /** The identity of all calls. Not closed by `close()`. */
  readonly provider: CredentialProvider
  /** Deadline of one operation with all its calls and retries; of a list, of one page. @default 60_000 */
  readonly timeoutMs?: number
  /** Deadline of one call. @default 10_000 */
  readonly callTimeoutMs?: number
  /** Calls per step, the first included. @default 6 */
  readonly attempts?: number
  /** Called before a call is repeated. Must not throw. */
  readonly onRetry?: (error: SecretSyncError) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}

/** Options of {@link KmsManagement.listSecrets}. */
export interface ListSecretsOptions extends ListFilter {
  /** Fetch tags. @default true if `tags` is given, else false */
  readonly withTags?: boolean
  /** Describe each managed secret for its rotation, which a list does not tell. @default false */
  readonly withRotation?: boolean
  /** Called at the end if the list kept changing while it was read, so that a secret may be missing. */
  readonly onUnsettled?: (facts: ListUnsettled) => void
  readonly signal: AbortSignal
}

/** See {@link ListSecretsOptions.onUnsettled}. */
export type ListUnsettled = SweepFacts

/** What {@link KmsManagement.apply} did. */
export interface ApplyOutcome {
  /** False if everything was so already. */
  readonly changed: boolean
  readonly plan: ChangePlan
}

interface Signalled {
  readonly signal: AbortSignal
}

const BACKOFF = { baseMs: 500, maxMs: 8_000 } as const
const PAGE_SIZE = 100
const MAX_SWEEPS = 3
/** Descriptions at once; they share the quota of reads. */
const DESCRIBE_AT_ONCE = 8

/**
 * Manages the secrets of an account and region through the official SDK: lists, describes, writes, rotates, deletes, restores.
 * Reads metadata only, never a value. Errors are SecretSyncError with the name of the secret and what to do.
 */
export class KmsManagement implements AsyncDisposable {
  readonly #client: KmsSdkClient
  readonly #options: Required<Omit<KmsManagementOptions, 'endpoint' | 'provider'>>

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer */
  constructor({ endpoint, provider, ...options }: KmsManagementOptions) {
    this.#options = {
      timeoutMs: 60_000,
      callTimeoutMs: 10_000,
      attempts: 6,
      onRetry: () => undefined,
      clock: systemClock,
      random: Math.random,
      ...options,
    }
    const { timeoutMs, callTimeoutMs, attempts, clock } = this.#options
    checkLimits({ timeoutMs, attempts })
    // A list of 100 secrets with 20 tags each has up to 1 MB.
    this.#client = new KmsSdkClient({
      endpoint,
      provider,
      timeoutMs: callTimeoutMs,
      maxResponseBytes: 4_194_304,
      clock,
    })
  }

  /**
   * All secrets that match, each once, as their pages arrive. Includes those that are scheduled for deletion unless the filter
   * says otherwise. A secret that is not in one list may still exist: describe it before concluding that it is gone.
   */
  async *listSecrets(options: ListSecretsOptions): AsyncGenerator<SecretSummary, void, undefined> {
    const { signal, withRotation = false, onUnsettled } = options
    const isWanted = matcherOf(options)
    const withTags = options.withTags ?? options.tags !== undefined
    // The server cuts what it filters by tags; a list that may be cut is read unfiltered.
    const first =
      options.tags === undefined ? undefined : await this.#listPage(1, withTags, serverFilter(options), signal)
    const filters = first !== undefined && first.total < TAG_FILTER_LIMIT ? serverFilter(options) : undefined
    const all = sweepPages({
      page: (number) => this.#listPage(number, withTags, filters, signal),
      pageSize: PAGE_SIZE,
      maxSweeps: MAX_SWEEPS,
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
      yield* await this.#withRotation(batch, signal)
      batch = []
    }
    yield* await this.#withRotation(batch, signal)
  }

  /** @throws SecretSyncError `NotFound` … */
  describe(name: string, { signal }: Signalled): Promise<SecretDescription> {
    return this.#within(`describing ${this.#nameOf(name)}`, signal, (within) => this.#describe(name, within))
  }

  /** All versions, newest first, deprecated ones included. @throws SecretSyncError `NotFound` … */
  versions(name: string, { signal }: Signalled): Promise<readonly VersionSummary[]> {
    return this.#within(`listing versions of ${this.#nameOf(name)}`, signal, (within) => this.#versions(name, within))
  }

  /** The secret as a plan needs it; undefined if there is none. */
  observe(name: string, { signal }: Signalled): Promise<ObservedSecret | undefined> {
    return this.#within(`describing ${this.#nameOf(name)}`, signal, (within) => this.#observe(name, within))
  }

  /** What a change would do now: a dry run. Sends reads of metadata only. */
  async plan(change: SecretChange, { signal }: Signalled): Promise<ChangePlan> {
    const { clock } = this.#options
    const context = { newVersionId: newVersionId(clock.now(), randomBytes(6)) }
    // A name that is refused anyway is not sent.
    const beforehand = planChange(change, undefined, context)
    if (beforehand.kind === 'refused' && beforehand.error.code !== 'NotFound') return beforehand
    return planChange(change, await this.observe(change.name, { signal }), context)
  }

  /**
   * Carries out a plan. Looks again first, because time may have passed: it does nothing if the goal has been reached, and
   * refuses if the plan would be another one now. Each step may be repeated safely; throttling, 503 and cut connections are.
   * @throws SecretSyncError the refusal of the plan, `Conflict` if the secret has changed since, or what a step failed with
   */
  async apply(plan: ChangePlan, { signal }: Signalled): Promise<ApplyOutcome> {
    if (plan.kind === 'refused') throw plan.error
    if (plan.kind === 'none') return { changed: false, plan }
    const { change } = plan
    const what = this.#nameOf(change.name)
    return this.#within(what, signal, async (within) => {
      const context = { newVersionId: versionOf(plan.steps) ?? newVersionId(0, new Uint8Array(6)) }
      const now = planChange(change, await this.#observe(change.name, within), context)
      if (now.kind === 'refused') throw now.error
      if (now.kind === 'none') return { changed: false, plan: now }
      if (JSON.stringify(now.steps) !== JSON.stringify(plan.steps)) {
        throw new SecretSyncError('Conflict', `${what}: it has changed since the plan was made: plan the change again`)
      }
      // oxlint-disable-next-line no-await-in-loop -- each step needs the one before
      for (const step of plan.steps) await this.#step(step, change, within)
      return { changed: true, plan }
    })
  }

  /** Plans and applies a change at once. */
  async change(change: SecretChange, { signal }: Signalled): Promise<ApplyOutcome> {
    return this.apply(await this.plan(change, { signal }), { signal })
  }

  /** Cancels what is running. */
  close(): Promise<void> {
    return this.#client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** One step, repeated until KMS has done it. After an answer that was lost, a refusal can mean that it is done. */
  async #step(step: ChangeStep, change: SecretChange, signal: AbortSignal): Promise<void> {
    let isUncertain = false
    const retry = this.#retry(signal, (error) => {
      isUncertain ||= error.code !== 'Throttled'
    })
    const request = requestOf(step, change)
    try {
      await withRetries(() => this.#call(step.action, { ...request, resource: change.name }, signal), retry)
    } catch (error) {
      if (!isUncertain || !isSecretSyncError(error) || error.code !== 'Conflict') throw error
      if (!isDone(step, await this.#observe(change.name, signal))) throw error
      // The same version id with the same value succeeds: it is our value that was stored.
      if (step.action !== 'CreateSecret') return
      const put = requestOf({ action: 'PutSecretValue', versionId: step.versionId }, change)
      await withRetries(() => this.#call('PutSecretValue', { ...put, resource: change.name }, signal), retry)
    }
  }

  async #listPage(number: number, withTags: boolean, filters: string | undefined, signal: AbortSignal) {
    const what = `listing secrets at ${this.#client.endpoint}`
    const request = new ListSecretsRequest({ pageNumber: number, pageSize: PAGE_SIZE, fetchTags: String(withTags) })
    // The SDK's request has no filters; the API has.
    const query = { ...paramsOf(request), ...defined({ Filters: filters }) }
    return this.#within(what, signal, async (within) =>
      parseSecretsPage(await this.#read('ListSecrets', { query, resource: '' }, what, within), what),
    )
  }

  async #withRotation(secrets: readonly SecretSummary[], signal: AbortSignal): Promise<readonly SecretSummary[]> {
    return Promise.all(
      secrets.map(async (secret) => {
        if (!isManagedType(secret.type)) return secret
        try {
          const { rotation } = await this.describe(secret.name, { signal })
          return rotation === undefined ? secret : { ...secret, rotation }
        } catch (error) {
          // Deleted since the page was read.
          if (isSecretSyncError(error) && error.code === 'NotFound') return secret
          throw error
        }
      }),
    )
  }

  async #observe(name: string, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    try {
      const description = await this.#describe(name, signal)
      return { description, versions: await this.#versions(name, signal) }
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'NotFound' && error.facts.absent === true) return undefined
      throw error
    }
  }

  async #describe(name: string, signal: AbortSignal): Promise<SecretDescription> {
    const what = this.#nameOf(name)
    const query = paramsOf(new DescribeSecretRequest({ secretName: name, fetchTags: 'true' }))
    return parseDescription(await this.#read('DescribeSecret', { query, resource: name }, what, signal), what)
  }

  async #versions(name: string, signal: AbortSignal): Promise<readonly VersionSummary[]> {
    const what = this.#nameOf(name)
    const found = new Map<string, VersionSummary>()
    for (let number = 1; ; number += 1) {
      const request = { secretName: name, includeDeprecated: 'true', pageNumber: number, pageSize: PAGE_SIZE }
      const query = paramsOf(new ListSecretVersionIdsRequest(request))
      // oxlint-disable-next-line no-await-in-loop -- the next page may not exist
      const response = await this.#read('ListSecretVersionIds', { query, resource: name }, what, signal)
      const { items }: Page<VersionSummary> = parseVersionsPage(response, what)
      for (const version of items) found.set(version.versionId, version)
      if (items.length < PAGE_SIZE) break
    }
    // In which order KMS lists them is not documented.
    return [...found.values()].toReversed().sort((one, other) => other.createdMs - one.createdMs)
  }

  #read(action: string, request: Request, what: string, signal: AbortSignal): Promise<Record<string, unknown>> {
    return withRetries(() => this.#call(action, request, signal, what), this.#retry(signal))
  }

  #call(
    action: string,
    { query, form, resource }: Request,
    signal: AbortSignal,
    what = this.#nameOf(resource),
  ): Promise<Record<string, unknown>> {
    const call = { action, query, what, resource, errors: MANAGEMENT_ERRORS, signal }
    return this.#client.call(form === undefined ? call : { ...call, form })
  }

  #retry(signal: AbortSignal, onRetry?: (error: SecretSyncError) => void): RetryOptions {
    const { attempts, clock, random } = this.#options
    return {
      attempts,
      backoff: BACKOFF,
      signal,
      clock,
      random,
      onRetry: (error) => {
        onRetry?.(error)
        this.#options.onRetry(error)
      },
    }
  }

  #within<T>(what: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs, clock } = this.#options
    return withDeadline(work, { timeoutMs, what, signal, clock })
  }

  #nameOf(name: string): string {
    return `KMS secret ${JSON.stringify(name)} at ${this.#client.endpoint}`
  }
}

interface Request {
  readonly query: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly resource: string
}

/** The version id that a plan made, to make the same plan again. */
function versionOf(steps: readonly ChangeStep[]): string | undefined {
  for (const step of steps) if ('versionId' in step) return step.versionId
  return undefined
}
