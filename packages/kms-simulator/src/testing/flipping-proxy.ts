import type { IncomingMessage, ServerResponse } from 'node:http'
import { request } from 'node:https'
import { issueServerCertificate } from '../ca.ts'
import { Listener } from '../listener.ts'

/** A man in the middle with another certificate. */
export interface FlippingProxy {
  readonly url: string
  readonly caPem: string
  close(): Promise<void>
}

/** The text with its second-to-last letter or digit replaced: one byte differs, and it is still well-formed. */
function flip(signature: string): string {
  const at = signature.length - 4
  return signature.slice(0, at) + (signature[at] === '1' ? '2' : '1') + signature.slice(at + 1)
}

function flipQuery(url: string): string {
  const [path = '', query = ''] = url.split('?', 2)
  const params = new URLSearchParams(query)
  const signature = params.get('Signature')
  if (signature === null) return url
  params.set('Signature', flip(signature))
  return `${path}?${params.toString()}`
}

/** Starts a TLS proxy that forwards every request with one byte of its signature changed (`flipped`), or as it is. */
export async function startFlippingProxy(
  target: { readonly url: string; readonly caPem: string },
  flipped: boolean,
): Promise<FlippingProxy> {
  const certificate = await issueServerCertificate(['127.0.0.1'])
  const handler = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const headers = { ...incoming.headers }
    let url = incoming.url ?? ''
    if (flipped) {
      url = flipQuery(url)
      if (headers.authorization !== undefined) headers.authorization = flip(headers.authorization)
    }
    const forwarded = request(
      new URL(url, target.url),
      { method: incoming.method, headers, ca: target.caPem },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  }
  const listener = await Listener.start({ host: '127.0.0.1', port: 0, certificate, handler })
  return { url: listener.url, caPem: certificate.rootPem, close: () => listener.close() }
}
