import {
  contentDigester,
  type ReplaceAction,
  SecretSyncError,
  Sensitive,
  systemClock,
  type TargetRef,
} from '@ack-secret-manager/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { type SecretCacheEntry, cacheEntryOf } from '../cache/secret-cache-entry.ts'
import type { SecretCache } from '../cache/secret-cache.ts'
import { SecretInformer } from '../secret-informer.ts'
import { replacementOf } from '../replacement/replacement.ts'
import { jsonBody, type PostedSecret } from '../replacement/posted-secret.ts'
import { SecretReplacer } from './secret-replacer.ts'
import type { SecretsApi } from './secrets-api.ts'
import type { StoredSecret } from './stored-secret.ts'
import { objectOf, ownerNamed, recordOf, TARGET } from '../testing/secrets.ts'

const record = recordOf(['a'])
const { name: replacementName } = replacementOf(TARGET)
const action: ReplaceAction = {
  kind: 'replace',
  target: TARGET,
  owner: ownerNamed('db'),
  type: 'Opaque',
  record,
  set: new Map([['a', new Sensitive<Uint8Array>(Buffer.from('new'))]]),
  carry: [],
  ifUid: 'u1',
  ifResourceVersion: '100',
}

/** In-memory Secrets that record all calls. A call whose text matches `failing` fails. */
class SecretsDouble {
  readonly calls: string[] = []
  readonly objects = new Map<string, KubeObject>()
  onCall: (call: string) => void = () => undefined
  /** Mutating admission. */
  admit: (secret: KubeObject) => KubeObject = (secret) => secret
  #uids = 1

  get(target: TargetRef): Promise<SecretCacheEntry | undefined> {
    const object = this.objects.get(target.name)
    return Promise.resolve(object && cacheEntryOf(object))
  }

  getWhole(target: TargetRef): Promise<KubeObject | undefined> {
    return Promise.resolve(this.objects.get(target.name))
  }

  async create(target: TargetRef, body: PostedSecret, { dryRun = false, signal }: Call): Promise<StoredSecret> {
    this.#begin(`create ${target.name}${dryRun ? ' (dry run)' : ''}`, signal)
    if (this.objects.has(target.name)) throw new SecretSyncError('Conflict', 'it already exists')
    this.#uids += 1
    const metadata = { ...body.metadata, uid: `u${this.#uids}`, resourceVersion: '200' }
    const object = this.admit({ ...jsonBody(body), metadata })
    if (!dryRun) this.objects.set(target.name, object)
    return { entry: cacheEntryOf(object), object }
  }

  async delete(target: TargetRef, preconditions: { uid?: string }, { dryRun = false, signal }: Call): Promise<void> {
    this.#begin(`delete ${target.name}${dryRun ? ' (dry run)' : ` ${preconditions.uid}`}`, signal)
    if (!dryRun) this.objects.delete(target.name)
  }

  #begin(call: string, signal: AbortSignal): void {
    signal.throwIfAborted()
    this.calls.push(call)
    this.onCall(call)
  }
}

interface Call {
  readonly signal: AbortSignal
  readonly dryRun?: boolean
}

