import { createHash } from 'node:crypto'
import { mnsSignature, mnsStringToSign } from '../smq/mns-signature.ts'
import { httpsCall } from './https-call.ts'
import type { Signer } from './signed-call.ts'

/** The response. */
export interface MnsReply {
  readonly status: number
  readonly xml: string
  /** Text of the first element of this name; undefined if there is none. */
  readonly text: (element: string) => string | undefined
}

/** A request about to be sent. */
export interface MnsWire {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

/** Sends one request to a queue; `before` changes it before it is signed, `tamper` after. */
export async function mnsCall(options: {
  readonly endpoint: string
  readonly caPem: string
  readonly signer: Signer
  readonly method?: string
  readonly path: string
  readonly body?: string
  readonly date?: Date
  readonly before?: (wire: MnsWire) => void
  readonly tamper?: (wire: MnsWire) => void
  readonly signal?: AbortSignal
}): Promise<MnsReply> {
  const { endpoint, signer, method = 'GET', path, body = '', date = new Date() } = options
  const hex = createHash('md5').update(body).digest('hex')
  const wire: MnsWire = {
    method,
    path,
    headers: {
      date: date.toUTCString(),
      'x-mns-version': '2015-06-06',
      'content-type': 'application/xml',
      'content-md5': Buffer.from(hex).toString('base64'),
      'content-length': String(Buffer.byteLength(body)),
      ...(signer.securityToken === undefined ? {} : { 'security-token': signer.securityToken }),
    },
    body,
  }
  options.before?.(wire)
  const signature = mnsSignature(signer.secret, mnsStringToSign({ ...wire, url: wire.path }))
  wire.headers['authorization'] = `MNS ${signer.id}:${signature}`
  options.tamper?.(wire)
  const { path: target, ...sent } = wire
  const reply = await httpsCall(new URL(target, endpoint), { ...sent, ca: options.caPem, signal: options.signal })
  const xml = reply.body.toString('utf8')
  const text = (element: string): string | undefined => new RegExp(`<${element}>([^<]*)</`).exec(xml)?.[1]
  return { status: reply.status, xml, text }
}
