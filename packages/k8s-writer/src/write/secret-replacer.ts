import {
  type ContentDigester,
  type FinishAction,
  isOutage,
  isSecretSyncError,
  type ObservedSecret,
  type ReplaceAction,
  SecretSyncError,
  type TargetRef,
} from '@ack-secret-manager/core'
import { type KubeObject, objectKey } from '@ack-secret-manager/k8s-client'
import { recreatedBody } from './recreated-body.ts'
import type { SecretCacheEntry } from '../cache/secret-cache-entry.ts'
import type { CachedSecret } from '../cache/secret-stub.ts'
import type { SecretInformer } from '../secret-informer.ts'
import { replacementBody, replacementOf, restoredBody } from '../replacement/replacement.ts'
import type { PostedSecret } from '../replacement/posted-secret.ts'
import type { SecretsApi } from './secrets-api.ts'
import { changesByAdmission, changesOfNew, differsFromRecord } from './stored-secret.ts'
import { changedByAdmission } from './write-error.ts'

export interface SecretReplacerOptions {
  readonly api: SecretsApi
  /** Receives each response and deletion. */
  readonly secrets: SecretInformer
  /** Signs replacements, and checks signatures before a replacement is used. */
  readonly digester: ContentDigester
}

interface CreatedSecret {
  readonly observed: ObservedSecret
  /** Set if admission changed the Secret; thrown after the replacement is deleted. */
  readonly difference?: SecretSyncError
}

/**
 * Recreates Secrets under the same name. A replacement Secret stages the new content until the new Secret exists, so
 * that any replica can finish after a crash, see {@link SecretReplacer.finish}:
 *
 * 1. dry-run DELETE of the old Secret; if the old Secret differs from its record, dry-run POST of the new one under another name
 * 2. POST the replacement
 * 3. dry-run POST of the new Secret
 * 4. DELETE the old Secret with preconditions, then POST the new one
 * 5. DELETE the replacement
 */
export class SecretReplacer {
  readonly #options: SecretReplacerOptions

  constructor(options: SecretReplacerOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError as `SecretWriter.apply`; then either the old Secret or the replacement exists */
  async replace(action: ReplaceAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api } = this.#options
    const { target } = action
    const { body, isOldChanged } = await this.#bodyFor(action, signal)
    // Without permission to delete, the replacement could not be removed either.
    await api.delete(target, preconditions(action), { signal, dryRun: true })
    if (isOldChanged) await this.#rejectSameChanges(action, body, signal)
    const replacement = await this.#stage(action, body, signal)
    // The deletion and all later calls ignore cancellation, because the workload would be without its Secret. Each still has a deadline.
    const uninterrupted = new AbortController().signal
    try {
      const oldExists = await this.#dryRunCreate(target, body, signal)
      if (signal.aborted)
        throw new SecretSyncError('Cancelled', `Secret ${objectKey(target)} was not recreated: cancelled`)
      if (oldExists) await this.#deleteOld(action, uninterrupted)
    } catch (error) {
      if (isRejection(error)) await this.#tryDeleteReplacement(replacement, signal)
      throw error
    }
    const created = await this.#create(target, body, action.owner.name, uninterrupted)
    await this.#tryDeleteReplacement(replacement, uninterrupted)
    return observedOf(created)
  }

  /**
   * Creates a missing target from its replacement, then deletes the replacement. If another owner has the target, the replacement
   * is kept, unless it is orphaned: no owner needs it then, and it contains plaintext.
   */
  async finish({ target, ownerName }: FinishAction, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    const { secrets } = this.#options
    const replacement = secrets.cache.replacementFor(target)
    if (!replacement) return secrets.observe(target, { signal, fresh: false })
    // Read the target from the API server: a stale cache entry must not delete the only copy.
    const found = await secrets.read(target, signal)
    const restored = found ? undefined : await this.#restore(replacement, target, signal)
    const observed = found?.observed ?? restored?.observed
    const isOrphaned = replacement.replaces?.orphaned === true
    if (observed && (isOrphaned || restored || observed.records.has(ownerName)))
      await this.#deleteReplacement(replacement, signal)
    return restored ? observedOf(restored) : observed
  }

