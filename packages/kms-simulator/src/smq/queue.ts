import { hash, randomBytes, randomUUID } from 'node:crypto'

/** One message of a queue. */
export interface QueueMessage {
  readonly id: string
  readonly body: string
  readonly bodyMd5: string
  readonly enqueuedAtMs: number
  readonly priority: number
  readonly visibleAtMs: number
  readonly firstDequeuedAtMs: number | undefined
  readonly dequeueCount: number
  /** Of the latest receive; undefined before the first. */
  readonly receiptHandle: string | undefined
}

/** Where messages go that were received too often. */
export interface DeadLetterPolicy {
  readonly queue: string
  readonly maxReceiveCount: number
}

/** Settings of a queue, in the units of the service. */
export interface QueueSettings {
  readonly name: string
  /** How long a received message is hidden. */
  readonly visibilityTimeoutSeconds: number
  readonly retentionSeconds: number
  /** Default wait of a receive. */
  readonly pollingWaitSeconds: number
  readonly deadLetter?: DeadLetterPolicy | undefined
}

/** Numbers of messages. */
export interface QueueCounts {
  readonly visible: number
  /** Received and not deleted. */
  readonly inFlight: number
  /** Sent with a delay that is not over. */
  readonly delayed: number
}

/** Why a message with a receipt handle cannot be deleted or hidden. */
export type HandleRefusal = 'unknown' | 'expired'

/** Takes a message that was received too often; false if there is no such queue. */
type OnDeadLetter = (message: QueueMessage, policy: DeadLetterPolicy) => boolean

/** A queue. At least once, in no order that clients may rely on. The caller passes the time. */
export class Queue {
  readonly settings: QueueSettings
  readonly createdAtMs: number
  readonly #onDeadLetter: OnDeadLetter
  readonly #waiting = new Set<() => void>()
  #messages = new Map<string, QueueMessage>()

  /** @param onDeadLetter @default messages stay */
  constructor(settings: QueueSettings, nowMs: number, onDeadLetter: OnDeadLetter = () => false) {
    this.settings = settings
    this.createdAtMs = nowMs
    this.#onDeadLetter = onDeadLetter
  }

  send(body: string, { nowMs, delaySeconds = 0, priority = 8 }: SendOptions): QueueMessage {
    const message: QueueMessage = {
      id: randomUUID().replaceAll('-', '').toUpperCase(),
      body,
      bodyMd5: hash('md5', body).toUpperCase(),
      enqueuedAtMs: nowMs,
      priority,
      visibleAtMs: nowMs + delaySeconds * 1_000,
      firstDequeuedAtMs: undefined,
      dequeueCount: 0,
      receiptHandle: undefined,
    }
    this.#messages.set(message.id, message)
    this.#wake()
    return message
  }

  /** Takes up to `count` visible messages and hides them. */
  receive(count: number, nowMs: number): readonly QueueMessage[] {
    const taken: QueueMessage[] = []
    for (const message of this.#messages.values()) {
      if (taken.length === count) break
      if (message.visibleAtMs > nowMs || this.#isOver(message, nowMs)) continue
      const received: QueueMessage = {
        ...message,
        visibleAtMs: nowMs + this.settings.visibilityTimeoutSeconds * 1_000,
        firstDequeuedAtMs: message.firstDequeuedAtMs ?? nowMs,
        dequeueCount: message.dequeueCount + 1,
        receiptHandle: `8-${randomBytes(12).toString('base64url')}-${message.id}`,
      }
      this.#messages.set(message.id, received)
      taken.push(received)
    }
    return taken
  }

  /** Visible messages, without taking them. */
  peek(count: number, nowMs: number): readonly QueueMessage[] {
    return [...this.#messages.values()].filter(({ visibleAtMs }) => visibleAtMs <= nowMs).slice(0, count)
  }

  /** Deletes the message of a receipt handle. */
  delete(receiptHandle: string, nowMs: number): HandleRefusal | undefined {
    const found = this.#held(receiptHandle, nowMs)
    if (typeof found === 'string') return found
    this.#messages.delete(found.id)
    return undefined
  }

  /** Hides the message of a receipt handle for another time. Returns it with a new receipt handle. */
  hide(receiptHandle: string, seconds: number, nowMs: number): QueueMessage | HandleRefusal {
    const found = this.#held(receiptHandle, nowMs)
    if (typeof found === 'string') return found
    const changed = {
      ...found,
      visibleAtMs: nowMs + seconds * 1_000,
      receiptHandle: `8-${randomBytes(12).toString('base64url')}-${found.id}`,
    }
    this.#messages.set(found.id, changed)
    return changed
  }

  /** Makes all received messages visible. Returns their number. */
  redeliver(nowMs: number): number {
    const hidden = [...this.#messages.values()].filter(
      ({ visibleAtMs, dequeueCount }) => visibleAtMs > nowMs && dequeueCount > 0,
    )
    for (const message of hidden) this.#messages.set(message.id, { ...message, visibleAtMs: nowMs })
    this.#wake()
    return hidden.length
  }

  counts(nowMs: number): QueueCounts {
    const counts = { visible: 0, inFlight: 0, delayed: 0 }
    for (const { visibleAtMs, dequeueCount } of this.#messages.values()) {
      if (visibleAtMs <= nowMs) counts.visible += 1
      else counts[dequeueCount > 0 ? 'inFlight' : 'delayed'] += 1
    }
    return counts
  }

  clear(): void {
    this.#messages = new Map()
  }

  /** Waits until a message may be visible, at most `timeoutMs`, or until the signal aborts. */
  async wait(timeoutMs: number, nowMs: number, signal: AbortSignal): Promise<void> {
    let nextMs = Infinity
    for (const { visibleAtMs } of this.#messages.values()) nextMs = Math.min(nextMs, visibleAtMs)
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      // The connection keeps the process alive, not the timer.
      const timer = setTimeout(end, Math.max(1, Math.min(timeoutMs, nextMs - nowMs))).unref()
      this.#waiting.add(end)
      signal.addEventListener('abort', end)
    })
  }

  #wake(): void {
    for (const end of this.#waiting) end()
  }

  /** The message that a client holds with this handle. */
  #held(receiptHandle: string, nowMs: number): QueueMessage | HandleRefusal {
    const message = this.#messages.get(receiptHandle.slice(receiptHandle.lastIndexOf('-') + 1))
    if (message?.receiptHandle !== receiptHandle) return 'unknown'
    return message.visibleAtMs <= nowMs ? 'expired' : message
  }

  /** Removes a message whose time is over, or that was received too often. */
  #isOver(message: QueueMessage, nowMs: number): boolean {
    const { retentionSeconds, deadLetter } = this.settings
    const isOld = nowMs - message.enqueuedAtMs >= retentionSeconds * 1_000
    const isDead =
      !isOld &&
      deadLetter !== undefined &&
      message.dequeueCount >= deadLetter.maxReceiveCount &&
      this.#onDeadLetter(message, deadLetter)
    if (isOld || isDead) this.#messages.delete(message.id)
    return isOld || isDead
  }
}

/** How a message is sent. */
export interface SendOptions {
  readonly nowMs: number
  /** @default 0 */
  readonly delaySeconds?: number
  /** @default 8 */
  readonly priority?: number
}
