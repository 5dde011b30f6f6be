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
import { anewBody } from './replacement-body.ts'
import type { KnownSecret } from '../cache/secret-cache-entry.ts'
import type { KnownSecrets } from '../cache/secret-cache.ts'
import { replacementBody, replacementOf, restoredBody } from '../replacement/replacement.ts'
import type { PostedSecret } from '../replacement/posted-secret.ts'
import type { SecretsApi } from './secrets-api.ts'

/** Options of a {@link SecretReplacer}. */
export interface SecretReplacerOptions {
  readonly api: SecretsApi
  readonly known: KnownSecrets
  /** Signs replacements, and checks signatures before a replacement is used. */
  readonly digester: ContentDigester
  /** Asks the API server what is there. */
  readonly look: (target: TargetRef, signal: AbortSignal) => Promise<KnownSecret | undefined>
  /** Told of each answer; returns what is known now. */
  readonly answered: (answer: KnownSecret) => KnownSecret
  /** Told of what we have deleted. */
  readonly deleted: (target: TargetRef, uid: string) => void
}

/**
 * Makes Secrets anew under their name. What it does is kept in a second Secret, the replacement, from before the old one goes
 * until the new one is there; so whoever comes after a crash can end it, see {@link SecretReplacer.finish}:
 *
 * 1. try whether the old one may be deleted
 * 2. POST the replacement
 * 3. try whether the new one may be created
 * 4. DELETE the old one, exactly as it was seen, and at once POST the new one
 * 5. DELETE the replacement
 */
export class SecretReplacer {
  readonly #options: SecretReplacerOptions

  constructor(options: SecretReplacerOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError as `SecretWriter.apply`; the old one is still there, or there is a replacement */
  async replace(action: ReplaceAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api } = this.#options
    const { target } = action
    const body = await this.#bodyFor(action, signal)
    // Who may not delete could not clear up either.
    await api.delete(target, preconditions(action), { signal, dryRun: true })
    const replacement = await this.#layBy(action, body, signal)
    // Who is told to stop between the two calls goes on: the workload would be without its Secret. Each has a deadline of its own.
    const unbroken = new AbortController().signal
    try {
      const isThere = await this.#mayCreate(target, body, signal)
      if (signal.aborted)
        throw new SecretSyncError('Cancelled', `Secret ${nameOf(target)} was not made anew: cancelled`)
      if (isThere) await this.#remove(action, unbroken)
    } catch (error) {
      if (isRefusal(error)) await this.#tryClear(replacement, signal)
      throw error
    }
    const made = await this.#make(target, body, unbroken)
    await this.#tryClear(replacement, unbroken)
    return made
  }

  /**
   * Makes the target, if there is none, out of its replacement. A target of another owner keeps the replacement waiting, unless
   * the replacement was orphaned: no owner waits for the name, and plaintext must not stay.
   */
  async finish({ target, ownerName }: FinishAction, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    const { known, look } = this.#options
    const replacement = known.replacementFor(target)
    if (!replacement) return known.get(target)?.observed
    // What the watch has told the end of must not cost the copy that is left.
    const found = await look(target, signal)
    const observed = found ? found.observed : await this.#restore(replacement, target, signal)
    const isOrphaned = replacement.replaces?.orphaned === true
    if (observed && (isOrphaned || observed.records.has(ownerName))) await this.#clear(replacement, signal)
    return observed
  }

