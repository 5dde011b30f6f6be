import { SecretSyncError } from '@ack-secret-manager/core'
import type { Dispatcher } from 'undici'
import { JSON_TYPE } from './media-types.ts'
import { ResponseTooLargeError } from './response-too-large-error.ts'
import { transportError } from './transport-error.ts'

/** Bytes that are read of an error response. */
const MAX_ERROR_BODY_BYTES = 64 * 1024

/** Query parameters; undefined values are omitted. */
export type KubeQuery = Readonly<Record<string, string | number | boolean | undefined>>

/** `?a=1&b=2`, or an empty string. */
export function queryString(query: KubeQuery = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * Parses the body as JSON, or returns it unchanged if `accept` is a text type.
 * @throws SecretSyncError `InvalidResponse`
 */
export function parseBody(text: string, accept: string = JSON_TYPE, what: string): unknown {
  if (accept.startsWith('text/')) return text
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the body.
    throw new SecretSyncError(
      'InvalidResponse',
      `${what}: the response is not JSON; check that the address is an API server`,
    )
  }
}

/** The `Retry-After` header; undefined if it is absent or repeated. */
export function retryAfterHeader({ headers }: Dispatcher.ResponseData): string | undefined {
  const value = headers['retry-after']
  return typeof value === 'string' ? value : undefined
}

/** The header `Date` in milliseconds; undefined without one. */
export function dateHeaderMs({ headers }: Dispatcher.ResponseData): number | undefined {
  const dateMs = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : dateMs
}

export interface BodyTextOptions {
  readonly maxBytes: number
  /** The request, for the message. */
  readonly what: string
  /** Called once with the bytes that were read. */
  readonly onRead: ((bytes: number) => void) | undefined
}

/**
 * Reads the whole body.
 * @throws ResponseTooLargeError
 */
export async function bodyText(
  body: Dispatcher.ResponseData['body'],
  { maxBytes, what, onRead }: BodyTextOptions,
): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw new ResponseTooLargeError(what, maxBytes)
      chunks.push(chunk)
    }
  } finally {
    onRead?.(bytes)
  }
  return Buffer.concat(chunks, bytes).toString('utf8')
}

/** Reads the beginning of an error response. */
export async function boundedText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > MAX_ERROR_BODY_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Yields the chunks of a body and maps its failures to `SecretSyncError`. `onEnd` is called on every outcome. */
export async function* chunksOf(
  body: Dispatcher.ResponseData['body'],
  what: string,
  onEnd: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    throw transportError(error, what)
  } finally {
    onEnd()
  }
}
