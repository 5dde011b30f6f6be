import {
  isSecretSyncError,
  type ListOptions,
  type ReadResult,
  type SecretBackend,
  type SecretPage,
  type SecretRef,
  SecretSyncError,
  Sensitive,
  type SecretValue,
} from '@ack-secret-manager/core'
import type { BackendFault, BackendHarness } from '../backend/backend-harness.ts'

interface Version {
  readonly id: string
  readonly bytes: Uint8Array
  readonly dataType: 'text' | 'binary'
}

/** Defects that break one rule each. */
export type Defect =
  | 'text as latin1'
  | 'same version id'
  | 'ignores the version id'
  | 'ignores the stage'
  | 'reads twice'
  | 'caches'
  | 'mixes up concurrent reads'
  | 'plain bytes'
  | 'denied is not found'
  | 'denied falls back'
  | 'stranger is served'
  | 'looks names up in a plain object'
  | 'malformed is an invalid response'
  | 'retries'
  | 'throttled is unavailable'
  | 'waits forever'
  | 'ignores the signal'
  | 'ignores an aborted signal'
  | 'leaks listeners'
  | 'reads after close'
  | 'close throws the second time'
  | 'close does not cancel pending reads'
  | 'close ends all'
  | 'tells the value'
  | 'tells the credential'
  | 'throws plain errors'
  | 'counts access checks as reads'
  | 'mixes up a batch'
  | 'other errors in a batch'
  | 'reads a batch one by one'
  | 'batch without limits'
  | 'batch ignores the signal'
  | 'list lacks the first'
  | 'list repeats a page'
  | 'list always tags'
  | 'list ignores the signal'
  | 'list serves a stranger'
  | 'list tells values'

/** An in-memory manager with a backend, correct or with one defect. */
export class MemoryManager implements BackendHarness {
  readonly canaries = ['canary~Zx81~credential']
  readonly #defect: Defect | undefined
  readonly #secrets = new Map<string, Version[]>()
  readonly #denied = new Set<string>()
  readonly #faults = new Map<string, BackendFault>()
  readonly #open = new Set<() => void>()
  #reads = 0
  #versions = 0

  constructor(defect?: Defect) {
    this.#defect = defect
  }

