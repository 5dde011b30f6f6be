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
  unknownAction,
} from '@ack-secret-manager/core'
import { compareResourceVersions } from '@ack-secret-manager/k8s-client'
import { REPLACEMENT_PREFIX } from '@ack-secret-manager/resources'
import type { SecretCacheEntry } from '../cache/secret-cache-entry.ts'
import type { SecretPatch } from '../replacement/posted-secret.ts'
import type { SecretInformer } from '../secret-informer.ts'
import { createBody, patchBody, recordBody, releaseBody } from './secret-body.ts'
import { SecretReplacer } from './secret-replacer.ts'
import type { SecretsApi } from './secrets-api.ts'
import { changedUnsentKeys, changesByAdmission, type StoredSecret } from './stored-secret.ts'
import { changedByAdmission, isImmutable } from './write-error.ts'

export interface SecretWritesOptions {
  readonly api: SecretsApi
  /** Receives each response, deletion and release. */
  readonly secrets: SecretInformer
  readonly digester: ContentDigester
}

/** Executes the actions of a writer. */
export class SecretWrites {
  readonly #options: SecretWritesOptions
  readonly #replacer: SecretReplacer

  constructor(options: SecretWritesOptions) {
    this.#options = options
    this.#replacer = new SecretReplacer(options)
  }

  /** @throws SecretSyncError as `SecretWriter.apply` */
  async apply(action: TargetAction, signal: AbortSignal): Promise<ObservedSecret | undefined> {
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
      default:
        throw unknownAction(action)
    }
  }

  async #create(action: CreateAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, secrets } = this.#options
    const { target, owner } = action
    rejectReservedName(target)
    const unfinished = secrets.cache.replacementFor(target)?.replaces
    if (unfinished && unfinished.ownerName !== owner.name) {
      const why = `Secret ${target.namespace}/${target.name} is being recreated for ${owner.kind} ${unfinished.ownerName}; choose another spec.target.name`
      throw new SecretSyncError('TargetConflict', why)
    }
    const body = createBody(action)
    const stored = await api.create(target, body, { signal })
    const { type, record } = action
    const changes = changesByAdmission({ body, type, record, ownerName: owner.name }, stored)
    if (changes.length > 0) secrets.cache.markPossiblyDrifted(stored.entry, record.keys.keys())
    const { observed } = secrets.recordWrite(stored.entry, changes.length > 0 ? owner.name : undefined)
    if (changes.length > 0) throw changedByAdmission({ verb: 'create', target }, changes)
    return observed
  }

  async #patch(action: PatchAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { secrets, digester } = this.#options
    const { target, owner, type, record } = action
    const before = await this.#expected(action, signal)
    const body = patchBody(action, before)
    const sent = { body, type, record, ownerName: owner.name, references: before.references }
    const stored = await this.#send(target, body, before, signal)
    const unsent = changedUnsentKeys(body, stored, before, digester)
    const changes = changesByAdmission(sent, stored)
    if (changes.length === 0) secrets.cache.markVerified(stored.entry, action.set.keys())
    else secrets.cache.markPossiblyDrifted(stored.entry, record.keys.keys())
    const { observed } = secrets.recordWrite(stored.entry, changes.length > 0 ? owner.name : undefined)
    if (unsent.size > 0) secrets.recordBroken(stored.entry, unsent, owner.name)
    if (changes.length > 0) throw changedByAdmission({ verb: 'patch', target }, changes)
    // By admission, or before this write by a client with our field manager. The next write sends them, and shows which.
    if ([...unsent].some((key) => record.keys.has(key))) throw conflict(target)
    return observed
  }

  async #send(
    target: TargetRef,
    body: SecretPatch,
    before: SecretCacheEntry,
    signal: AbortSignal,
  ): Promise<StoredSecret> {
    const { api, secrets } = this.#options
    try {
      return await api.patch(target, body, signal)
    } catch (error) {
      if (!isSecretSyncError(error) || !isImmutable(error)) throw error
      // The cache keeps no findings about a Secret that is not managed yet. As a conflict it is watched until it is deleted.
      if (!before.isLabelled) throw new SecretSyncError('TargetConflict', error.message, { facts: error.facts })
      // The observation did not show that the Secret is immutable: the caller observes it again and decides differently.
      if (secrets.cache.markImmutable(before)) throw conflict(target)
      throw error
    }
  }

  /** Reports recorded keys with other content that this write did not set, so that their owners reconcile. */
  #recordUnsent(body: SecretPatch, stored: StoredSecret, before: SecretCacheEntry): void {
    const { secrets, digester } = this.#options
    const keys = changedUnsentKeys(body, stored, before, digester)
    if (keys.size > 0) secrets.recordBroken(stored.entry, keys)
  }

  async #record(action: RecordAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, secrets } = this.#options
    const before = await this.#expected(action, signal)
    const body = recordBody(action, before)
    const stored = await api.patch(action.target, body, signal)
    const { observed } = secrets.recordWrite(stored.entry)
    this.#recordUnsent(body, stored, before)
    return observed
  }

  async #release(action: ReleaseAction, signal: AbortSignal): Promise<ObservedSecret> {
    const { api, secrets } = this.#options
    const before = await this.#expected(action, signal)
    const body = releaseBody(action, before)
    const stored = await api.patch(action.target, body, signal)
    if (stored.entry.isLabelled) {
      const { observed } = secrets.recordWrite(stored.entry)
      this.#recordUnsent(body, stored, before)
      return observed
    }
    const { observed } = stored.entry
    secrets.recordRelease(action.target, action.ifUid, observed.resourceVersion)
    return observed
  }

  async #delete(action: ReleaseAction, signal: AbortSignal): Promise<undefined> {
    const { api, secrets } = this.#options
    const { target, ifUid: uid, ifResourceVersion: resourceVersion } = action
    await api.delete(target, { uid, resourceVersion }, { signal })
    secrets.recordRelease(target, uid)
  }

  /** Returns the entry with the expected version. The preconditions of the write do not depend on it. */
  async #expected(action: PatchAction | RecordAction | ReleaseAction, signal: AbortSignal): Promise<SecretCacheEntry> {
    const { target, ifUid, ifResourceVersion } = action
    const isExpected = ({ observed }: SecretCacheEntry): boolean =>
      observed.uid === ifUid && observed.resourceVersion === ifResourceVersion
    const { secrets } = this.#options
    const known = secrets.cache.get(target)
    if (known && isExpected(known)) return known
    // A stub does not get here; the preconditions of the write reject an outdated version.
    if (known && compareResourceVersions(known.observed.resourceVersion, ifResourceVersion) > 0) throw conflict(target)
    const recent = secrets.takeRecent(target)
    if (recent && isExpected(recent)) return recent
    const found = await secrets.read(target, signal)
    if (!found || !isExpected(found)) throw conflict(target)
    return found
  }
}

/** No target may use the name of a replacement. */
function rejectReservedName({ namespace, name }: TargetRef): void {
  if (!name.startsWith(REPLACEMENT_PREFIX)) return
  throw new SecretSyncError(
    'InvalidSpec',
    `Secret ${namespace}/${name}: names that begin with ${REPLACEMENT_PREFIX} are reserved for replacements; choose another spec.target.name`,
    { facts: { field: 'spec.target.name' } },
  )
}

function conflict({ namespace, name }: TargetRef): SecretSyncError {
  return new SecretSyncError('Conflict', `Secret ${namespace}/${name} was changed in the meantime; read it again`)
}