describe('SecretReplacer', () => {
  let api: SecretsDouble
  let cache: SecretCache
  let replacer: SecretReplacer
  let stop: AbortController

  beforeEach(() => {
    api = new SecretsDouble()
    api.objects.set(TARGET.name, { ...objectOf('db', record), type: 'Opaque', data: { a: 'b2xk' } })
    stop = new AbortController()
    const digester = contentDigester(new Uint8Array(32).fill(1))
    const calls = api as unknown as SecretsApi
    const secrets = new SecretInformer({ api: calls, digester, clock: systemClock, timeoutMs: 1_000 })
    cache = secrets.cache
    replacer = new SecretReplacer({ api: calls, secrets, digester })
  })
  const failAt = (call: string, error: Error): void => {
    api.onCall = (each) => {
      if (each === call) throw error
    }
  }

  it('stages the replacement, deletes the old Secret, creates the new one and removes the replacement', async () => {
    await replacer.replace(action, stop.signal)
    expect(api.calls).toEqual([
      'delete db (dry run)',
      `create ${replacementName}`,
      'create db (dry run)',
      'delete db u1',
      'create db',
      `delete ${replacementName} u2`,
    ])
  })

  it.each([{ ifResourceVersion: '99' }, { ifUid: 'u9' }])('rejects a Secret that has changed: %o', async (more) => {
    await expect(replacer.replace({ ...action, ...more }, stop.signal)).rejects.toMatchObject({ code: 'Conflict' })
    expect(api.calls).toEqual([])
  })

  it('keeps the replacement after a timeout, and removes it after a rejection', async () => {
    failAt('delete db u1', new SecretSyncError('Timeout', 'no response'))
    await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'Timeout' })
    expect(cache.replacementFor(TARGET)).toBeDefined()
    failAt('delete db u1', new SecretSyncError('WriteDenied', 'forbidden'))
    await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'WriteDenied' })
    expect(cache.replacementFor(TARGET)).toBeUndefined()
  })

  it('creates the new Secret even if it is cancelled after the deletion of the old one', async () => {
    api.onCall = (call) => {
      if (call === 'delete db u1') stop.abort()
    }
    await replacer.replace(action, stop.signal)
    expect(api.objects.has('db')).toBe(true)
    expect(api.objects.has(replacementName)).toBe(false)
  })

  it('keeps a Secret of another client that has the name of the replacement', async () => {
    api.objects.set(replacementName, { metadata: { ...replacementOf(TARGET), uid: 'theirs', resourceVersion: '1' } })
    await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'TargetConflict' })
    expect(api.calls).toEqual(['delete db (dry run)', `create ${replacementName}`])
  })

  it('keeps the replacement while the target belongs to another owner', async () => {
    failAt('create db', new SecretSyncError('Timeout', 'no response'))
    await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'Timeout' })
    api.onCall = () => undefined
    api.objects.set('db', objectOf('web', record, { uid: 'theirs' }))
    await replacer.finish({ kind: 'finish', target: TARGET, ownerName: 'db' }, stop.signal)
    expect(cache.replacementFor(TARGET)).toBeDefined()
    api.objects.delete('db')
    await replacer.finish({ kind: 'finish', target: TARGET, ownerName: 'db' }, stop.signal)
    expect([api.objects.has('db'), cache.replacementFor(TARGET)]).toEqual([true, undefined])
  })

  describe('while admission changes Secrets', () => {
    const isOf = ({ metadata }: KubeObject, name: string): boolean => metadata.name === name
    const changed = (secret: KubeObject): KubeObject => ({ ...secret, data: { a: 'b3RoZXI=' } })

    it('does not delete a changed Secret if the new one would be changed as well', async () => {
      const old = api.objects.get('db')
      api.objects.set('db', { ...old, metadata: old?.metadata ?? {}, type: 'example.com/other' })
      api.admit = (secret) => ({ ...secret, type: 'example.com/other' })
      await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({
        code: 'WriteDenied',
        message:
          'create Secret team-a/db: an admission webhook or policy changed the type; exclude the Secrets of this operator from it',
      })
      expect(api.calls).toEqual(['delete db (dry run)', `create ${replacementName}-check (dry run)`])
      api.admit = (secret) => secret
      await replacer.replace(action, stop.signal)
      expect(api.objects.get('db')).toMatchObject({
        type: 'Opaque',
        data: { a: Buffer.from('new').toString('base64') },
      })
    })

    it('keeps the old Secret if its replacement is changed', async () => {
      const old = api.objects.get('db')
      api.admit = (secret) => (isOf(secret, replacementName) ? changed(secret) : secret)
      await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({
        code: 'WriteDenied',
        message: `create Secret team-a/${replacementName}: an admission webhook or policy changed key a; exclude the Secrets of this operator from it`,
      })
      expect([api.objects.get('db'), api.objects.has(replacementName)]).toEqual([old, false])
    })

    it('reports that the new Secret is changed, and removes the replacement', async () => {
      api.admit = (secret) => (isOf(secret, 'db') ? changed(secret) : secret)
      await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'WriteDenied' })
      expect([api.objects.has('db'), api.objects.has(replacementName)]).toEqual([true, false])
    })

    it('reports that a restored Secret is changed, and removes the replacement', async () => {
      failAt('create db', new SecretSyncError('Timeout', 'no response'))
      await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'Timeout' })
      api.onCall = () => undefined
      api.admit = changed
      const finish = { kind: 'finish', target: TARGET, ownerName: 'db' } as const
      await expect(replacer.finish(finish, stop.signal)).rejects.toMatchObject({ code: 'WriteDenied' })
      expect([api.objects.has('db'), cache.replacementFor(TARGET)]).toEqual([true, undefined])
    })
  })

  describe('with a deleted owner', () => {
    const finish = { kind: 'finish', target: TARGET, ownerName: 'db' } as const
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid: 'uid-of-other' }

    /** State after a crash between DELETE and POST, with an `edit` by the garbage collector or a user. */
    const interrupted = async (edit: (replacement: KubeObject) => KubeObject): Promise<void> => {
      const references = [{ ...ownerReference, controller: true, blockOwnerDeletion: false }, other]
      api.objects.set('db', {
        ...objectOf('db', record, { ownerReferences: references }),
        type: 'Opaque',
        data: { a: 'b2xk' },
      })
      failAt('create db', new SecretSyncError('Timeout', 'no response'))
      await expect(replacer.replace(action, stop.signal)).rejects.toMatchObject({ code: 'Timeout' })
      api.onCall = () => undefined
      const staged = api.objects.get(replacementName)
      if (!staged) throw new Error('no replacement')
      const replacement = edit({ ...staged, metadata: { ...staged.metadata, resourceVersion: '300' } })
      api.objects.set(replacementName, replacement)
      cache.recordResponse(cacheEntryOf(replacement))
    }
    const { name, apiVersion, kind, uid } = ownerNamed('db')
    const ownerReference = { apiVersion, kind, name, uid }
    const orphaned = (replacement: KubeObject): KubeObject => ({
      ...replacement,
      metadata: { ...replacement.metadata, ownerReferences: [] },
    })

    it('distinguishes an orphaned replacement from one that the garbage collector deletes', async () => {
      await interrupted((replacement) => replacement)
      expect([...cache.unfinished()]).toEqual([{ target: TARGET, ownerName: 'db', deletion: 'delete' }])
      api.objects.clear()
      await interrupted(orphaned)
      expect([...cache.unfinished()]).toEqual([{ target: TARGET, ownerName: 'db', deletion: 'delete', orphaned: true }])
    })

    it('recognizes an orphaned replacement by the UID of its owner, also if it has other owners', async () => {
      await interrupted(({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, ownerReferences: [other] } }))
      expect([...cache.unfinished()]).toMatchObject([{ orphaned: true }])
    })

    it('creates an orphaned Secret without the reference to its former owner', async () => {
      await interrupted(orphaned)
      await replacer.finish(finish, stop.signal)
      expect(api.objects.get('db')?.metadata.ownerReferences).toEqual([other])
      expect(api.objects.get('db')?.['data']).toEqual({ a: Buffer.from('new').toString('base64') })
      expect([api.objects.has(replacementName), cache.replacementFor(TARGET)]).toEqual([false, undefined])
    })

    it('creates nothing from an orphaned replacement that a user has edited', async () => {
      await interrupted((replacement) => ({ ...orphaned(replacement), data: { a: 'eA==' } }))
      await expect(replacer.finish(finish, stop.signal)).rejects.toMatchObject({ code: 'TargetConflict' })
      expect([api.objects.has('db'), api.objects.has(replacementName)]).toEqual([false, true])
    })

    it('only removes an orphaned replacement when the target exists, even if another owner has the target', async () => {
      for (const owner of ['db', 'web']) {
        api.objects.clear()
        await interrupted(orphaned)
        const target = objectOf(owner, record, { uid: 'theirs' })
        api.objects.set('db', target)
        await replacer.finish(finish, stop.signal)
        expect(api.objects.get('db')).toBe(target)
        expect([api.objects.has(replacementName), cache.replacementFor(TARGET)]).toEqual([false, undefined])
      }
    })
  })
})
