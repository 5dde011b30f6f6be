import type { CircuitChange, ConnectionCircuits } from './circuit-breaker/connection-circuits.ts'
import type { ReadQueue } from './read-queue/read-queue.ts'
import { isUnreachable } from './circuit-breaker/reachability.ts'
import type { SourceUpdate } from './source/source-update.ts'
import type { Source } from './source/source.ts'

export interface ReadAdmissionOptions {
  readonly circuits: ConnectionCircuits
  readonly queue: ReadQueue<Source>
  readonly wallMs: () => number
  /** A source failed without a read. */
  readonly onUpdate: (source: Source, update: SourceUpdate) => void
  /** The due time of a source may have changed. */
  readonly reschedule: (source: Source) => void
}

/** Queues reads whose connection is reachable. While its circuit is open, fails them or holds them until it closes. */
export class ReadAdmission {
  readonly #options: ReadAdmissionOptions

  constructor(options: ReadAdmissionOptions) {
    this.#options = options
  }

  /** Queues a read. This replaces a pending retry. */
  enqueue(source: Source, nowMs: number, { urgent }: { readonly urgent: boolean }): void {
    if (source.isPausing(nowMs)) return
    if (source.inFlightRead === undefined && !this.#mayRead(source, nowMs)) {
      this.#refuse(source, nowMs)
      return
    }
    source.queued()
    this.#options.queue.push(source, urgent)
  }

  /** Removes a source from the queue if its circuit is open. */
  withdrawIfOpen(source: Source, nowMs: number): void {
    const { circuits, queue } = this.#options
    if (queue.isWaiting(source) && !circuits.admits(source)) this.#withdraw(source, nowMs)
  }

  /** Makes a source wait for its connection. */
  hold(source: Source, nowMs: number): void {
    this.#options.circuits.hold(source, nowMs)
    this.#options.reschedule(source)
  }

  circuitChanged(source: Source, change: CircuitChange, nowMs: number): void {
    if (change === 'opened') this.#onCircuitOpened(source, nowMs)
    else if (change === 'closed') this.#onCircuitClosed(source, nowMs)
    else this.#onProbeFailed(source, nowMs)
  }

  /** Whether a read may be sent now, possibly as the probe of its connection. */
  #mayRead(source: Source, nowMs: number): boolean {
    const { circuits } = this.#options
    return circuits.admits(source) || circuits.tryProbe(source, nowMs, { isWanted: circuits.isUncertain(source) })
  }

  /** Fails a read because its circuit is open. If the outage is uncertain and no sync waits, the next probe decides. */
  #refuse(source: Source, nowMs: number): void {
    const { circuits } = this.#options
    const isSoonKnown = !source.hasWaiters || circuits.isProbed(source)
    if (isSoonKnown && circuits.isUncertain(source)) source.hold()
    else this.#fail(source, nowMs)
    this.hold(source, nowMs)
  }

  #fail(source: Source, nowMs: number): void {
    const { circuits, wallMs, onUpdate } = this.#options
    const outcome = { error: circuits.refusal(source) }
    onUpdate(source, source.onReadFinished(outcome, nowMs, wallMs, true))
  }

  #withdraw(source: Source, nowMs: number): void {
    this.#options.queue.remove(source)
    this.#refuse(source, nowMs)
  }

  /** The probe failed, and so do the sources that waited for it. */
  #onProbeFailed(source: Source, nowMs: number): void {
    const { circuits, reschedule } = this.#options
    for (const held of circuits.held(source)) {
      if (held.error !== undefined && !held.hasWaiters) continue
      this.#fail(held, nowMs)
      reschedule(held)
    }
  }

  /** The circuit of `source` closed: queues the waiting sources. */
  #onCircuitClosed(source: Source, nowMs: number): void {
    const { circuits, reschedule } = this.#options
    for (const released of circuits.release(source, nowMs)) {
      // All are urgent, so that the resources of a namespace take turns and new secrets that fail do not hold up the values of others.
      this.enqueue(released, nowMs, { urgent: true })
      reschedule(released)
    }
  }

  /** The circuit of `source` opened: queued reads fail, and backoffs of its sources end. */
  #onCircuitOpened(source: Source, nowMs: number): void {
    const { circuits, queue } = this.#options
    for (const member of circuits.members(source)) {
      if (queue.isWaiting(member)) this.#withdraw(member, nowMs)
      else if (isUnreachable(member) && circuits.isHeldBack(member)) {
        member.hold()
        this.hold(member, nowMs)
      }
    }
  }
}
