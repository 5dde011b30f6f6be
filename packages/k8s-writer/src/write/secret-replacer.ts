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
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { recreatedBody } from './recreated-body.ts'
import type { SecretCacheEntry } from '../cache/secret-cache-entry.ts'
import type { CachedSecret } from '../cache/secret-stub.ts'
import type { SecretInformer } from '../secret-informer.ts'
import { replacementBody, replacementOf, restoredBody } from '../replacement/replacement.ts'
import type { PostedSecret } from '../replacement/posted-secret.ts'
import type { SecretsApi } from './secrets-api.ts'

export interface SecretReplacerOptions {
  readonly api: SecretsApi
  /** Receives each response and deletion. */
  readonly secrets: SecretInformer
  /** Signs replacements, and checks signatures before a replacement is used. */
  readonly digester: ContentDigester
}

/**
 * Recreates Secrets under the same name. A replacement Secret stages the new content until the new Secret exists, so
 * that any replica can finish after a crash, see {@link SecretReplacer.finish}:
 *
 * 1. dry-run DELETE of the old Secret
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
    const body = await this.#bodyFor(action, signal)
    // Without permission to delete, the replacement could not be removed either.
    await api.delete(target, preconditions(action), { signal, dryRun: true })
    const replacement = await this.#stage(action, body, signal)
    // From here on cancellation is ignored, because the workload would be without its Secret. Each call still has a deadline.
    const uninterrupted = new AbortController().signal
    try {
      const oldExists = await this.#dryRunCreate(target, body, signal)
      if (signal.aborted)
        throw new SecretSyncError('Cancelled', `Secret ${nameOf(target)} was not recreated: cancelled`)
      if (oldExists) await this.#deleteOld(action, uninterrupted)
    } catch (error) {
      if (isRejection(error)) await this.#tryDeleteReplacement(replacement, signal)
      throw error
    }
    const created = await this.#create(target, body, uninterrupted)
    await this.#tryDeleteReplacement(replacement, uninterrupted)
    return created
  }

  /**
   * Creates a missing target from its replacement, then deletes the replacement. If another owner has the target, the replacement
   * is kept, unless it is orphaned: then no owner needs it, and it contains plaintext.
   */
  async finish({ target, ownerName }: FinishAction, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    const { secrets } = this.#options
    const replacement = secrets.cache.replacementFor(target)
    if (!replacement) return secrets.observe(target, { signal, fresh: false })
    // Read the target from the API server: a stale cache entry must not delete the only copy.
    const found = await secrets.read(target, signal)
    const observed = found ? found.observed : await this.#restore(replacement, target, signal)
    const isOrphaned = replacement.replaces?.orphaned === true
    if (observed && (isOrphaned || observed.records.has(ownerName))) await this.#deleteReplacement(replacement, signal)
    return observed
  }

  async #restore(
    { observed: { target: location } }: CachedSecret,
    target: TargetRef,
    signal: AbortSignal,
  ): Promise<ObservedSecret | undefined> {
    const { api, secrets, digester } = this.#options
    const staged = await api.getWhole(location, signal)
    const body = staged && restoredBody(staged, digester)
    if (body) return this.#create(target, body, signal)
    // A user deleted or changed the replacement.
    secrets.cache.forget(location)
    return undefined
  }

  async #bodyFor(action: ReplaceAction, signal: AbortSignal): Promise<PostedSecret> {
    const { target, ifUid, ifResourceVersion } = action
    const old = await this.#options.api.getWhole(target, signal)
    const isExpected = old?.metadata.uid === ifUid && old.metadata.resourceVersion === ifResourceVersion
    const body = isExpected ? recreatedBody(action, old) : undefined
    if (!old || !body)
      throw new SecretSyncError('Conflict', `Secret ${nameOf(target)} was changed in the meantime; read it again`)
    rejectFinalizers(target, old)
    return body
  }

  /** Creates the replacement. A leftover of an earlier attempt is deleted first, because the old Secret still exists. */
  async #stage(action: ReplaceAction, body: PostedSecret, signal: AbortSignal): Promise<SecretCacheEntry> {
    const { api, secrets, digester } = this.#options
    const { target, owner, record } = action
    const location = replacementOf(target)
    const post = async (): Promise<SecretCacheEntry> =>
      secrets.recordWrite(await api.create(location, replacementBody(body, owner.name, record, digester), { signal }))
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

  async #create(target: TargetRef, body: PostedSecret, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, secrets } = this.#options
    try {
      return secrets.recordWrite(await api.create(target, body, { signal })).observed
    } catch (error) {
      if (!isRejection(error) || isConflict(error)) throw error
      const why = `Secret ${nameOf(target)} was deleted but could not be recreated; its content is in Secret ${replacementOf(target).name}, and the operator retries: ${error.message}`
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

/** A finalizer would keep the old Secret in deletion and block the creation of the new one. */
function rejectFinalizers(target: TargetRef, { metadata }: KubeObject): void {
  const [finalizer] = (metadata['finalizers'] ?? []) as readonly string[]
  if (finalizer === undefined) return
  throw new SecretSyncError(
    'TargetConflict',
    `Secret ${nameOf(target)} cannot be recreated: finalizer ${finalizer} of another controller blocks its deletion; remove the finalizer`,
  )
}

function replacementNameTaken(target: TargetRef, location: TargetRef): SecretSyncError {
  return new SecretSyncError(
    'TargetConflict',
    `Secret ${nameOf(target)} cannot be recreated: Secret ${location.name} is not managed by this operator and blocks the name of its replacement; delete ${location.name}`,
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

function nameOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
