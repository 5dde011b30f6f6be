import type { IncomingMessage } from 'node:http'

const NOTHING = Buffer.alloc(0)

/** The body of a request; undefined when it is longer than `maxBytes`, and then the rest is not read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const declared = request.headers['content-length']
  // The official SDKs send no body at all; nothing to wait for.
  if (declared === '0' || (declared === undefined && request.headers['transfer-encoding'] === undefined)) return NOTHING
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