  async put(name: string, content: { readonly text: string } | { readonly binary: Uint8Array }): Promise<void> {
    this.#versions += this.#defect === 'same version id' ? 0 : 1
    const version: Version = {
      id: `v${this.#versions}`,
      ...('text' in content
        ? { bytes: Buffer.from(content.text, this.#defect === 'text as latin1' ? 'latin1' : 'utf8'), dataType: 'text' }
        : { bytes: content.binary, dataType: 'binary' }),
    }
    this.#secrets.set(name, [version, ...(this.#secrets.get(name) ?? [])])
  }

  reads = async (): Promise<number> => this.#reads
  deny = async (name: string): Promise<void> => void this.#denied.add(name)
  play = async (fault: BackendFault, name: string): Promise<void> => void this.#faults.set(name, fault)

  open({ identity = 'reader', impatient = false }: Parameters<BackendHarness['open']>[0]): SecretBackend {
    const closing = new AbortController()
    const defect = this.#defect
    const close = (): void => closing.abort()
    this.#open.add(close)
    let last: string | undefined
    const cache = new Map<string, SecretValue>()
    const read = async (ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> => {
      const what = `secret ${JSON.stringify(ref.name)}`
      const cancelled = (): SecretSyncError => new SecretSyncError('Cancelled', `${what}: cancelled`)
      if (signal.aborted && defect !== 'ignores an aborted signal') throw cancelled()
      if (closing.signal.aborted && defect !== 'reads after close') throw cancelled()
      if (defect === 'caches' && cache.has(ref.name)) return cache.get(ref.name) as SecretValue
      if (defect === 'leaks listeners') signal.addEventListener('abort', () => undefined)
      last = ref.name
      if (defect === 'mixes up concurrent reads') await Promise.resolve()
      const name = defect === 'mixes up concurrent reads' ? last : ref.name
      const stops = defect === 'ignores the signal' ? [] : [signal]
      if (defect !== 'close does not cancel pending reads') stops.push(closing.signal)
      const stop = AbortSignal.any(stops)
      const value = await this.#respond({ ...ref, name }, { identity, impatient, stop, cancelled })
      if (defect === 'caches') cache.set(ref.name, value)
      return value
    }
    return {
      read: async (ref, options) => {
        try {
          return await read(ref, options)
        } catch (error) {
          if (defect === 'throws plain errors') throw new Error('it failed', { cause: error })
          if (defect === 'tells the credential' && error instanceof SecretSyncError) {
            throw new SecretSyncError(error.code, error.message, { cause: new Error(this.canaries[0]) })
          }
          throw error
        }
      },
      ...(defect === 'batch without limits' ? {} : { batch: { maxRefs: 10, keyOf: ({ name }: SecretRef) => name } }),
      readMany: async (refs, { signal }) => {
        if ((signal.aborted || closing.signal.aborted) && defect !== 'batch ignores the signal') {
          throw new SecretSyncError('Cancelled', 'the batch: cancelled')
        }
        const before = this.#reads
        const open = new AbortController().signal
        const results = await Promise.all(
          refs.map((ref) =>
            read(ref, { signal: open }).then(
              (value): ReadResult => ({ value }),
              (error: unknown): ReadResult => {
                if (!isSecretSyncError(error)) throw error
                return { error: defect === 'other errors in a batch' ? new SecretSyncError('Internal', 'no') : error }
              },
            ),
          ),
        )
        if (defect !== 'reads a batch one by one') this.#reads = before + (defect === 'reads twice' ? 2 : 1)
        return defect === 'mixes up a batch' ? results.toReversed() : results
      },
      list: async (options) => this.#page(options, { identity, closing: closing.signal }),
      checkAccess: async ({ name }) => {
        if (defect === 'counts access checks as reads') this.#reads += 1
        return this.#denied.has(name) ? { allowed: false, message: 'denied' } : { allowed: true }
      },
      close: async () => {
        if (closing.signal.aborted && defect === 'close throws the second time') throw new Error('closed')
        closing.abort()
        if (defect === 'close ends all') for (const each of this.#open) each()
      },
    }
  }

  #page(
    { cursor = '0', withTags, signal }: ListOptions,
    { identity, closing }: { readonly identity: string; readonly closing: AbortSignal },
  ): SecretPage {
    const defect = this.#defect
    if ((signal.aborted || closing.aborted) && defect !== 'list ignores the signal') {
      throw new SecretSyncError('Cancelled', 'the list: cancelled')
    }
    if (identity === 'stranger' && defect !== 'list serves a stranger') {
      throw new SecretSyncError('Unauthenticated', 'the list: Unauthenticated')
    }
    this.#reads += 1
    const names = [...this.#secrets.keys()].slice(defect === 'list lacks the first' ? 1 : 0)
    const at = Number(cursor)
    const items = names.slice(at, at + 2).map((name) => ({
      name,
      ...(withTags || defect === 'list always tags' ? { tags: {} } : {}),
      ...(defect === 'list tells values'
        ? { value: Buffer.from(this.#secrets.get(name)?.[0]?.bytes ?? []).toString() }
        : {}),
    }))
    const step = defect === 'list repeats a page' ? 1 : 2
    return { items, total: names.length, ...(at + step < names.length ? { next: String(at + step) } : {}) }
  }

  async #respond(
    ref: SecretRef,
    {
      identity,
      impatient,
      stop,
      cancelled,
    }: { identity: string; impatient: boolean; stop: AbortSignal; cancelled: () => SecretSyncError },
  ): Promise<SecretValue> {
    const what = `secret ${JSON.stringify(ref.name)}`
    const defect = this.#defect
    const fail = (code: ConstructorParameters<typeof SecretSyncError>[0]): never => {
      throw new SecretSyncError(code, `${what}: ${code}`)
    }
    this.#reads += defect === 'reads twice' ? 2 : 1
    const fault = this.#faults.get(ref.name)
    this.#faults.delete(ref.name)
    if (fault === 'hang') {
      await new Promise<void>((resolve, reject) => {
        if (impatient && defect !== 'waits forever') {
          setTimeout(() => reject(new SecretSyncError('Timeout', `${what}: no response`)), 20)
        }
        if (defect === 'waits forever') setTimeout(resolve, 20)
        if (defect === 'ignores the signal' || defect === 'close does not cancel pending reads') setTimeout(resolve, 20)
        stop.addEventListener('abort', () => reject(cancelled()), { once: true })
      })
    }
    if (fault !== undefined && defect === 'retries') return this.#respond(ref, { identity, impatient, stop, cancelled })
    if (fault === 'throttle') fail(defect === 'throttled is unavailable' ? 'Unavailable' : 'Throttled')
    if (fault === 'outage') fail('Unavailable')
    if (fault === 'garbage') fail('InvalidResponse')
    if (identity === 'stranger' && defect !== 'stranger is served') fail('Unauthenticated')
    if (this.#denied.has(ref.name) && defect !== 'denied falls back') {
      fail(defect === 'denied is not found' ? 'NotFound' : 'AccessDenied')
    }
    if (defect === 'looks names up in a plain object') Reflect.get({}, ref.name).toString()
    if (!/^[\w/+=.@-]+$/.test(ref.name)) {
      fail(defect === 'malformed is an invalid response' ? 'InvalidResponse' : 'InvalidSpec')
    }
    const versions = this.#secrets.get(ref.name) ?? fail('NotFound')
    const byId = defect === 'ignores the version id' ? undefined : ref.versionId
    const index = ref.versionStage === 'ACSPrevious' && defect !== 'ignores the stage' ? 1 : 0
    const version = byId === undefined ? versions[index] : versions.find(({ id }) => id === byId)
    if (version === undefined) return fail('NotFound')
    await new Promise((resolve) => setImmediate(resolve))
    return {
      bytes: new Sensitive(version.bytes),
      versionId: version.id,
      versionStages: [],
      type: 'Generic',
      dataType: version.dataType,
      ...(defect === 'tells the value' ? { requestId: Buffer.from(version.bytes).toString() } : {}),
      ...(defect === 'plain bytes' ? { raw: version.bytes } : {}),
    }
  }
}
