import { SecretSyncError } from '@ack-secret-manager/core'
import type { Dispatcher } from 'undici'
import { JSON_TYPE } from './media-types.ts'
import { ResponseTooLargeError } from './response-too-large-error.ts'
import { transportError } from './transport-error.ts'

/** Largest body of a refusal that is read. */
const MAX_REFUSAL_BYTES = 64 * 1024

/** Values of a query; undefined ones are left out. */
export type KubeQuery = Readonly<Record<string, string | number | boolean | undefined>>

/** `?a=1&b=2`, or nothing. */
export function queryString(query: KubeQuery = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * The body as JSON, or as it is where text was asked for.
 * @throws SecretSyncError `InvalidResponse`
 */
export function parseBody(text: string, accept: string = JSON_TYPE, what: string): unknown {
  if (accept.startsWith('text/')) return text
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the body.
    throw new SecretSyncError('InvalidResponse', `${what}: the answer is not JSON; is this address an API server?`)
  }
}

/** The `Retry-After` header, when there is exactly one. */
export function retryAfterHeader({ headers }: Dispatcher.ResponseData): string | undefined {
  const value = headers['retry-after']
  return typeof value === 'string' ? value : undefined
}

/**
 * The whole body.
 * @param what the request, for the message
 * @throws ResponseTooLargeError
 */
export async function bodyText(
  body: Dispatcher.ResponseData['body'],
  { maxBytes, what }: { readonly maxBytes: number; readonly what: string },
): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new ResponseTooLargeError(what, maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes).toString('utf8')
}

/** The beginning of a body that should be short. */
export async function boundedText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > MAX_REFUSAL_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The chunks of a body, its failures as ours; `onEnd` is called however it ends. */
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
