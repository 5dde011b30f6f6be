import type { ServerResponse } from 'node:http'
import type { ServiceResponse } from './response.ts'

/** A response that no SDK can parse: the page of a proxy, with a success status. */
const GARBAGE = '<html><body><h1>It works!</h1></body></html>\n'

/** Sends a response, unless the client has disconnected. `reset` cuts its connection. */
export function sendResponse(
  outgoing: ServerResponse,
  response: ServiceResponse,
  requestId: string,
  reset: () => void,
): void {
  if (outgoing.destroyed) return
  switch (response.kind) {
    case 'json': {
      const text = JSON.stringify(response.body)
      const headers: Record<string, string | number> = {
        'content-type': 'application/json;charset=utf-8',
        'content-length': Buffer.byteLength(text),
        'x-acs-request-id': requestId,
      }
      if (response.retryAfterMs !== undefined) headers['retry-after'] = Math.ceil(response.retryAfterMs / 1_000)
      outgoing.writeHead(response.status, headers)
      outgoing.end(text)
      return
    }
    case 'bytes': {
      const body = Buffer.from(response.body)
      const headers: Record<string, string | number> = {
        'content-type': response.contentType,
        'content-length': body.length,
        ...response.headers,
      }
      if (response.retryAfterMs !== undefined) headers['retry-after'] = Math.ceil(response.retryAfterMs / 1_000)
      outgoing.writeHead(response.status, headers)
      outgoing.end(body)
      return
    }
    case 'garbage':
      outgoing.writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(GARBAGE) })
      outgoing.end(GARBAGE)
      return
    case 'reset':
      reset()
      return
    case 'hang':
      if (response.ms !== undefined) setTimeout(reset, response.ms).unref()
  }
}
