import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { buffer } from 'node:stream/consumers'

/** A request over HTTPS. */
export interface HttpsCall {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | Buffer
  readonly ca: string
  readonly signal?: AbortSignal | undefined
}

/** A complete response. */
export interface HttpsReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 })

/** Sends exactly these headers, with connections that all tests of a file share. */
export function httpsCall(url: URL, { body, signal, ...options }: HttpsCall): Promise<HttpsReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, agent, ...(signal && { signal }) }, (response) => {
      const { statusCode: status = 0, headers } = response
      buffer(response).then((content) => resolve({ status, headers, body: content }), reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
