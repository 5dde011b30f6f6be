import type { CommandIo } from '@ack-secret-manager/command-line'
import { isSecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { keyOf } from '@ack-secret-manager/resource-view'
import type { ClusterReader } from '../kube/cluster-reader.ts'
import type { Log } from '../output/log.ts'
import { fitScreen } from '../terminal/fit-screen.ts'
import { followStatus, hasNewState } from './follow-status.ts'
import type { WatchScope } from './watch-status.ts'

/** Stores, workloads and the operator are read again after this time without a change. */
const MAX_AGE_MS = 30_000
/** Between two drawings, and so many times the duration of the last one, because each lists the collections. */
const MIN_PAUSE_MS = 1_000
const PAUSE_FACTOR = 5

/** How to draw. */
export interface Drawing {
  readonly io: CommandIo
  readonly log: Log
  /** Reads the cluster. @throws SecretSyncError, which is shown while the drawings continue */
  readonly read: () => Promise<string>
}

/** Whether stdout is a terminal on which a text can be drawn over the last one. */
export function canRedraw({ isTTY, env }: Pick<CommandIo, 'isTTY' | 'env'>): boolean {
  return isTTY.stdout && env['TERM'] !== 'dumb'
}

/** Draws a text again after each change of an ExternalSecret, until the signal aborts. @throws as {@link followStatus} */
export async function redrawStatus(
  reader: ClusterReader,
  { shown, ...scope }: WatchScope,
  { io, log, read }: Drawing,
): Promise<void> {
  const before = new Map(shown.map((each) => [keyOf(each), each]))
  const change = new ChangeFlag()
  const following = followStatus(reader, scope, {
    log,
    onChange: (key, now) => {
      if (hasNewState(before.get(key), now)) change.set()
      if (now) before.set(key, now)
      else before.delete(key)
    },
  })
  await Promise.race([following, drawing()])

  async function drawing(): Promise<void> {
    const { signal } = reader
    while (!signal.aborted) {
      await change.wait(MAX_AGE_MS, signal)
      if (signal.aborted) return
      const startedMs = systemClock.monotonic()
      await draw()
      const tookMs = systemClock.monotonic() - startedMs
      await pause(Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * tookMs), signal)
    }
  }

  async function draw(): Promise<void> {
    try {
      const text = await read()
      // Bytes, because the terminal stream escapes the control characters of texts.
      io.stdout.write(Buffer.from(CLEAR_SCREEN))
      io.stdout.write(fitScreen(text, io))
    } catch (error) {
      if (reader.signal.aborted) return
      if (!isSecretSyncError(error)) throw error
      log.warn(`${error.message}; what is shown is older`)
    }
  }
}

/** To the first line, and erases from there. */
const CLEAR_SCREEN = '\u001b[H\u001b[2J'

/** Remembers that something has changed. */
class ChangeFlag {
  #isSet = false
  #onSet: (() => void) | undefined

  set(): void {
    this.#isSet = true
    this.#onSet?.()
  }

  /** Waits until it is set, until `timeoutMs` have passed, or until the signal aborts; then it is not set any more. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const changed = new AbortController()
    this.#onSet = () => changed.abort()
    if (!this.#isSet) await pause(timeoutMs, AbortSignal.any([signal, changed.signal]))
    this.#isSet = false
  }
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, { clock: systemClock, signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
