import { type ErrorCode, isSecretSyncError, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { statusFor, isSameStatus } from '../report/status.ts'
import { readyCondition, type ResourceState } from './resource-state.ts'
import { type ResourceKey, resourceKey, type SyncResource } from '../model/resource.ts'
import { eventOf } from '../report/event.ts'
import type { SyncedOutcome, SyncOutcome } from '../report/sync-outcome.ts'
import { secretsOf } from './reconcile-target.ts'

/** Failures of a write that people can do something about; all others may be those of an API server that is away for a moment. */
const REPORTED_FAILURES: ReadonlySet<ErrorCode> = new Set(['WriteFailed', 'Conflict', 'Internal'])

/** A sync that has failed for so long is told of, whatever it fails for. */
const REPORT_AFTER_MS = 120_000

/** Options of an {@link OutcomeReporter}. */
export interface OutcomeReporterOptions extends Pick<SyncEngineOptions, 'reporter' | 'clock' | 'observer'> {
  /** Somebody else has written the status of a resource: it is to be synced, and its status written anew. */
  readonly onOverwritten: (key: ResourceKey) => void
}

/** Tells what has become of resources: by status and event, on change only. */
export class OutcomeReporter {
  readonly #options: OutcomeReporterOptions

  constructor(options: OutcomeReporterOptions) {
    this.#options = options
  }

  /** What a sync of `resource` has come to; its entry may hold a newer one by now. @throws SecretSyncError as the reporter */
  async report(state: ResourceState, resource: SyncResource, outcome: SyncOutcome, signal: AbortSignal): Promise<void> {
    const { reporter, clock } = this.#options
    const sent = state.sent?.uid === resource.uid ? state.sent : undefined
    const hasArrived = sent !== undefined && isSameStatus(sent.status, resource.status)
    const status = statusFor(outcome, resource.generation, resource.status, clock.now(), !sent || hasArrived)
    // A status that was written although its answer was lost makes the same outcome known: its event is still to be told.
    const event = eventOf(outcome, resource.status) ?? (hasArrived ? sent.event : undefined)
    state.sent = status && { uid: resource.uid, status, event }
    const version = (status && (await reporter.writeStatus(resource, status, { signal }))) ?? resource.version
    if (event) reporter.recordEvent(resource, event)
    state.sent = undefined
    if (!status || state.resource.uid !== resource.uid) return
    if (!this.#isNewer(state.resource.version, version)) state.resource = { ...state.resource, status, version }
    else if (!isSameStatus(state.resource.status, status)) this.#options.onOverwritten(resourceKey(resource))
  }

  /** Takes over what the watch brings of a resource: all of it, but a status that is older than the one known. */
  observe(key: ResourceKey, state: ResourceState, resource: SyncResource): void {
    const { resource: before, sent } = state
    const isNews = before.uid !== resource.uid || this.#isNewer(resource.version, before.version)
    if (before.uid !== resource.uid) state.unreported = undefined
    state.resource = isNews ? resource : { ...resource, status: before.status, version: before.version }
    // Whose it is shows when the one that was sent is answered, or when it is sent again.
    if (isNews && !sent && !isSameStatus(before.status, resource.status)) this.#options.onOverwritten(key)
  }

  /** Tells of a write that could not be told by status before another outcome came. */
  reportSuperseded(key: ResourceKey, resource: SyncResource, written: SyncedOutcome): void {
    const event = eventOf(written, resource.status)
    if (event) this.#options.reporter.recordEvent(resource, event)
    this.#options.observer?.synced?.(key, written, 0)
  }

  /** A write that keeps failing is told; where the API server is away, neither can this be written. Never throws. */
  async reportFailure(key: ResourceKey, state: ResourceState, thrown: unknown, signal: AbortSignal): Promise<void> {
    const { resource, unsyncedSinceMs } = state
    if (!isSecretSyncError(thrown) || signal.aborted) return
    let error = thrown
    if (!REPORTED_FAILURES.has(error.code)) {
      const nowMs = this.#options.clock.monotonic()
      if (isWriteFailureReported(resource)) return
      if (nowMs - (unsyncedSinceMs ?? nowMs) < REPORT_AFTER_MS) return
      // By its own code it would be told as one of the secret manager.
      error = new SecretSyncError('WriteFailed', error.message, { facts: error.facts })
    }
    const secrets = resource.spec.ok ? secretsOf(resource.spec.value) : []
    try {
      await this.report(state, resource, { kind: 'refused', error, secrets, target: undefined }, signal)
    } catch (reportError) {
      this.#options.observer?.failed?.(key, toSecretSyncError(reportError, `status of ${key}`), 0)
    }
  }

  #isNewer(version: string | undefined, than: string | undefined): boolean {
    if (version === undefined || than === undefined) return false
    return this.#options.reporter.isNewer?.(version, than) ?? false
  }
}

/** Whether it is told already that what the spec wants now cannot be written; why may change from one try to the next. */
function isWriteFailureReported(resource: SyncResource): boolean {
  const ready = readyCondition(resource)
  return ready?.reason === 'WriteFailed' && ready.observedGeneration === resource.generation
}
