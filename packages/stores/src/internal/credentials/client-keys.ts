import { type ClientKey, type ClientKeyOptions, parseClientKey } from '@ack-secret-manager/auth-aap'
import { type Clock, fingerprint, isSecretSyncError, type SecretSyncError } from '@ack-secret-manager/core'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import type { Hold } from '../connections/ref-counted.ts'

/** What a Secret holds of a client key, and how to call its parts in errors. */
export type ClientKeyFile = Required<Omit<ClientKeyOptions, 'clock' | 'content' | 'password'>> & {
  readonly content: Uint8Array
  readonly password: Uint8Array
}

/** Options of {@link ClientKeys}. */
export interface ClientKeysOptions {
  readonly pool: Pick<ConnectionPool, 'holdClientKey'>
  readonly clock: Clock
  /** @default parseClientKey */
  readonly parse?: (options: ClientKeyOptions) => ClientKey
}

type Opened = Hold<ClientKey> | SecretSyncError

interface Known {
  readonly opened: Opened
  readonly lastUsedMs: number
}

/** Files to remember; the one that was looked at longest ago goes first. */
const MAX_FILES = 1_024
/** A key that no store looks at is forgotten, and a refusal is believed, for about so long. */
const FORGET_MS = 600_000

/**
 * Opens client key files, each once while stores look at it: to open one blocks the process, and a store that is not ready is
 * looked at again and again.
 */
export class ClientKeys {
  readonly #options: Required<ClientKeysOptions>
  /** By a fingerprint of all that the answer depends on; the one used last comes last. */
  readonly #known = new Map<string, Known>()

  constructor(options: ClientKeysOptions) {
    this.#options = { parse: parseClientKey, ...options }
  }

  /** @throws SecretSyncError as {@link parseClientKey} */
  hold(file: ClientKeyFile): Hold<ClientKey> {
    const { clock, pool } = this.#options
    this.#forget(clock.monotonic() - FORGET_MS)
    const id = idOf(file)
    const known = this.#known.get(id)?.opened
    if (isSecretSyncError(known)) throw known
    // What has come to its end is opened again, which says so.
    const isOver = (known?.value.notAfterMs ?? Infinity) < clock.now()
    if (isOver) this.#drop(id)
    const opened = known === undefined || isOver ? this.#open(file) : known
    this.#remember(id, opened)
    if (isSecretSyncError(opened)) throw opened
    return pool.holdClientKey(opened.value)
  }

  /** Forgets all keys; whoever holds one goes on. */
  close(): void {
    for (const id of this.#known.keys()) this.#drop(id)
  }

  #open(file: ClientKeyFile): Opened {
    const { clock, parse, pool } = this.#options
    try {
      return pool.holdClientKey(parse({ ...file, clock }))
    } catch (error) {
      if (isSecretSyncError(error)) return error
      throw error
    }
  }

  #remember(id: string, opened: Opened): void {
    this.#known.delete(id)
    this.#known.set(id, { opened, lastUsedMs: this.#options.clock.monotonic() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_FILES && oldest !== undefined) this.#drop(oldest)
  }

  /** Those that come first were used, or refused, longest ago. */
  #forget(beforeMs: number): void {
    for (const [id, { lastUsedMs }] of this.#known) {
      if (lastUsedMs > beforeMs) return
      this.#drop(id)
    }
  }

  #drop(id: string): void {
    const opened = this.#known.get(id)?.opened
    if (!isSecretSyncError(opened)) opened?.release()
    this.#known.delete(id)
  }
}

/** Holds nothing secret. */
function idOf({ content, contentName, password, passwordName }: ClientKeyFile): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return fingerprint('client-key-file', contentName, base64(content), passwordName, base64(password))
}
