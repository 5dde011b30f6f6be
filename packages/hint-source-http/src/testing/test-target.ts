import { Sensitive } from '@ack-secret-manager/core'
import {
  type CertificateFetch,
  HttpHintSource,
  type HttpHintSourceOptions,
  type RequestResult,
} from '../http-hint-source.ts'
import { type EventBridge, post, type SignedAs } from '@ack-secret-manager/test-support/event-bridge'

export const TOKEN = 'test-token'
export const TARGET = 'https://hooks.example.com/hints'

const never = new AbortController().signal

/** An event of KMS about the secret `name`. */
export function eventOf(name: string): string {
  const data = { eventName: 'PutSecretValue', requestParameters: { SecretName: name } }
  return JSON.stringify({ source: 'acs.kms', type: 'kms:ActionTrail:ApiCall', data })
}

/** A source that listens, and what became of its requests. */
export class TestTarget implements AsyncDisposable {
  readonly source: HttpHintSource
  readonly results: RequestResult[] = []
  readonly hinted: string[] = []
  readonly failures: string[] = []
  readonly fetches: CertificateFetch[] = []
  readonly #bridge: EventBridge
  readonly #stop = new AbortController()
  #onFetch = (): void => undefined
  port = 0

  constructor(bridge: EventBridge, options: Partial<Pick<HttpHintSourceOptions, 'clock' | 'token'>> = {}) {
    this.#bridge = bridge
    this.source = new HttpHintSource({
      url: TARGET,
      token: async () => new Sensitive(TOKEN),
      scope: { account: '1234567890123456', region: 'cn-hangzhou' },
      certificateEndpoint: bridge.endpoint,
      ca: bridge.certificate.rootPem,
      onRequest: (result) => void this.results.push(result),
      onFailure: ({ message }) => void this.failures.push(message),
      onCertificate: (fetch) => {
        this.fetches.push(fetch)
        this.#onFetch()
      },
      ...options,
    })
  }

  async listen(): Promise<void> {
    this.port = await this.source.listen({ host: '127.0.0.1', port: 0 })
  }

  /** Resolves when the certificate has been fetched, or a fetch has failed, `count` times. */
  async fetched(count: number): Promise<void> {
    while (this.fetches.length < count) {
      // oxlint-disable-next-line no-await-in-loop -- one fetch after the other
      await new Promise<void>((resolve) => (this.#onFetch = resolve))
    }
  }

  /** Takes over hints from now on. */
  async receive(): Promise<void> {
    await this.listen()
    const loop = async (): Promise<void> => {
      const batch = await this.source.receive({ signal: this.#stop.signal })
      this.hinted.push(...batch.hints.map(({ secretName }) => secretName))
      await batch.confirm({ signal: never })
      await loop()
    }
    void loop().catch(() => undefined)
  }

  /** Sends a request with a valid signature, except for what `as` changes. Returns its status. */
  send(body: string | Buffer = eventOf('db'), as: SignedAs = {}): Promise<number> {
    return post(this.port, body, this.#bridge.headers(body, { url: TARGET, token: TOKEN, ...as }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.source.close()
  }
}
