import { type ErrorCode, reasonOf, SecretSyncError, toSecretSyncError, withDeadline } from '@ack-secret-manager/core'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { statusFor, isSameStatus } from '../report/status.ts'
import { type PendingReport, readyCondition, readyOf, type ResourceState } from './resource-state.ts'
import { isCurrent, type ResourceKey, resourceKey, secretsOf, type SyncResource } from '../model/resource.ts'
import { PRIORITY } from '../queue/priority.ts'
import { MAX_REPORT_WAIT_MS } from '../queue/work-lanes.ts'
import type { WorkQueue } from '../queue/work-queue.ts'
import { eventOf } from '../report/event.ts'
import { isHealthy } from '../report/ready-condition.ts'
import { hasWritten, type SyncedOutcome, type SyncOutcome } from '../report/sync-outcome.ts'
import { WaitingReadsError } from './waiting-reads.ts'

/** Write failures that are reported at once. Others may be a short outage of the API server. */
const REPORTED_FAILURES: ReadonlySet<ErrorCode> = new Set(['WriteFailed', 'Conflict', 'Internal'])

/** Any failure is reported after this time. */
const REPORT_AFTER_MS = 120_000

/** Deadline for writing the status of a failed sync, whose own deadline may have passed. */
const FAILURE_STATUS_TIMEOUT_MS = 30_000

export interface OutcomeReporterOptions extends Pick<SyncEngineOptions, 'reporter' | 'clock' | 'observer'> {
  readonly queue: Pick<WorkQueue, 'add' | 'beginReport' | 'hasPressingWork'>
  /** Another user or controller wrote the status. The resource must be synced, which writes the status again. */
  readonly onOverwritten: (key: ResourceKey) => void
}

export interface ReportSignals {
  /** Aborts at the deadline of the work. */
  readonly signal: AbortSignal
  /** Aborts when the engine stops, not at the deadline, which may be the cause of a failure. */
  readonly stopping: AbortSignal
}

/** Reports outcomes by status and event, on change only. */
export class OutcomeReporter {
  readonly #options: OutcomeReporterOptions

  constructor(options: OutcomeReporterOptions) {
    this.#options = options
  }

