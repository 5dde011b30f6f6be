import {
  type HintBatch,
  type HintSource,
  isSecretSyncError,
  type NoHintReason,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { describeHintSourceContract, HINT_SOURCE_RULES } from './hint-source-contract.ts'
import type { HintSourceFault, HintSourceHarness, HintSourceOpening, SentMessage } from './hint-source-harness.ts'

const CANARY = 'canary~Qx17~queue'
const WAIT_MS = 20
const MAX_BATCH = 16

type Change = (source: HintSource) => Partial<HintSource>

/** A queue in memory, and defects of its source. */
class MemoryQueue implements HintSourceHarness {
  readonly canaries = [CANARY]
  readonly #change: Change
  #messages: Array<{ readonly message: SentMessage; isTaken: boolean }> = []
  #arrived: () => void = () => undefined
  #fault: HintSourceFault | undefined

  constructor(change: Change = () => ({})) {
    this.#change = change
  }

  left = async (): Promise<number> => this.#messages.length
  play = async (fault: HintSourceFault): Promise<void> => void (this.#fault = fault)
  recover = async (): Promise<void> => void (this.#fault = undefined)

  async send(message: SentMessage): Promise<void> {
    this.#messages.push({ message, isTaken: false })
    this.#arrived()
  }

  async redeliver(): Promise<void> {
    for (const each of this.#messages) each.isTaken = false
  }

  open(opening: HintSourceOpening): HintSource {
    const closing = new AbortController()
    const source: HintSource = {
      description: 'a queue in memory',
      receive: ({ signal }) => this.#receive(opening, AbortSignal.any([signal, closing.signal])),
      close: async () => closing.abort(),
    }
    return { ...source, ...this.#change(source) }
  }

  async #receive({ queue, identity, impatient }: HintSourceOpening, signal: AbortSignal): Promise<HintBatch> {
    if (signal.aborted) throw new SecretSyncError('Cancelled', 'cancelled')
    if (queue === 'missing') throw new SecretSyncError('NotFound', 'there is no such queue')
    if (identity === 'denied') throw new SecretSyncError('AccessDenied', 'not allowed')
    if (identity === 'refused') throw new SecretSyncError('Unauthenticated', 'the key is unknown')
    if (this.#fault === 'throttle') throw new SecretSyncError('Throttled', 'too many calls')
    if (this.#fault === 'outage') throw new SecretSyncError('Unavailable', 'no route')
    if (this.#fault === 'garbage') throw new SecretSyncError('InvalidResponse', 'not a response')
    if (this.#fault === 'hang') throw new SecretSyncError(impatient === true ? 'Timeout' : 'Internal', 'no response')
    if (!this.#messages.some(({ isTaken }) => !isTaken)) await this.#wait(signal)
    if (signal.aborted) throw new SecretSyncError('Cancelled', 'cancelled')
    const taken = this.#messages.filter(({ isTaken }) => !isTaken).slice(0, MAX_BATCH)
    for (const each of taken) each.isTaken = true
    const texts = taken.map(({ message }) => message)
    return {
      hints: texts.flatMap((message) => ('secretName' in message && message.of === undefined ? [hintOf(message)] : [])),
      ignored: texts.flatMap(reasonOf),
      confirm: async () => void (this.#messages = this.#messages.filter((each) => !taken.includes(each))),
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS)
      this.#arrived = () => resolve(clearTimeout(timer))
      signal.addEventListener('abort', this.#arrived, { once: true })
    })
  }
}

function hintOf({ secretName, eventMs }: Extract<SentMessage, { secretName: string }>): HintBatch['hints'][number] {
  return { secretName, ...(eventMs === undefined ? {} : { eventMs }) }
}

function reasonOf(message: SentMessage): NoHintReason[] {
  if ('raw' in message) return ['malformed']
  if ('irrelevant' in message) return ['irrelevant']
  return message.of === undefined ? [] : ['foreign']
}

/** A source that changes each batch. */
function withBatch(change: (batch: HintBatch) => Partial<HintBatch>): Change {
  return (source) => ({
    receive: async (options) => {
      const batch = await source.receive(options)
      return { ...batch, ...change(batch) }
    },
  })
}

/** A source that changes each error. */
function withError(change: (error: SecretSyncError) => Error): Change {
  return (source) => ({
    receive: (options) =>
      source.receive(options).catch((error: unknown) => {
        throw isSecretSyncError(error) ? change(error) : error
      }),
  })
}

const DEFECTS: ReadonlyArray<readonly [defect: string, rule: RegExp, change: Change]> = [
  ['never removes a message', /does not deliver a confirmed/, withBatch(() => ({ confirm: async () => undefined }))],
  [
    'removes messages that were not confirmed',
    /that was not confirmed/,
    (source) => ({
      receive: async (options) => {
        const batch = await source.receive(options)
        await batch.confirm(options)
        return batch
      },
    }),
  ],
  [
    'loses the time',
    /time of the change/,
    withBatch(({ hints }) => ({ hints: hints.map(({ secretName }) => ({ secretName })) })),
  ],
  [
    'shortens names',
    /name of a secret as it was sent/,
    withBatch(({ hints }) => ({
      hints: hints.map((hint) => ({ ...hint, secretName: hint.secretName.split('/').at(-1) ?? '' })),
    })),
  ],
  ['keeps only the first hint', /many messages/, withBatch(({ hints }) => ({ hints: hints.slice(0, 1) }))],
  ['hides what it ignores', /another account/, withBatch(() => ({ ignored: [] }))],
  [
    'trusts any message',
    /a number instead of an event/,
    withBatch(({ ignored, hints }) => ({
      ignored: [],
      hints: [...hints, ...ignored.map(() => ({ secretName: 'x' }))],
    })),
  ],
  [
    'calls everything an outage',
    /NotFound if/,
    withError(({ message }) => new SecretSyncError('Unavailable', message)),
  ],
  ['fails with any error', /AccessDenied without/, withError(({ message }) => new Error(message))],
  ['shows its key', /Unauthenticated if/, withError(({ code }) => new SecretSyncError(code, `${CANARY} is unknown`))],
  [
    'cannot be cancelled',
    /already aborted/,
    (source) => ({ receive: () => source.receive({ signal: new AbortController().signal }) }),
  ],
  ['does not close', /when it is closed/, () => ({ close: async () => undefined })],
  ['has no description', /has a description/, () => ({ description: ' ' })],
]

describeHintSourceContract({ name: 'memory', setUp: () => new MemoryQueue() })

describe('the contract of hint sources', () => {
  it.each(DEFECTS)('notices one that %s', async (_defect, name, change) => {
    const [rule] = HINT_SOURCE_RULES.filter(({ rule: each }) => name.test(each))
    await expect(rule?.check(() => new MemoryQueue(change))).rejects.toThrow(/./)
  })
})
