import {
  type ContentDigester,
  type CreateAction,
  isSecretSyncError,
  type ObservedSecret,
  type PatchAction,
  type RecordAction,
  type ReleaseAction,
  SecretSyncError,
  type TargetAction,
  type TargetRef,
} from '@ack-secret-manager/core'
import { compareResourceVersions } from '@ack-secret-manager/k8s-client'
import type { KnownSecret } from '../cache/secret-cache-entry.ts'
import type { KnownSecrets } from '../cache/secret-cache.ts'
import { REPLACEMENT_PREFIX } from '../names.ts'
import type { RecentSecrets } from '../cache/recent-secrets.ts'
import { createBody, patchBody, recordBody, releaseBody } from './secret-body.ts'
import { SecretReplacer } from './secret-replacer.ts'
import type { SecretsApi } from './secrets-api.ts'
import { isImmutable } from './write-error.ts'

/** Options of {@link SecretWrites}. */
export interface SecretWritesOptions {
  readonly api: SecretsApi
  readonly known: KnownSecrets
  readonly recent: RecentSecrets
  readonly digester: ContentDigester
  /** Asks the API server what is there. */
  readonly look: (target: TargetRef, signal: AbortSignal) => Promise<KnownSecret | undefined>
  /** Told of each answer; returns what is known now. */
  readonly answered: (answer: KnownSecret) => KnownSecret
  /** Told of what we have deleted, or taken our label off; then `resourceVersion` is the version without. */
  readonly gaveUp: (target: TargetRef, uid: string, resourceVersion: string | undefined) => void
}

/** Does what a writer is told, or says why not. */
export class SecretWrites {
  readonly #options: SecretWritesOptions
  readonly #replacer: SecretReplacer

  constructor(options: SecretWritesOptions) {
    this.#options = options
    const { api, known, digester, look, answered, gaveUp } = options
    this.#replacer = new SecretReplacer({
      api,
      known,
      digester,
      look,
      answered,
      deleted: (target, uid) => gaveUp(target, uid, undefined),
    })
  }

  /** @throws SecretSyncError as `SecretWriter.apply` */
  apply(action: TargetAction, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    switch (action.kind) {
      case 'create':
        return this.#create(action, signal)
      case 'patch':
        return this.#patch(action, signal)
      case 'record':
        return this.#record(action, signal)
      case 'replace':
        return this.#replacer.replace(action, signal)
      case 'finish':
        return this.#replacer.finish(action, signal)
      case 'release':
        return action.how === 'delete' ? this.#delete(action, signal) : this.#release(action, signal)
    }
  }

  async #create(action: CreateAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, known, answered } = this.#options
    const { target, owner } = action
    refuseReserved(target)
    const unfinished = known.replacementFor(target)?.replaces
    if (unfinished && unfinished.ownerName !== owner.name) {
      const why = `Secret ${target.namespace}/${target.name} is left alone: it is being made anew for ${owner.kind} ${unfinished.ownerName}`
      throw new SecretSyncError('TargetConflict', why)
    }
    return answered(await api.create(target, createBody(action), { signal })).observed
  }

  async #patch(action: PatchAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, known, answered } = this.#options
    const expected = await this.#expected(action, signal)
    try {
      const answer = await api.patch(action.target, patchBody(action, expected), signal)
      known.settle(answer, action.set.keys())
      return answered(answer).observed
    } catch (error) {
      // That is news to whoever decided.
      if (isSecretSyncError(error) && isImmutable(error) && known.freeze(expected)) throw changed(action.target)
      throw error
    }
  }

  async #record(action: RecordAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, answered } = this.#options
    const body = recordBody(action, await this.#expected(action, signal))
    return answered(await api.patch(action.target, body, signal)).observed
  }

  async #release(action: ReleaseAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, answered, gaveUp } = this.#options
    const body = releaseBody(action, await this.#expected(action, signal))
    const answer = await api.patch(action.target, body, signal)
    if (answer.isLabelled) return answered(answer).observed
    gaveUp(action.target, action.ifUid, answer.observed.resourceVersion)
    return answer.observed
  }

  async #delete(action: ReleaseAction, signal: AbortSignal): Promise<undefined> {
    const { api, gaveUp } = this.#options
    const { target, ifUid: uid, ifResourceVersion: resourceVersion } = action
    await api.delete(target, { uid, resourceVersion }, { signal })
    gaveUp(target, uid, undefined)
  }

  /** The Secret as the action expects it. The preconditions make sure that it still is when the write arrives. */
  async #expected(action: PatchAction | RecordAction | ReleaseAction, signal: AbortSignal): Promise<KnownSecret> {
    const { target, ifUid, ifResourceVersion } = action
    const isExpected = ({ observed }: KnownSecret): boolean =>
      observed.uid === ifUid && observed.resourceVersion === ifResourceVersion
    const known = this.#options.known.get(target)
    if (known && isExpected(known)) return known
    if (known && compareResourceVersions(known.observed.resourceVersion, ifResourceVersion) > 0) throw changed(target)
    const recent = this.#options.recent.take(target)
    if (recent && isExpected(recent)) return recent
    const found = await this.#options.look(target, signal)
    if (!found || !isExpected(found)) throw changed(target)
    return found
  }
}

/** A name that only a replacement has is nobody's target. */
function refuseReserved({ namespace, name }: TargetRef): void {
  if (!name.startsWith(REPLACEMENT_PREFIX)) return
  throw new SecretSyncError(
    'InvalidSpec',
    `Secret ${namespace}/${name}: names that begin with ${REPLACEMENT_PREFIX} are kept for Secrets that are made anew; choose another spec.target.name`,
    { facts: { field: 'spec.target.name' } },
  )
}

function changed({ namespace, name }: TargetRef): SecretSyncError {
  return new SecretSyncError('Conflict', `Secret ${namespace}/${name} is not as it was: look at it again`)
}