  async #restore(
    { observed: { target: location }, replaces }: CachedSecret,
    target: TargetRef,
    signal: AbortSignal,
  ): Promise<CreatedSecret | undefined> {
    const { api, secrets, digester } = this.#options
    const staged = await api.getWhole(location, signal)
    const body = staged && restoredBody(staged, digester)
    if (body) return this.#create(target, body, replaces?.ownerName ?? '', signal)
    // A user deleted or changed the replacement.
    secrets.cache.forget(location)
    return undefined
  }

  async #bodyFor(
    action: ReplaceAction,
    signal: AbortSignal,
  ): Promise<{ readonly body: PostedSecret; readonly isOldChanged: boolean }> {
    const { api, digester } = this.#options
    const { target, ifUid, ifResourceVersion } = action
    const old = await api.getWhole(target, signal)
    const isExpected = old?.metadata.uid === ifUid && old.metadata.resourceVersion === ifResourceVersion
    const body = isExpected ? recreatedBody(action, old) : undefined
    if (!old || !body)
      throw new SecretSyncError('Conflict', `Secret ${objectKey(target)} was changed in the meantime; read it again`)
    rejectFinalizers(target, old)
    return { body, isOldChanged: differsFromRecord(old, digester) }
  }

  /** Admission may have changed the old Secret. Without this check each retry would delete it, only to create the same again. */
  async #rejectSameChanges(
    { target, owner, type, record }: ReplaceAction,
    body: PostedSecret,
    signal: AbortSignal,
  ): Promise<void> {
    const free = { namespace: target.namespace, name: `${replacementOf(target).name}-check` }
    const other = { ...body, metadata: { ...body.metadata, name: free.name } }
    const stored = await this.#options.api.create(free, other, { signal, dryRun: true })
    const changes = changesByAdmission({ body: other, type, record, ownerName: owner.name }, stored)
    if (changes.length > 0) throw changedByAdmission({ verb: 'create', target }, changes)
  }

  /** Creates the replacement. A leftover of an earlier attempt is deleted first, because the old Secret still exists. */
  async #stage(action: ReplaceAction, body: PostedSecret, signal: AbortSignal): Promise<SecretCacheEntry> {
    const { api, secrets, digester } = this.#options
    const { target, owner, record } = action
    const location = replacementOf(target)
    const post = async (): Promise<SecretCacheEntry> => {
      const staged = replacementBody(body, owner.name, record, digester)
      const stored = await api.create(location, staged, { signal })
      const replacement = secrets.recordWrite(stored.entry)
      const changes = changesByAdmission({ body: staged, type: staged.type, record, ownerName: owner.name }, stored)
      if (changes.length === 0) return replacement
      await this.#tryDeleteReplacement(stored.entry, signal)
      throw changedByAdmission({ verb: 'create', target: location }, changes)
    }
    try {
      return await post()
    } catch (error) {
      if (!isConflict(error)) throw error
      const left = await api.get(location, signal)
      if (left && !left.replaces) throw replacementNameTaken(target, location)
      if (left) await this.#deleteReplacement(left, signal)
      return post()
    }
  }

  /** @returns true if only the old Secret prevents the creation, false if the old Secret no longer exists */
  async #dryRunCreate(target: TargetRef, body: PostedSecret, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.api.create(target, body, { signal, dryRun: true })
      return false
    } catch (error) {
      // The API server checks the name last, so the new Secret is otherwise valid.
      if (isConflict(error)) return true
      throw error
    }
  }

  async #deleteOld(action: ReplaceAction, signal: AbortSignal): Promise<void> {
    const { api } = this.#options
    try {
      await api.delete(action.target, preconditions(action), { signal })
    } catch (error) {
      // Another client deleted it first.
      if (isConflict(error) && !(await api.get(action.target, signal))) return
      throw error
    }
  }

  async #create(target: TargetRef, body: PostedSecret, ownerName: string, signal: AbortSignal): Promise<CreatedSecret> {
    const { api, secrets } = this.#options
    try {
      const stored = await api.create(target, body, { signal })
      const changes = changesOfNew(body, ownerName, stored)
      const { observed } = secrets.recordWrite(stored.entry, changes.length > 0 ? ownerName : undefined)
      if (changes.length === 0) return { observed }
      return { observed, difference: changedByAdmission({ verb: 'create', target }, changes) }
    } catch (error) {
      if (!isRejection(error) || isConflict(error)) throw error
      const why = `Secret ${objectKey(target)} was deleted but could not be recreated; its content is in Secret ${replacementOf(target).name}, and the operator retries: ${error.message}`
      throw new SecretSyncError('WriteFailed', why, { facts: error.facts })
    }
  }

  async #deleteReplacement({ observed: { target, uid } }: CachedSecret, signal: AbortSignal): Promise<void> {
    const { api, secrets } = this.#options
    try {
      await api.delete(target, { uid }, { signal })
    } catch (error) {
      // It no longer exists, or has another uid.
      if (!isConflict(error)) throw error
    }
    secrets.recordRelease(target, uid)
  }

  /** A replacement that cannot be deleted now stays in `unfinished`, so that the engine finishes it later. */
  async #tryDeleteReplacement(replacement: SecretCacheEntry, signal: AbortSignal): Promise<void> {
    try {
      await this.#deleteReplacement(replacement, signal)
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
    }
  }
}

function observedOf({ observed, difference }: CreatedSecret): ObservedSecret {
  if (difference) throw difference
  return observed
}

/** A finalizer would keep the old Secret in deletion and block the creation of the new one. */
function rejectFinalizers(target: TargetRef, { metadata }: KubeObject): void {
  const [finalizer] = (metadata['finalizers'] ?? []) as readonly string[]
  if (finalizer === undefined) return
  throw new SecretSyncError(
    'TargetConflict',
    `Secret ${objectKey(target)} cannot be recreated: finalizer ${finalizer} of another controller blocks its deletion; remove the finalizer`,
  )
}

function replacementNameTaken(target: TargetRef, location: TargetRef): SecretSyncError {
  return new SecretSyncError(
    'TargetConflict',
    `Secret ${objectKey(target)} cannot be recreated: Secret ${location.name} is not managed by this operator and blocks the name of its replacement; delete ${location.name}`,
  )
}

function preconditions({ ifUid, ifResourceVersion }: ReplaceAction) {
  return { uid: ifUid, resourceVersion: ifResourceVersion }
}

/** Whether the API server rejected the request. Without a response the outcome is unknown. */
function isRejection(error: unknown): error is SecretSyncError {
  return isSecretSyncError(error) && !isOutage(error.code) && error.code !== 'Cancelled'
}

function isConflict(error: unknown): boolean {
  return isSecretSyncError(error) && error.code === 'Conflict'
}
