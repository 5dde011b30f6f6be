import { createPrivateKey, sign } from 'node:crypto'
import { once } from 'node:events'
import { request, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

/** The key of EventBridge, and of the host of its certificates; PEM. */
export interface EventBridgeKey {
  readonly keyPem: string
  readonly chainPem: string
  readonly rootPem: string
}

/** What a request is signed with. Undefined fields are as EventBridge has them. */
export interface SignedAs {
  readonly url?: string
  readonly token?: string
  readonly timestampMs?: number
  readonly certificateUrl?: string
  readonly method?: string
  readonly version?: string
  /** As the reference code does. */
  readonly hasLastLine?: boolean
  readonly keyPem?: string
  /** Headers that replace the signed ones after they were signed; undefined removes one. */
  readonly replaced?: Readonly<Record<string, string | undefined>>
}

/** The signing side of EventBridge: its key, and the host of its certificates. */
export class EventBridge implements AsyncDisposable {
  readonly certificate: EventBridgeKey
  /** Paths that were fetched. */
  readonly fetched: string[] = []
  /** Responds instead of the certificate. */
  respond: ((response: ServerResponse) => void) | undefined
  readonly #server: Server

  private constructor(certificate: EventBridgeKey) {
    this.certificate = certificate
    this.#server = createServer({ key: certificate.keyPem, cert: certificate.chainPem }, ({ url = '' }, response) => {
      this.fetched.push(url)
      if (this.respond !== undefined) this.respond(response)
      else response.end(certificate.chainPem)
    })
  }

  static async start(certificate: EventBridgeKey): Promise<EventBridge> {
    const bridge = new EventBridge(certificate)
    bridge.#server.listen(0, '127.0.0.1')
    await once(bridge.#server, 'listening')
    return bridge
  }

  /** `HOST:PORT` of the certificates. */
  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get certificateUrl(): string {
    return `https://${this.endpoint}/keys/eventbridge.pem`
  }

  /** The headers of a signed request. */
  headers(body: string | Buffer, { url = '', token = '', ...as }: SignedAs): Record<string, string> {
    const signed = [
      ['x-eventbridge-signature-timestamp', String(as.timestampMs ?? Date.now())],
      ['x-eventbridge-hash-method', as.method ?? 'SHA256'],
      ['x-eventbridge-signature-version', as.version ?? '1.0'],
      ['x-eventbridge-signature-url', as.certificateUrl ?? this.certificateUrl],
      ['x-eventbridge-signature-token', token],
    ] as const
    const lines = [url, ...signed.map(([name, value]) => `${name}: ${value}`)]
    const text = Buffer.concat([
      Buffer.from(`${lines.join('\n')}\n`),
      Buffer.from(body),
      Buffer.from(as.hasLastLine === true ? '\n' : ''),
    ])
    const signature = sign('sha256', text, createPrivateKey(as.keyPem ?? this.certificate.keyPem)).toString('base64')
    const headers = { ...Object.fromEntries(signed), 'x-eventbridge-signature-v2': signature, ...as.replaced }
    return Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** Sends a request. Resolves with the status; 0 if the connection was closed. */
export function post(
  port: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
  { signal, method = 'POST' }: { readonly signal?: AbortSignal; readonly method?: string } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      { host: '127.0.0.1', port, method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    sent.on('error', () => resolve(0))
    sent.end(body)
  })
}
