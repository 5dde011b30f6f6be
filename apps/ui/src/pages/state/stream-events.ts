import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { StreamEvent } from '../../model/views/index.ts'

/** An event of the stream, and where to continue after it. */
export interface ReceivedEvent {
  readonly id: string | undefined
  readonly event: StreamEvent
}

/** The server refused the stream. */
export class StreamRefused extends Error {
  override readonly name = 'StreamRefused'
  readonly status: number
  constructor(status: number) {
    super(`the server responded with status ${status}`)
    this.status = status
  }
}

/**
 * The events of `api/v1/stream`. By fetch instead of EventSource, which hides the status of a refusal.
 * @throws StreamRefused for a status other than 200; TypeError without a connection; SyntaxError for data that is not JSON
 */
export async function* streamEvents(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<ReceivedEvent> {
  const response = await fetch('api/v1/stream', {
    headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    cache: 'no-store',
    signal,
  })
  if (response.status !== 200 || response.body === null) throw new StreamRefused(response.status)
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (isKnown(value.event)) yield { id: value.id, event: { event: value.event, data: JSON.parse(value.data) } }
  }
}

function isKnown(name: string | undefined): name is StreamEvent['event'] {
  return name === 'snapshot' || name === 'delta' || name === 'ping' || name === 'end'
}