  async #restore(
    { observed: { target: place } }: KnownSecret,
    target: TargetRef,
    signal: AbortSignal,
  ): Promise<ObservedSecret | undefined> {
    const { api, known, digester } = this.#options
    const laidBy = await api.getWhole(place, signal)
    const body = laidBy && restoredBody(laidBy, digester)
    if (body) return this.#make(target, body, signal)
    // Somebody has deleted it, or made something else of it.
    known.forget(place)
    return undefined
  }

  async #bodyFor(action: ReplaceAction, signal: AbortSignal): Promise<PostedSecret> {
    const { target, ifUid, ifResourceVersion } = action
    const old = await this.#options.api.getWhole(target, signal)
    const isExpected = old?.metadata.uid === ifUid && old.metadata.resourceVersion === ifResourceVersion
    const body = isExpected ? anewBody(action, old) : undefined
    if (!old || !body)
      throw new SecretSyncError('Conflict', `Secret ${nameOf(target)} is not as it was: look at it again`)
    refuseFinalizers(target, old)
    return body
  }

  /** One that is left of a replacement that was given up is in the way, and worth nothing while the old Secret is there. */
  async #layBy(action: ReplaceAction, body: PostedSecret, signal: AbortSignal): Promise<KnownSecret> {
    const { api, answered, digester } = this.#options
    const { target, owner, record } = action
    const place = replacementOf(target)
    const post = async (): Promise<KnownSecret> =>
      answered(await api.create(place, replacementBody(body, owner.name, record, digester), { signal }))
    try {
      return await post()
    } catch (error) {
      if (!isConflict(error)) throw error
      const left = await api.get(place, signal)
      if (left && !left.replaces) throw inTheWay(target, place)
      if (left) await this.#clear(left, signal)
      return post()
    }
  }

  /** @returns whether the old one is there, and the new one could take its place; false when it is gone already */
  async #mayCreate(target: TargetRef, body: PostedSecret, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.api.create(target, body, { signal, dryRun: true })
      return false
    } catch (error) {
      // It comes after all other checks: nothing but the name is in the way.
      if (isConflict(error)) return true
      throw error
    }
  }

  async #remove(action: ReplaceAction, signal: AbortSignal): Promise<void> {
    const { api } = this.#options
    try {
      await api.delete(action.target, preconditions(action), { signal })
    } catch (error) {
      // Somebody else was first: all the more is the new one needed.
      if (isConflict(error) && !(await api.get(action.target, signal))) return
      throw error
    }
  }

  async #make(target: TargetRef, body: PostedSecret, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, answered } = this.#options
    try {
      return answered(await api.create(target, body, { signal })).observed
    } catch (error) {
      if (!isRefusal(error) || isConflict(error)) throw error
      const why = `Secret ${nameOf(target)} was to be made anew and is gone; what it holds is in Secret ${replacementOf(target).name}, and it is tried again: ${error.message}`
      throw new SecretSyncError('WriteFailed', why, { facts: error.facts })
    }
  }

  async #clear({ observed: { target, uid } }: KnownSecret, signal: AbortSignal): Promise<void> {
    const { api, deleted } = this.#options
    try {
      await api.delete(target, { uid }, { signal })
    } catch (error) {
      // It is gone, or another one is there by now.
      if (!isConflict(error)) throw error
    }
    deleted(target, uid)
  }

  /** What cannot be cleared now stays known as unfinished: whoever asked will have it finished. */
  async #tryClear(replacement: KnownSecret, signal: AbortSignal): Promise<void> {
    try {
      await this.#clear(replacement, signal)
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
    }
  }
}

/** Somebody waits for the Secret to be deleted, so that it would stay, and the new one could not come. */
function refuseFinalizers(target: TargetRef, { metadata }: KubeObject): void {
  const [finalizer] = (metadata['finalizers'] ?? []) as readonly string[]
  if (finalizer === undefined) return
  throw new SecretSyncError(
    'TargetConflict',
    `Secret ${nameOf(target)} is left alone: it has to be made anew, and finalizer ${finalizer} of somebody else keeps it`,
  )
}

function inTheWay(target: TargetRef, place: TargetRef): SecretSyncError {
  return new SecretSyncError(
    'TargetConflict',
    `Secret ${nameOf(target)} is left alone: it has to be made anew, and Secret ${place.name}, which is none of ours, is in the way; delete that one`,
  )
}

function preconditions({ ifUid, ifResourceVersion }: ReplaceAction) {
  return { uid: ifUid, resourceVersion: ifResourceVersion }
}

/** Whether a request was refused. Of one without an answer nobody knows what it has done. */
function isRefusal(error: unknown): error is SecretSyncError {
  return isSecretSyncError(error) && !isOutage(error.code) && error.code !== 'Cancelled'
}

function isConflict(error: unknown): boolean {
  return isSecretSyncError(error) && error.code === 'Conflict'
}

function nameOf({ namespace, name }: TargetRef): string {
  return `${namespace}/${name}`
}
