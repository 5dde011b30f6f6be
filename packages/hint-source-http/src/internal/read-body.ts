import type { IncomingMessage } from 'node:http'

/** The body of a request, or why there is none: it is larger than allowed, or the connection ended before. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'aborted' | 'too-large'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large'
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return 'too-large'
      chunks.push(chunk)
    }
  } catch {
    // A sender that is gone is no failure of the operator.
    return 'aborted'
  }
  return Buffer.concat(chunks)
}