  /**
   * Reports the outcome of a sync of `resource`; `state` may already have a newer one.
   * @throws SecretSyncError as the reporter
   */
  async report(
    state: ResourceState,
    resource: SyncResource,
    outcome: SyncOutcome,
    signal: AbortSignal,
    { handledRefresh, isOneOfMany = false }: Partial<Pick<PendingReport, 'handledRefresh' | 'isOneOfMany'>> = {},
  ): Promise<void> {
    const { reporter, clock } = this.#options
    const sent = state.sent?.uid === resource.uid ? state.sent : undefined
    const hasArrived = sent !== undefined && isSameStatus(sent.status, resource.status)
    const isKnown = !sent || hasArrived
    const status = statusFor(outcome, resource.generation, resource.status, clock.now(), isKnown, handledRefresh)
    // The status was written although its response was lost, so only the event is missing.
    const event = eventOf(outcome, resource.status, isOneOfMany) ?? (hasArrived ? sent.event : undefined)
    state.sent = status && { uid: resource.uid, status, event }
    const version = (status && (await reporter.writeStatus(resource, status, { signal }))) ?? resource.version
    if (event) reporter.recordEvent(resource, event)
    state.sent = undefined
    if (!status || state.resource.uid !== resource.uid) return
    if (!this.#isNewer(state.resource.version, version)) state.resource = { ...state.resource, status, version }
    else if (!isSameStatus(state.resource.status, status)) this.#options.onOverwritten(resourceKey(resource))
  }

  /**
   * Reports at once, or queues the report: writing a status costs the API server more than writing a Secret, and may hang.
   * @throws SecretSyncError as the reporter
   */
  async reportOrQueue(key: ResourceKey, state: ResourceState, signals: ReportSignals): Promise<void> {
    const { queue } = this.#options
    const isUrgent = this.#isUrgent(state)
    if ((isUrgent || !queue.hasPressingWork) && queue.beginReport(key)) await this.reportPending(key, state, signals)
    else queue.add(key, isUrgent ? PRIORITY.urgentReport : PRIORITY.report)
  }

  /**
   * Reports the latest failure or outcome that has no status yet.
   * @throws SecretSyncError as the reporter
   */
  async reportPending(key: ResourceKey, state: ResourceState, { signal, stopping }: ReportSignals): Promise<void> {
    const { report, failure } = state
    if (failure !== undefined) return this.#sendFailure(key, state, failure, stopping)
    if (report === undefined) return
    const { outcome, handledRefresh, durationMs } = report
    const resource = isCurrent(report.resource, state.resource) ? state.resource : report.resource
    await this.report(state, resource, outcome, signal, report)
    if (state.refresh?.value === handledRefresh) state.refresh = undefined
    if (state.report === report) {
      state.report = undefined
      state.unreported = undefined
    }
    state.failures = 0
    this.#options.observer?.synced?.(key, outcome, durationMs)
  }

  /** Merges a watch event into the state, without a status that is older than the known one. */
  observe(key: ResourceKey, state: ResourceState, resource: SyncResource): void {
    const { resource: before, sent } = state
    const isNewer = before.uid !== resource.uid || this.#isNewer(resource.version, before.version)
    if (before.uid !== resource.uid) {
      state.unreported = undefined
      state.report = undefined
    }
    state.resource = isNewer ? resource : { ...resource, status: before.status, version: before.version }
    // While a status is in flight, the change may be the operator's own.
    if (isNewer && !sent && !isSameStatus(before.status, resource.status)) this.#options.onOverwritten(key)
  }

  /** Reports a write whose status another outcome has replaced. */
  reportSuperseded(key: ResourceKey, resource: SyncResource, written: SyncedOutcome): void {
    const event = eventOf(written, resource.status)
    if (event) this.#options.reporter.recordEvent(resource, event)
    this.#options.observer?.synced?.(key, written, 0)
  }

  /** Reports a sync that keeps failing, as {@link reportOrQueue}. Reports nothing while the API server is unavailable. Never throws. */
  async reportFailure(key: ResourceKey, state: ResourceState, thrown: unknown, signals: ReportSignals): Promise<void> {
    const error = this.#reportable(state, toSecretSyncError(thrown, `sync of ${key}`))
    if (error === undefined || signals.stopping.aborted) return
    // An earlier outcome must not replace this one.
    state.report = undefined
    state.failure = error
    await this.reportOrQueue(key, state, signals)
  }

  /** The error to report; undefined if it may be a short outage, or is reported already. */
  #reportable(state: ResourceState, thrown: SecretSyncError): SecretSyncError | undefined {
    const { resource, unsyncedSinceMs } = state
    if (state.failures <= 1) return undefined
    // A denied status write cannot be reported; its outcome still waits.
    const isDenied = thrown.code === 'WriteDenied' && state.report === undefined
    if (isDenied || REPORTED_FAILURES.has(thrown.code)) return thrown
    // With its original code, a failure of the API server would look like one of the secret manager.
    const error =
      thrown instanceof WaitingReadsError
        ? thrown
        : new SecretSyncError('WriteFailed', thrown.message, { facts: thrown.facts })
    if (isFailureReported(resource, error)) return undefined
    const nowMs = this.#options.clock.monotonic()
    return nowMs - (unsyncedSinceMs ?? nowMs) < REPORT_AFTER_MS ? undefined : error
  }

  async #sendFailure(
    key: ResourceKey,
    state: ResourceState,
    error: SecretSyncError,
    stopping: AbortSignal,
  ): Promise<void> {
    const { clock, observer } = this.#options
    const { resource } = state
    state.failure = undefined
    const secrets = resource.spec.ok ? secretsOf(resource.spec.value) : []
    const what = `status of ${key}`
    try {
      await withDeadline(
        (signal) => this.report(state, resource, { kind: 'refused', error, secrets, target: undefined }, signal),
        { timeoutMs: FAILURE_STATUS_TIMEOUT_MS, what, signal: stopping, clock },
      )
    } catch (reportError) {
      observer?.failed?.(key, toSecretSyncError(reportError, what), 0)
    }
  }

  /** Whether a report must not wait for the Secrets of others: a failure, one that has waited long, or a recovery without a write. */
  #isUrgent({ report, resource, failure }: ResourceState): boolean {
    if (failure !== undefined || report === undefined) return true
    if (this.#options.clock.monotonic() - report.sinceMs >= MAX_REPORT_WAIT_MS) return true
    return readyOf(resource) === 'False' && !hasWritten(report.outcome) && isHealthy(report.outcome)
  }

  #isNewer(version: string | undefined, than: string | undefined): boolean {
    if (version === undefined || than === undefined) return false
    return this.#options.reporter.isNewer?.(version, than) ?? false
  }
}

/** Whether the status already has the reason of this failure. The message may differ at each attempt. */
function isFailureReported(resource: SyncResource, { code }: SecretSyncError): boolean {
  const ready = readyCondition(resource)
  return ready?.reason === reasonOf(code) && ready.observedGeneration === resource.generation
}
