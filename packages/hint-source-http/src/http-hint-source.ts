import type { IncomingMessage, ServerResponse } from 'node:http'
import { type EventScope, hintsOfMessage, type HttpsConnectionOptions } from '@ack-secret-manager/alicloud-openapi'
import {
  checkLimits,
  type Clock,
  type HintBatch,
  type HintSource,
  SecretSyncError,
  type Sensitive,
  systemClock,
  toSecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { Certificates } from './internal/certificates.ts'
import { EventServer } from './internal/event-server.ts'
import { HOLD_MS, MAX_BATCH, MAX_BODY_BYTES, MAX_PENDING, TOKEN_TIMEOUT_MS } from './internal/limits.ts'
import { readBody } from './internal/read-body.ts'
import { type RequestResult, STATUS } from './internal/request-result.ts'
import { SeenSignatures } from './internal/seen-signatures.ts'
import { isExpired, isSigned, isValidToken, type SignatureClaim, signatureClaim } from './internal/signed-request.ts'
import type { CertificateFetch } from './internal/trusted-keys.ts'

export type { CertificateFetch, RequestResult }

/** Where to listen; an empty host is every address. */
export interface BindAddress {
  readonly host: string
  readonly port: number
}

export interface HttpHintSourceOptions extends Pick<HttpsConnectionOptions, 'ca' | 'proxy'> {
  /** The URL of the target exactly as EventBridge has it, because it is signed. */
  readonly url: string
  /**
   * The token of the target; several while it is replaced. EventBridge signs the requests of all users with one key, so only the token
   * shows whose rule it is. Called for each request and each receive, which fail with its error.
   */
  readonly token: () => Promise<Sensitive<string> | readonly Sensitive<string>[]>
  /** Account and region of the secrets; events of others are ignored. */
  readonly scope: EventScope
  /** Host of the certificates. @default `REGION-eventbridge.oss-accelerate.aliyuncs.com` */
  readonly certificateEndpoint?: string
  /** How long one receive waits for messages. @default 30_000 */
  readonly waitMs?: number
  readonly onRequest?: (result: RequestResult) => void
  /** Why a request with the token could not be verified: its certificate, or the token itself, cannot be read. */
  readonly onFailure?: (error: SecretSyncError) => void
  readonly onCertificate?: (fetch: CertificateFetch) => void
  /** @default systemClock */
  readonly clock?: Clock
}

type Delivery = Extract<RequestResult, 'busy' | 'standby' | 'taken'>

/** A request that waits until its hint is taken over. */
interface Pending {
  readonly body: string
  readonly finish: (result: Delivery) => void
}

/**
 * Hints from an HTTP target of EventBridge. A request is answered once its hint is taken over, so EventBridge repeats the others. Before
 * the first receive, and at the close, requests are answered with 503.
 */
export class HttpHintSource implements HintSource, AsyncDisposable {
  readonly description: string
  readonly #options: HttpHintSourceOptions
  readonly #clock: Clock
  readonly #server = new EventServer((request, response) => this.#handle(request, response))
  readonly #certificates: Certificates
  readonly #seen = new SeenSignatures<Delivery>()
  readonly #closing = new AbortController()
  readonly #waiting = new Set<() => void>()
  #arrived: Pending[] = []
  #pending = 0
  #isReceiving = false

  /** @throws SecretSyncError `InvalidSpec` for a URL that is not HTTPS, or a malformed endpoint or CA */
  constructor(options: HttpHintSourceOptions) {
    const { url, scope, certificateEndpoint, clock = systemClock, waitMs = 30_000, ca, proxy } = options
    checkLimits({ waitMs })
    const parsed = URL.parse(url)
    if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
      throw new SecretSyncError('InvalidSpec', 'url: expected an HTTPS URL without user and fragment', {
        facts: { field: 'url' },
      })
    }
    this.description = `EventBridge target ${parsed.origin}${parsed.pathname}`
    this.#options = options
    this.#clock = clock
    this.#certificates = new Certificates({
      endpoint: certificateEndpoint ?? `${scope.region}-eventbridge.oss-accelerate.aliyuncs.com`,
      clock,
      onFetch: (fetch) => options.onCertificate?.(fetch),
      ...(ca === undefined ? {} : { ca }),
      ...(proxy === undefined ? {} : { proxy }),
    })
  }

  /** May be repeated after a failure. @returns the port. @throws the system's error, such as EADDRINUSE */
  listen(address: BindAddress): Promise<number> {
    return this.#server.listen(address)
  }

  /** @throws SecretSyncError `Cancelled`, or the error of `token`, without which no request is accepted */
  async receive({ signal }: { signal: AbortSignal }): Promise<HintBatch> {
    this.#throwIfCancelled(signal)
    await this.#tokens(AbortSignal.any([signal, this.#closing.signal]))
    this.#isReceiving = true
    // While the token was read, too.
    this.#throwIfCancelled(signal)
    if (this.#arrived.length === 0) await this.#wait(signal)
    this.#throwIfCancelled(signal)
    const taken = this.#arrived.splice(0, MAX_BATCH)
    const read = taken.map(({ body }) => hintsOfMessage(body, this.#options.scope))
    return {
      hints: read.flatMap(({ hints }) => hints ?? []),
      ignored: read.flatMap(({ reason }) => reason ?? []),
      confirm: async () => {
        for (const { finish } of taken) finish('taken')
      },
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const wake of this.#waiting) wake()
    for (const { finish } of this.#arrived.splice(0)) finish('standby')
    await Promise.all([this.#server.close(), this.#certificates.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #tokens(signal = new AbortController().signal): Promise<readonly string[]> {
    const what = `${this.description}: reading the token`
    const limits = { timeoutMs: TOKEN_TIMEOUT_MS, what, signal, clock: this.#clock }
    const tokens = await withDeadline(() => this.#options.token(), limits)
    return [tokens].flat().map((token) => token.expose())
  }

  #throwIfCancelled(signal: AbortSignal): void {
    if (signal.aborted || this.#closing.signal.aborted) {
      throw new SecretSyncError('Cancelled', `${this.description}: cancelled`)
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = this.#clock.setTimeout(wake, this.#options.waitMs ?? 30_000)
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const result = await this.#result(request).catch((error: unknown): RequestResult => {
      this.#options.onFailure?.(toSecretSyncError(error, this.description))
      return 'unverified'
    })
    this.#options.onRequest?.(result)
    const status = STATUS[result]
    const headers = { connection: 'close', 'content-type': 'text/plain; charset=utf-8' }
    response.writeHead(status, { ...headers, ...(status === 503 ? { 'retry-after': '1' } : {}) }).end(`${result}\n`)
  }

  /** Cheap checks first: nothing is read, fetched or kept for a request without the token. */
  async #result(request: IncomingMessage): Promise<RequestResult> {
    const { method, headers } = request
    // Load balancers send no events, and EventBridge sends them by POST only.
    if (method === 'GET' || method === 'HEAD') return 'health-check'
    const claim = method === 'POST' ? signatureClaim(headers) : undefined
    if (claim === undefined || !isValidToken(claim.token, await this.#tokens())) return 'unauthorized'
    const path = this.#certificates.pathOf(claim.certificateUrl)
    if (path === undefined) return 'unauthorized'
    if (isExpired(claim, this.#clock.now())) return 'expired'
    if (!this.#isReceiving || this.#closing.signal.aborted) return 'standby'
    this.#server.authenticated(request)
    const body = await readBody(request, MAX_BODY_BYTES)
    if (typeof body === 'string') return body
    const key = await this.#certificates.key(path)
    if (!isSigned(claim, this.#options.url, body, key.key)) return 'unauthorized'
    this.#certificates.trust(path, key)
    this.#server.verified(request)
    return await this.#verified(request, claim, body)
  }

  async #verified(request: IncomingMessage, { signature }: SignatureClaim, body: Buffer): Promise<RequestResult> {
    if (this.#pending >= MAX_PENDING || this.#seen.isFull(this.#clock.monotonic())) return 'busy'
    this.#pending += 1
    try {
      const first = this.#seen.resultOf(signature)
      if (first !== undefined) return (await first) === 'taken' ? 'duplicate' : await first
      const delivered = this.#delivered(body.toString('utf8'), request)
      this.#seen.add(signature, delivered, this.#clock.monotonic())
      const result = await delivered
      // EventBridge may repeat the request.
      if (result !== 'taken') this.#seen.delete(signature)
      return result
    } finally {
      this.#pending -= 1
    }
  }

  /** Resolves when the hint is taken over, or will not be. */
  #delivered(body: string, request: IncomingMessage): Promise<Delivery> {
    return new Promise((resolve) => {
      const finish: Pending['finish'] = (result) => {
        timer.cancel()
        this.#arrived = this.#arrived.filter((each) => each !== pending)
        resolve(result)
      }
      const pending: Pending = { body, finish }
      const timer = this.#clock.setTimeout(() => finish('busy'), HOLD_MS)
      request.socket.once('close', () => finish('busy'))
      this.#arrived.push(pending)
      for (const wake of this.#waiting) wake()
    })
  }
}
