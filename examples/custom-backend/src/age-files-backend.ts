import { createHash } from 'node:crypto'
import path from 'node:path'
import {
  type Clock,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  Sensitive,
  withDeadline,
} from '@ack-secret-manager/core'
import { armor, Decrypter } from 'age-encryption'
import type { ReadFile } from './read-regular-file.ts'

/** Options of {@link AgeFilesBackend}. */
export interface AgeFilesBackendOptions {
  readonly root: string
  readonly identity: Sensitive<string>
  readonly timeoutMs: number
  readonly readFile: ReadFile
  readonly clock: Clock
}

/** Plain names, joined by `/`, without `.`, `..` and other names that are special to a file system. */
const NAME = /^(?!\.{1,2}(\/|$))[\w@.-]+(\/(?!\.{1,2}(\/|$))[\w@.-]+)*$/
const MAX_NAME_LENGTH = 200
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----'

/** Reads secret `app/db` from the file `app/db.age` below a folder. The version id is a digest of the encrypted file. */
export class AgeFilesBackend implements SecretBackend {
  readonly #options: AgeFilesBackendOptions
  readonly #closing = new AbortController()

  constructor(options: AgeFilesBackendOptions) {
    this.#options = options
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const { timeoutMs, clock } = this.#options
    const what = `age file of secret ${JSON.stringify(ref.name.slice(0, MAX_NAME_LENGTH))}`
    return withDeadline((stop) => this.#read(ref, what, stop), {
      timeoutMs,
      what,
      signal,
      closing: this.#closing.signal,
      clock,
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
  }

  async #read(ref: SecretRef, what: string, signal: AbortSignal): Promise<SecretValue> {
    if (ref.name.length > MAX_NAME_LENGTH || !NAME.test(ref.name)) {
      throw new SecretSyncError('NotFound', `${what}: invalid name for a file`)
    }
    const file = await this.#file(`${ref.name}.age`, what, signal)
    const versionId = createHash('sha256').update(file).digest('hex').slice(0, 32)
    const isOther =
      ref.versionId === undefined ? (ref.versionStage ?? 'ACSCurrent') !== 'ACSCurrent' : ref.versionId !== versionId
    if (isOther) throw new SecretSyncError('NotFound', `${what}: a folder contains only the current version`)
    const bytes = await this.#decrypt(file, what)
    return {
      bytes: new Sensitive(bytes),
      versionId,
      versionStages: ['ACSCurrent'],
      type: 'Generic',
      dataType: isText(bytes) ? 'text' : 'binary',
    }
  }

  async #file(name: string, what: string, signal: AbortSignal): Promise<Uint8Array> {
    const { root, readFile } = this.#options
    try {
      return await readFile(path.join(root, name), { root, signal })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new SecretSyncError('NotFound', `${what}: no such file`)
      if (code === 'EACCES') throw new SecretSyncError('AccessDenied', `${what}: the process may not read it`)
      if (code === 'EFBIG') throw new SecretSyncError('InvalidResponse', `${what}: it is too large`)
      throw new SecretSyncError('Unavailable', `${what}: it cannot be read (${code})`)
    }
  }

  async #decrypt(file: Uint8Array, what: string): Promise<Uint8Array> {
    const decrypter = new Decrypter()
    decrypter.addIdentity(this.#options.identity.expose())
    try {
      const text = Buffer.from(file).toString('latin1')
      return await decrypter.decrypt(text.startsWith(ARMOR) ? armor.decode(text) : file)
    } catch (error) {
      // The library has no error codes, so only its message identifies this case.
      if (error instanceof Error && error.message.startsWith('no identity matched')) {
        throw new SecretSyncError('AccessDenied', `${what}: it is not encrypted to the key of this process`)
      }
      throw new SecretSyncError('InvalidResponse', `${what}: it is not an age file, or is damaged`)
    }
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
