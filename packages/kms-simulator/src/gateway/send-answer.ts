import type { ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** A response that no SDK can parse: the page of a proxy, with a success status. */
const GARBAGE = '<html><body><h1>It works!</h1></body></html>\n'

/** Sends a response, unless the client has disconnected. `reset` cuts its connection. */
export function sendAnswer(response: ServerResponse, answer: Answer, requestId: string, reset: () => void): void {
  if (response.destroyed) return
  switch (answer.kind) {
    case 'json': {
      const text = JSON.stringify(answer.body)
      const headers: Record<string, string | number> = {
        'content-type': 'application/json;charset=utf-8',
        'content-length': Buffer.byteLength(text),
        'x-acs-request-id': requestId,
      }
      if (answer.retryAfterMs !== undefined) headers['retry-after'] = Math.ceil(answer.retryAfterMs / 1_000)
      response.writeHead(answer.status, headers)
      response.end(text)
      return
    }
    case 'bytes': {
      const body = Buffer.from(answer.body)
      const headers: Record<string, string | number> = {
        'content-type': answer.contentType,
        'content-length': body.length,
      }
      if (answer.retryAfterMs !== undefined) headers['retry-after'] = Math.ceil(answer.retryAfterMs / 1_000)
      response.writeHead(answer.status, headers)
      response.end(body)
      return
    }
    case 'garbage':
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(GARBAGE) })
      response.end(GARBAGE)
      return
    case 'reset':
      reset()
      return
    case 'hang':
      if (answer.ms !== undefined) setTimeout(reset, answer.ms).unref()
  }
}
