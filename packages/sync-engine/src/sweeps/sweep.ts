import {
  type Clock,
  fullJitter,
  isSecretSyncError,
  type ListedSecret,
  type SecretBackend,
  type SecretPage,
  SecretSyncError,
  sleep,
  sweepPages,
  withDeadline,
} from '@ack-secret-manager/core'
import { bytesOf } from './list-memory.ts'
import type { SweepTurn } from './sweep-turns.ts'

/** Limits of one sweep. */
const MAX_SECRETS = 50_000
const MAX_PAGES = 2_000
/** Characters of all names and tags. */
const MAX_CHARACTERS = 16 * 1024 * 1024
const DEADLINE_MS = 300_000
/** How often the list is read if it changes meanwhile. */
const MAX_SWEEPS = 2
/** Calls for one page. */
const ATTEMPTS = 5
const BACKOFF = { baseMs: 1_000, maxMs: 16_000 } as const

/** Options of {@link sweepSecrets}. */
export interface SweepSecretsOptions {
  readonly withTags: boolean
  readonly clock: Clock
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** Paces the pages. */
  readonly turn: SweepTurn
  /** Called with the memory of the secrets that were read so far. Throws if it is too much. */
  readonly onSize: (bytes: number) => void
  readonly signal: AbortSignal
}

/**
 * The names of all secrets of a backend, read page by page at a rate that leaves room for others. Returns the whole list or throws, because an
 * incomplete list would show secrets as deleted.
 * @throws SecretSyncError as `list` of the backend; `TooLarge` | `Timeout` | `Cancelled`
 */
export function sweepSecrets(
  backend: Required<Pick<SecretBackend, 'list'>>,
  { withTags, clock, random, turn, onSize, signal }: SweepSecretsOptions,
): Promise<{ readonly secrets: readonly ListedSecret[]; readonly pages: number }> {
  const sweep = async (within: AbortSignal) => {
    let pages = 0
    let characters = 0
    let bytes = 0
    const secrets: ListedSecret[] = []
    const page = async (cursor: string | undefined): Promise<SecretPage> => {
      pages += 1
      onSize(bytes)
      await turn.pace(within)
      const call = (): Promise<SecretPage> => backend.list({ cursor, withTags, signal: within })
      return turn.page(() => withRetries(call, { clock, random, turn, signal: within }))
    }
    for await (const secret of sweepPages({ page, maxSweeps: MAX_SWEEPS, maxPages: MAX_PAGES })) {
      secrets.push(secret)
      characters += sizeOf(secret)
      bytes += bytesOf(secret)
      if (secrets.length > MAX_SECRETS || characters > MAX_CHARACTERS) {
        throw new SecretSyncError(
          'TooLarge',
          `listing secrets: there are more than ${MAX_SECRETS}, or their tags are too long`,
        )
      }
    }
    onSize(bytes)
    return { secrets, pages }
  }
  return withDeadline(sweep, { timeoutMs: DEADLINE_MS, what: 'listing secrets', signal, clock })
}

function sizeOf({ name, tags = {} }: ListedSecret): number {
  return Object.entries(tags).reduce((sum, [key, value]) => sum + key.length + value.length, name.length)
}

/** Repeats a page that is throttled; otherwise the whole sweep would be repeated. */
async function withRetries(
  call: () => Promise<SecretPage>,
  { clock, random, turn, signal }: Omit<SweepSecretsOptions, 'withTags' | 'onSize'>,
): Promise<SecretPage> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- attempts follow each other
      return await call()
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'Throttled' || attempt + 1 >= ATTEMPTS) throw error
      const pauseMs = Math.max(error.facts.retryAfterMs ?? 0, fullJitter(attempt, BACKOFF, random))
      // oxlint-disable-next-line no-await-in-loop -- attempts follow each other
      await sleep(Math.min(pauseMs, BACKOFF.maxMs), { clock, signal })
      // oxlint-disable-next-line no-await-in-loop -- attempts follow each other
      await turn.pace(signal)
    }
  }
}
