import {
  classificationFacts,
  classifyErrorResponse,
  clockSkewMs,
  errorResponseFacts,
  factsSuffix,
  HttpsConnection,
  type HttpsConnectionOptions,
  type HttpsResponse,
  withRequester,
} from '@ack-secret-manager/alicloud-openapi'
import {
  checkLimits,
  type Clock,
  type Credential,
  type CredentialProvider,
  defined,
  isSecretSyncError,
  SecretSyncError,
  Sensitive,
  systemClock,
  toSecretSyncError,
  withDeadline,
  withDefaults,
} from '@ack-secret-manager/core'
import { mnsHeaders, type MnsRequest } from './internal/mns-signature.ts'
import { escapeXml, type Leaf, parseXml, textAt } from './internal/mns-xml.ts'
import { SMQ_ERRORS } from './internal/smq-errors.ts'
import { defaultSmqEndpoint, type QueueArn } from './queue-arn.ts'

/** A message that was received and is hidden from others for a while. */
export interface ReceivedMessage {
  readonly body: string
  readonly receiptHandle: string
}

/** State of a queue. */
export interface QueueAttributes {
  /** Messages that wait. */
  readonly activeMessages: number
  /** Messages that were received and not deleted. */
  readonly inactiveMessages: number
}

/** Options of {@link SmqQueue}. `maxConnections` is 4 by default, `maxResponseBytes` 8_388_608. */
export interface SmqQueueOptions extends Omit<HttpsConnectionOptions, 'endpoint'> {
  readonly queue: QueueArn
  /** The identity; one credential per call. Not closed by `close()`. */
  readonly provider: CredentialProvider
  /** @default `ACCOUNT.mns.REGION-internal.aliyuncs.com` */
  readonly endpoint?: string
  /** Deadline of one call, including its credential; a long poll has its wait in addition. @default 10_000 */
  readonly timeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** Options of each call of a {@link SmqQueue}. */
export interface SmqCallOptions {
  readonly signal: AbortSignal
}

/** Most messages of one call, and the longest wait. SMQ developer reference, "BatchReceiveMessage". */
export const MAX_MESSAGES = 16
export const MAX_WAIT_SECONDS = 30

/** 16 messages of 64 KiB, in which each character may be escaped. */
const MAX_RESPONSE_BYTES = 8 * 1_024 * 1_024
const NO_MESSAGE = 'MessageNotExist'

/** One queue of SMQ (formerly MNS): signed requests over pooled HTTPS connections. One call is one request. */
export class SmqQueue implements AsyncDisposable {
  readonly queue: QueueArn
  readonly endpoint: string
  readonly #connection: HttpsConnection
  readonly #provider: CredentialProvider
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #closing = new AbortController()

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer */
  constructor({ queue, provider, endpoint, timeoutMs = 10_000, clock = systemClock, ...options }: SmqQueueOptions) {
    checkLimits({ timeoutMs })
    this.queue = queue
    this.#provider = provider
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#connection = new HttpsConnection({
      ...withDefaults(options, { maxConnections: 4, maxResponseBytes: MAX_RESPONSE_BYTES }),
      endpoint: endpoint ?? defaultSmqEndpoint(queue),
    })
    this.endpoint = this.#connection.endpoint
  }

  /** For messages: `SMQ queue "acksm-hints" in cn-hangzhou at HOST`. */
  get description(): string {
    return `SMQ queue ${JSON.stringify(this.queue.name)} in ${this.queue.region} at ${this.endpoint}`
  }

  /** Receives up to 16 messages; none if none arrives within `waitSeconds`. @throws SecretSyncError */
  async receive({
    waitSeconds = MAX_WAIT_SECONDS,
    max = MAX_MESSAGES,
    signal,
  }: SmqCallOptions & { readonly waitSeconds?: number; readonly max?: number }): Promise<readonly ReceivedMessage[]> {
    const query = `numOfMessages=${max}&waitseconds=${waitSeconds}`
    const response = await this.#call(
      { method: 'GET', resource: `${this.#messages}?${query}` },
      { action: 'mns:BatchReceiveMessage', waitMs: waitSeconds * 1_000, signal },
    )
    return response === undefined ? [] : this.#messagesOf(response)
  }

  /** Deletes up to 16 received messages. Those that are received again meanwhile stay. @throws SecretSyncError */
  async delete(receiptHandles: readonly string[], { signal }: SmqCallOptions): Promise<void> {
    if (receiptHandles.length === 0) return
    const handles = receiptHandles.map((handle) => `<ReceiptHandle>${escapeXml(handle)}</ReceiptHandle>`)
    await this.#call(
      { method: 'DELETE', resource: this.#messages, body: document('ReceiptHandles', handles.join('')) },
      { action: 'mns:BatchDeleteMessage', signal },
    )
  }

  /** Sends a message. @throws SecretSyncError */
  async send(body: string, { signal }: SmqCallOptions): Promise<void> {
    const content = `<MessageBody>${escapeXml(body)}</MessageBody>`
    await this.#call(
      { method: 'POST', resource: this.#messages, body: document('Message', content) },
      { action: 'mns:SendMessage', signal },
    )
  }

  /** The state of the queue. @throws SecretSyncError */
  async attributes({ signal }: SmqCallOptions): Promise<QueueAttributes> {
    const leaves = await this.#call(
      { method: 'GET', resource: `/queues/${this.queue.name}` },
      { action: 'mns:GetQueueAttributes', signal },
    )
    const numberAt = (name: string): number => Number(textAt(leaves ?? [], `Queue/${name}`) ?? 0)
    return { activeMessages: numberAt('ActiveMessages'), inactiveMessages: numberAt('InactiveMessages') }
  }

  /** Pending and later calls fail with `Cancelled`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #messages(): string {
    return `/queues/${this.queue.name}/messages`
  }

  #messagesOf(leaves: readonly Leaf[]): readonly ReceivedMessage[] {
    const messages: ReceivedMessage[] = []
    let fields: Partial<Record<'body' | 'receiptHandle', string>> = {}
    for (const { path, text } of leaves) {
      if (path === 'Messages/Message/MessageBody') fields.body = text
      if (path === 'Messages/Message/ReceiptHandle') fields.receiptHandle = text
      if (path !== 'Messages/Message') continue
      const { body, receiptHandle } = fields
      if (receiptHandle === undefined || receiptHandle === '') throw this.#noSmq({})
      messages.push({ body: body ?? '', receiptHandle })
      fields = {}
    }
    if (messages.length === 0) throw this.#noSmq({})
    return messages
  }

  /** The elements of the response; undefined if there is no message. */
  async #call(
    request: MnsRequest,
    { action, waitMs = 0, signal }: SmqCallOptions & { readonly action: string; readonly waitMs?: number },
  ): Promise<readonly Leaf[] | undefined> {
    const what = this.description
    const deadline = {
      timeoutMs: this.#timeoutMs + waitMs,
      what,
      signal,
      closing: this.#closing.signal,
      clock: this.#clock,
    }
    return withDeadline(async (until) => {
      const credential = await this.#credential(what, until)
      const headers = mnsHeaders(request, credential, this.#clock.now())
      const { method, resource: path, body } = request
      const sent = { method, path, headers, ...defined({ body }) }
      const response = await this.#connection.send(sent, { what, signal: until, resend: method !== 'POST' })
      return this.#read(response, credential, action)
    }, deadline)
  }

  async #credential(what: string, signal: AbortSignal): Promise<Credential> {
    try {
      return await this.#provider.credential({ signal })
    } catch (thrown) {
      const error = toSecretSyncError(thrown, what)
      if (!isSecretSyncError(thrown)) throw error
      throw new SecretSyncError(error.code, `${what}: ${error.message}`, { facts: error.facts, cause: error })
    }
  }

  #read(response: HttpsResponse, credential: Credential, action: string): readonly Leaf[] | undefined {
    const { status, headers, body } = response
    if (status === 204 || (status === 201 && body.length === 0)) return undefined
    const leaves = parseXml(body)
    const isOk = status >= 200 && status < 300
    if (isOk && leaves !== undefined) return leaves
    // Messages that could not be deleted are delivered again, which is harmless.
    if (leaves?.at(-1)?.path === 'Errors') return undefined
    const code = textAt(leaves ?? [], 'Error/Code')
    if (code === NO_MESSAGE) return undefined
    const nowMs = this.#clock.now()
    const facts = errorResponseFacts(
      { status, headers, code, requestId: textAt(leaves ?? [], 'Error/RequestId') },
      nowMs,
    )
    if (isOk || (facts.remoteCode === undefined && status !== 429 && status < 500)) throw this.#noSmq(facts)
    const failure = {
      httpStatus: status,
      remoteCode: facts.remoteCode,
      message: new Sensitive(textAt(leaves ?? [], 'Error/Message') ?? ''),
      clockSkewMs: clockSkewMs(headers, nowMs),
    }
    const requester = withRequester(this.#provider.identity.description, `call ${action} on the queue`)
    const classification = requester(classifyErrorResponse(failure, SMQ_ERRORS))
    if (classification.credentialRefused === true) this.#provider.invalidate(credential)
    const message = `${this.description}: ${classification.hint}${factsSuffix(facts)}`
    throw new SecretSyncError(classification.code, message, { facts: classificationFacts(classification, facts) })
  }

  #noSmq(facts: SecretSyncError['facts']): SecretSyncError {
    const message = `${this.description}: the response is not one of SMQ${factsSuffix(facts)}: check the endpoint`
    return new SecretSyncError('InvalidResponse', message, { facts })
  }
}

function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://mns.aliyuncs.com/doc/v1/">${content}</${root}>`
}
