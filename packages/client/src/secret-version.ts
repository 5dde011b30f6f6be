import { inspect } from 'node:util'
import {
  type RotationFacts,
  SecretSyncError,
  type SecretType,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * One version of a secret. All its parts belong together: a user and a password from one version never mix with those of another.
 * Logs, JSON and `inspect` show its name and version, never its value.
 */
export class SecretVersion {
  readonly name: string
  readonly versionId: string
  readonly versionStages: readonly string[]
  readonly type: SecretType
  /** Absent if KMS does not rotate the secret. */
  readonly rotation?: RotationFacts
  readonly #bytes: Sensitive<Uint8Array>

  constructor(name: string, value: SecretValue) {
    this.name = name
    this.versionId = value.versionId
    this.versionStages = value.versionStages
    this.type = value.type
    if (value.rotation !== undefined) this.rotation = value.rotation
    // A copy, because the backend of an application may change its bytes later.
    this.#bytes = new Sensitive(new Uint8Array(value.bytes.expose()))
  }

  /** The value as text. @throws SecretSyncError `NotADocument` if it is not UTF-8 */
  text(): string {
    try {
      return TEXT.decode(this.#bytes.expose())
    } catch {
      throw this.#malformed('is not UTF-8 text: use bytes()')
    }
  }

  /** The parsed JSON; `T` is not verified. @throws SecretSyncError `NotADocument`, without a part of the value, if it is not JSON */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- shorter than an assertion at each call
  json<T = unknown>(): T {
    const text = this.text()
    try {
      return JSON.parse(text) as T
    } catch {
      // The message of the SyntaxError quotes the value.
      throw this.#malformed('is not JSON')
    }
  }

  /** The bytes as stored, as a copy. */
  bytes(): Uint8Array {
    // Unlike that of an array, the slice of a buffer shares its memory.
    return new Uint8Array(this.#bytes.expose())
  }

  /** Whether the other version has the same id and the same bytes. */
  equals(other: SecretVersion): boolean {
    if (this.versionId !== other.versionId) return false
    return Buffer.compare(this.#bytes.expose(), other.#bytes.expose()) === 0
  }

  toJSON(): object {
    const { name, versionId, versionStages, type } = this
    return { name, versionId, versionStages, type }
  }

  toString(): string {
    return `secret ${this.name}, version ${this.versionId}`
  }

  [inspect.custom](): string {
    return `SecretVersion { ${this.toString()} }`
  }

  #malformed(why: string): SecretSyncError {
    return new SecretSyncError('NotADocument', `${this.toString()}: the value ${why}`)
  }
}
