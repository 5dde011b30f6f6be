import { setTimeout as delay } from 'node:timers/promises'
import { defined, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { describeHintSourceContract, type HintSourceHarness, type SentMessage } from '@ack-secret-manager/testkit'
import { HttpHintSource } from './http-hint-source.ts'
import { EventBridge, post } from '@ack-secret-manager/test-support/event-bridge'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'

const TOKEN = canary('eventbridge-token')
const URL_OF_TARGET = 'https://hooks.example.com/hints'
const SCOPE = { account: '1234567890123456', region: 'cn-hangzhou' }
const RETRY_MS = 10

const bridge = useFixture(async () => EventBridge.start(await issueServerCertificate(['127.0.0.1'])))

function bodyOf(message: SentMessage): string {
  if ('raw' in message) return message.raw
  const [secretName, of, eventMs] =
    'irrelevant' in message ? [message.irrelevant] : [message.secretName, message.of, message.eventMs]
  return JSON.stringify({
    source: 'acs.kms',
    type: 'kms:ActionTrail:ApiCall',
    aliyunaccountid: of === 'another account' ? '9' : SCOPE.account,
    aliyunregionid: of === 'another region' ? 'cn-beijing' : SCOPE.region,
    ...defined({ time: eventMs === undefined ? undefined : new Date(eventMs).toISOString() }),
    data: {
      eventName: 'irrelevant' in message ? 'UpdateSecret' : 'PutSecretValue',
      requestParameters: { SecretName: secretName },
    },
  })
}

/** Sends events in order of their arrival, and repeats each until it is taken, as EventBridge does. */
class Target implements HintSourceHarness {
  readonly canaries = [TOKEN]
  readonly #left = new Map<string, AbortController>()
  readonly #sending = new Set<Promise<void>>()
  readonly #end = new AbortController()
  #port = 0
  #sent = 0
  #taken = 0

  async open(): Promise<HttpHintSource> {
    const source = new HttpHintSource({
      url: URL_OF_TARGET,
      token: async () => new Sensitive(TOKEN),
      scope: SCOPE,
      certificateEndpoint: bridge.endpoint,
      ca: bridge.certificate.rootPem,
      waitMs: 300,
      onRequest: (result) => void (this.#taken += result === 'taken' ? 1 : 0),
    })
    this.#port = await source.listen({ host: '127.0.0.1', port: 0 })
    return source
  }

  async send(message: SentMessage): Promise<void> {
    this.#sent += 1
    const id = `${this.#sent}`
    this.#left.set(id, new AbortController())
    const sending = this.#repeat(id, bodyOf(message)).finally(() => this.#sending.delete(sending))
    this.#sending.add(sending)
  }

  async redeliver(): Promise<void> {
    await this.#arrived()
    for (const attempt of this.#left.values()) attempt.abort()
    for (const id of this.#left.keys()) this.#left.set(id, new AbortController())
  }

  async left(): Promise<number> {
    await this.#arrived()
    return this.#left.size
  }

  async close(): Promise<void> {
    this.#end.abort()
    for (const attempt of this.#left.values()) attempt.abort()
    await Promise.all(this.#sending)
  }

  /** Waits for responses that were sent. */
  async #arrived(): Promise<void> {
    do await delay(1)
    while (this.#sent - this.#left.size < this.#taken)
  }

  async #repeat(id: string, body: string): Promise<void> {
    while (!this.#end.signal.aborted) {
      const attempt = this.#left.get(id)
      const headers = bridge.headers(body, { url: URL_OF_TARGET, token: TOKEN, timestampMs: Date.now() })
      const status = await post(this.#port, body, headers, { ...defined({ signal: attempt?.signal }) })
      if (status === 200) return void this.#left.delete(id)
      await delay(RETRY_MS)
    }
  }
}

/** The source calls no service that could refuse it. */
const NO_CALL = 'EventBridge calls the source'
const LACKS = {
  missing: NO_CALL,
  deny: NO_CALL,
  refuse: NO_CALL,
  throttle: NO_CALL,
  outage: NO_CALL,
  garbage: NO_CALL,
  hang: NO_CALL,
}

describeHintSourceContract({
  name: 'http',
  setUp: () => new Target(),
  cannot: LACKS,
})
