import type { Clock } from '@ack-secret-manager/core'
import type { Secret } from '../kms/secret.ts'
import type { Queues } from '../smq/queues.ts'
import type { EventFamily } from '../smq/smq-seed.ts'
import { apiCallEvent, type AnnouncedChange, rotationEvent } from './event-shapes.ts'
import { changeBetween } from './secret-change.ts'

/** Delivers events of some families to a queue. */
export interface EventRule {
  readonly queue: string
  /** `IsBase64Encode` of the target. */
  readonly base64: boolean
  readonly delayMs: number
  readonly families: readonly EventFamily[]
}

/** EventBridge: announces changes of secrets to queues. */
export class EventBus {
  readonly #options: {
    readonly account: string
    readonly region: string
    readonly rules: readonly EventRule[]
    readonly queues: Queues
    readonly clock: Pick<Clock, 'now'>
  }

  constructor(options: {
    readonly account: string
    readonly region: string
    readonly rules: readonly EventRule[]
    readonly queues: Queues
    readonly clock: Pick<Clock, 'now'>
  }) {
    this.#options = options
  }

  /** A secret was written; `undefined` for one that does not exist. */
  changed(before: Secret | undefined, after: Secret | undefined): void {
    const change = changeBetween(before, after)
    const secret = after ?? before
    if (change === undefined || secret === undefined) return
    const { account, region, clock, rules } = this.#options
    const announced = { account, region, secretName: secret.name, secretType: secret.type, change, atMs: clock.now() }
    for (const rule of rules) for (const event of eventsOf(announced, rule)) this.#deliver(event, rule)
  }

  #deliver(event: object, { queue, base64, delayMs }: EventRule): void {
    const { queues, clock } = this.#options
    const text = JSON.stringify(event)
    const body = base64 ? Buffer.from(text).toString('base64') : text
    const deliver = (): void => void queues.get(queue)?.send(body, { nowMs: clock.now() })
    if (delayMs === 0) deliver()
    else setTimeout(deliver, delayMs).unref()
  }
}

function eventsOf(change: AnnouncedChange, { families }: EventRule): readonly object[] {
  return families.flatMap((family) => {
    if (family === 'apiCall') return apiCallEvent(change)
    return change.change === 'RotateSecret' ? rotationEvent(change) : []
  })
}
