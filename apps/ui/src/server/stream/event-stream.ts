import type { Clock } from '@ack-secret-manager/core'
import type { DeltaLog } from './delta-log.ts'

/** How long a stream is silent at most. */
const PING_MS = 15_000
/** Pause of a browser before it connects again. */
const RETRY_MS = 1_000

/** Options of {@link eventStream}. */
export interface EventStreamOptions {
  readonly log: DeltaLog
  /** Of the last event that the page received. */
  readonly lastEventId: string | undefined
  /** The server stops. */
  readonly stopping: AbortSignal
  readonly clock: Clock
  /** The stream has ended, for whatever reason. */
  readonly onEnd: () => void
}

/**
 * Server-sent events of one page. A text is made when the connection takes it, so that a slow page holds one text at most, and skips
 * what it missed.
 */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const ended = new AbortController()
  const events = textsOf(options, AbortSignal.any([options.stopping, ended.signal]))
  const encoder = new TextEncoder()
  const finish = (): void => {
    if (ended.signal.aborted) return
    ended.abort()
    options.onEnd()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await events.next()
        if (done !== true) return controller.enqueue(encoder.encode(value))
        finish()
        controller.close()
      },
      async cancel() {
        finish()
        await events.return()
      },
    },
    { highWaterMark: 0 },
  )
}

async function* textsOf(
  { log, lastEventId, stopping, clock }: EventStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  let position = log.positionOf(lastEventId)
  yield `retry: ${RETRY_MS}\n\n`
  while (!signal.aborted) {
    const next = position === undefined ? undefined : log.after(position)
    if (next === undefined) {
      const snapshot = log.snapshot()
      yield* snapshot.texts
      position = snapshot.sequence
    } else {
      position = next.sequence
      yield next.text === '' ? pingText(clock) : next.text
    }
    await changedOrTimeout(log, { position, signal, clock })
  }
  if (stopping.aborted) yield 'event: end\ndata: {}\n\n'
}

async function changedOrTimeout(
  log: DeltaLog,
  { position, signal, clock }: { readonly position: number; readonly signal: AbortSignal; readonly clock: Clock },
): Promise<void> {
  const waiting = new AbortController()
  const timer = clock.setTimeout(() => waiting.abort(), PING_MS)
  try {
    await log.changed(position, AbortSignal.any([signal, waiting.signal]))
  } finally {
    timer.cancel()
  }
}

function pingText(clock: Clock): string {
  return `event: ping\ndata: ${JSON.stringify({ now: new Date(clock.now()).toISOString() })}\n\n`
}
