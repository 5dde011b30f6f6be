import type { ClientKey, ClientKeyOptions, parseClientKey } from '@ack-secret-manager/auth-aap'
import {
  type Clock,
  fingerprint,
  isSecretSyncError,
  SecretSyncError,
  sleep,
  systemClock,
  TimeShare,
} from '@ack-secret-manager/core'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import type { Ref } from '../connections/ref-counted.ts'

/** A client key file and its password from a Secret, with their names for errors. */
export type ClientKeyFile = Required<Omit<ClientKeyOptions, 'clock' | 'content' | 'password'>> & {
  readonly content: Uint8Array
  readonly password: Uint8Array
}

export interface ClientKeysOptions {
  readonly pool: Pick<ConnectionPool, 'acquireClientKey'>
  readonly clock: Clock
  /** As in `StoreRegistryOptions`. */
  readonly serverTimeMs?: (() => number | undefined) | undefined
}

type Opened = Ref<ClientKey> | SecretSyncError

interface Known {
  readonly opened: Opened
  readonly lastUsedMs: number
}

/** Maximum number of cached files; the least recently used is evicted first. */
const MAX_FILES = 1_024
/** Time to live of an unused key and of a parse error, unless the clock is its cause. */
const TTL_MS = 600_000
/** Share of the time of the event loop that opening files of one namespace may take in the long run. */
const SHARE = 0.1
/** Time that may be used at once: about 200 files of KMS. */
const BURST_MS = 5_000

/**
 * Caches opened client key files, because opening one blocks the event loop and a store that is not ready is retried often. A namespace whose
 * files keep changing has to wait.
 */
export class ClientKeys {
  readonly #options: ClientKeysOptions
  /** By a fingerprint of file, password and names; least recently used first. */
  readonly #known = new Map<string, Known>()
  readonly #time: TimeShare

  constructor(options: ClientKeysOptions) {
    this.#options = options
    this.#time = new TimeShare({ clock: options.clock, share: SHARE, burstMs: BURST_MS })
  }

  /** Like {@link acquire}, but waits while `namespace`, which has the file, has used up its time. */
  async acquireInTurn(
    file: ClientKeyFile,
    parse: typeof parseClientKey,
    { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal },
  ): Promise<Ref<ClientKey>> {
    const { clock } = this.#options
    for (;;) {
      const waitMs = this.#known.has(idOf(file)) ? 0 : this.#time.waitMs(namespace)
      if (waitMs === 0) break
      // oxlint-disable-next-line no-await-in-loop -- another file of the namespace may be opened meanwhile
      await sleep(waitMs, { clock, signal })
    }
    const sinceMs = clock.monotonic()
    try {
      return this.acquire(file, parse)
    } finally {
      this.#time.add(namespace, clock.monotonic() - sinceMs)
    }
  }

  /** @throws SecretSyncError as {@link parseClientKey} */
  acquire(file: ClientKeyFile, parse: typeof parseClientKey): Ref<ClientKey> {
    const { clock, pool } = this.#options
    this.#evict(clock.monotonic() - TTL_MS)
    const id = idOf(file)
    const known = this.#known.get(id)?.opened
    if (isSecretSyncError(known)) throw known
    // An expired key is parsed again, because the parser reports the expiry as an error.
    const isExpired = (known?.value.notAfterMs ?? Infinity) < clock.now()
    if (isExpired) this.#drop(id)
    const opened = known === undefined || isExpired ? this.#open(file, parse) : known
    if (isSecretSyncError(opened) && opened.facts.outsideValidity) throw opened
    this.#cache(id, opened)
    if (isSecretSyncError(opened)) throw opened
    return pool.acquireClientKey(opened.value)
  }

  /** Drops all cached keys; acquired ones stay usable. */
  close(): void {
    for (const id of this.#known.keys()) this.#drop(id)
  }

  #open(file: ClientKeyFile, parse: typeof parseClientKey): Opened {
    const { clock, pool } = this.#options
    try {
      return pool.acquireClientKey(parse({ ...file, clock }))
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return (error.facts.outsideValidity && this.#wrongClock(file, parse)) || error
    }
  }

  /** The error for a key that is valid at the time of the API server, but not by the local clock; undefined for another key. */
  #wrongClock(file: ClientKeyFile, parse: typeof parseClientKey): SecretSyncError | undefined {
    const { clock, serverTimeMs } = this.#options
    const serverMs = serverTimeMs?.()
    const aheadMs = serverMs === undefined ? 0 : clock.now() - serverMs
    // Whole minutes keep the message stable.
    const minutes = Math.round(Math.abs(aheadMs) / 60_000)
    if (minutes < 1) return undefined
    const facts = { outsideValidity: true } as const
    try {
      const key = parse({ ...file, clock: { ...systemClock, now: () => clock.now() - aheadMs } })
      key.close()
      const by = `${minutes} min ${aheadMs > 0 ? 'ahead of' : 'behind'} the API server's`
      const why = `is valid, but this machine's clock, which is ${by}, is outside its dates: correct the clock`
      return new SecretSyncError('Unauthenticated', `${key.identity.description} ${why}`, { facts })
    } catch {
      return undefined
    }
  }

  #cache(id: string, opened: Opened): void {
    this.#known.delete(id)
    this.#known.set(id, { opened, lastUsedMs: this.#options.clock.monotonic() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_FILES && oldest !== undefined) this.#drop(oldest)
  }

  #evict(beforeMs: number): void {
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
