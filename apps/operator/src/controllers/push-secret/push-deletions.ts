import { SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import type { PushedSecret, PushSecretResource } from '@ack-secret-manager/resources'
import { ownerText } from '../../push/owner-tag.ts'
import { isElsewhere, placeOf } from '../../push/may-be-same.ts'
import { idOf, movedText, recordedTarget } from '../../push/push-record.ts'
import { keptFailure, type PushOutcome, waitingFailure } from '../../push/push-status.ts'
import { deleteSecret, type PushOptions } from '../../push/secret-pusher.ts'
import type { CachedPushSecret } from './cached-push-secret.ts'
import type { RunSignals } from './hand-over.ts'
import type { LoopCheckOptions } from './loop-check.ts'
import type { PushSecretReporter } from './push-secret-reporter.ts'
import { isCancelled, isUnreachableForGood, type PushSession, type SessionClient } from './push-session.ts'

export interface PushDeletionsOptions {
  readonly reporter: Pick<PushSecretReporter, 'recordEvent'>
  /** Id of this installation in ownership tags. */
  readonly cluster: string
  /** Quota domain of a read or write. */
  readonly domainOf: LoopCheckOptions['domainOf']
  readonly isTerminating: (namespace: string) => boolean
  /** @param secret undefined if the spec names none that can be pushed */
  readonly onResult: (resource: CachedPushSecret, secret: string | undefined, result: string) => void
  /** A KMS secret was written or deleted in the account and region of `quota`. */
  readonly onChanged: (secret: string, quota: SessionClient['quota']) => void
}

/** What the calls of one run need. */
export interface RunContext extends RunSignals, PushOptions {
  readonly session: PushSession
}

/** Schedules the deletion of KMS secrets that are no longer pushed, and reports those that stay. */
export class PushDeletions {
  readonly #options: PushDeletionsOptions

  constructor(options: PushDeletionsOptions) {
    this.#options = options
  }

  /** Deletes secrets that the spec no longer names. @returns the outcomes of those that could not be deleted */
  async deleteObsolete(
    cached: CachedPushSecret,
    parsed: PushSecretResource,
    obsolete: readonly PushedSecret[],
    run: RunContext,
  ): Promise<readonly PushOutcome[]> {
    const outcomes: PushOutcome[] = []
    for (const entry of obsolete) {
      // oxlint-disable-next-line no-await-in-loop -- one PushSecret makes one call at a time
      const error = await this.#delete(cached, parsed, entry, run)
      if (error !== undefined) outcomes.push({ entry: { ...entry, state: 'Deleting' }, failure: keptFailure(error) })
    }
    return outcomes
  }

  /** Deletes all secrets of a deleted PushSecret. @returns the outcomes of those that it must wait for */
  async deleteAll(
    cached: CachedPushSecret,
    parsed: PushSecretResource,
    run: RunContext,
  ): Promise<readonly PushOutcome[]> {
    const outcomes: PushOutcome[] = []
    for (const entry of cached.status?.secrets ?? []) {
      // oxlint-disable-next-line no-await-in-loop -- one PushSecret makes one call at a time
      const error = await this.#delete(cached, parsed, entry, run)
      if (error === undefined) continue
      if (this.#isLeftBehind(cached, error)) this.reportLeft(cached, entry.key, error.message)
      else outcomes.push({ entry: { ...entry, state: 'Deleting' }, failure: waitingFailure(error) })
    }
    return outcomes
  }

  /** Reports that a secret stays in KMS. */
  reportLeft(cached: CachedPushSecret, key: string, why: string): void {
    this.#options.onResult(cached, key, 'left')
    const text = `KMS secret ${JSON.stringify(key)} is not deleted and stays in KMS: ${why}`
    this.#options.reporter.recordEvent(cached, { type: 'Warning', reason: 'LeftInKMS', message: text })
  }

  /**
   * Deletes one secret. That of another store is deleted without a place in the lane, which is one of the endpoint of the spec: an endpoint
   * that hangs would otherwise keep other namespaces from it.
   * @returns why it could not be deleted
   */
  async #delete(
    cached: CachedPushSecret,
    parsed: PushSecretResource,
    entry: PushedSecret,
    run: RunContext,
  ): Promise<SecretSyncError | undefined> {
    const { key: name } = entry
    const { withoutPlace = (work) => work() } = run
    const isOfLane = idOf(entry) === idOf(recordedTarget({ name }, parsed))
    const schedule = (): Promise<void> => this.#schedule(cached, parsed, entry, run)
    try {
      await (isOfLane ? schedule() : withoutPlace(schedule))
      return undefined
    } catch (error) {
      if (run.signal.aborted || isCancelled(error)) throw error
      const failure = toSecretSyncError(error, `KMS secret ${JSON.stringify(name)}`)
      this.#options.onResult(cached, name, failure.code)
      return failure
    }
  }

  async #schedule(
    cached: CachedPushSecret,
    { spec: { recoveryWindowInDays: recoveryDays } }: PushSecretResource,
    entry: PushedSecret,
    run: RunContext,
  ): Promise<void> {
    const { cluster, reporter, domainOf, onResult, onChanged } = this.#options
    const { namespace } = cached
    const { key: name, secretStoreRef: ref } = entry
    const now = placeOf(domainOf({ namespace, ref }))
    if (isElsewhere(entry, now)) throw new SecretSyncError('InvalidSpec', movedText(entry, now))
    const kms = run.session.clientForDeletion({ namespace, ref, secret: name })
    const owner = ownerText({ cluster, namespace, name: cached.name })
    const { isChanged, left } = await deleteSecret(kms, { name, owner, recoveryDays }, run)
    if (isChanged) {
      onResult(cached, name, 'deleted')
      onChanged(name, kms.quota)
      const message = `KMS secret ${JSON.stringify(name)}: deletion scheduled; it can be restored for ${recoveryDays} days`
      reporter.recordEvent(cached, { type: 'Normal', reason: 'DeletionScheduled', message })
    }
    if (left !== undefined) this.reportLeft(cached, name, left)
  }

  /** A namespace that is being deleted has lost its stores and credentials, and its deletion must not wait for them. */
  #isLeftBehind({ namespace }: CachedPushSecret, error: SecretSyncError): boolean {
    return isUnreachableForGood(error) || (this.#options.isTerminating(namespace) && error.code === 'Unauthenticated')
  }
}
