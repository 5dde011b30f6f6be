import type { IncomingMessage } from 'node:http'

const NOTHING = Buffer.alloc(0)

/** The body of a request; undefined if it is longer than `maxBytes`. The rest is then not read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const declared = request.headers['content-length']
  // The official SDKs send no body, so there is nothing to read.
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
