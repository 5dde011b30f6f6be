import type { Clock, ClockTimer } from '@ack-secret-manager/core'
import type { ManualClock } from '@ack-secret-manager/core/testing'
import { LeaseElector } from '@ack-secret-manager/k8s-client'
import { OWNS_NOTHING, type Ownership } from '../ownership.ts'
import { ShardMember } from '../shard-member.ts'
import { furtherSlots } from '../slot-lease.ts'
import type { LeaseServer, Network } from './lease-server.ts'

export interface SimulatedProcessOptions {
  readonly identity: string
  readonly server: LeaseServer
  readonly clock: ManualClock
  readonly shards: number
  /** @default '--region=cn-hangzhou' */
  readonly scope?: string
  readonly random: () => number
  /** Difference of its wall clock. */
  readonly skewMs: number
  /** @default 15_000 */
  readonly leaseDurationMs?: number
  /** Takes over, and gives up, the work of domains. @default the test writes by itself */
  readonly onOwnership?: (ownership: Ownership) => Promise<void>
  /** Called when the process has lost or releases its Lease. */
  readonly onStopped?: () => Promise<void>
}

/** A process with the real elector and member, on a simulated clock, network and scheduler. */
export class SimulatedProcess {
  readonly identity: string
  readonly scope: string
  readonly network: Network
  readonly elector: LeaseElector
  readonly member: ShardMember
  /** Writes in progress, by domain. */
  readonly writes = new Map<string, number>()
  readonly log: string[] = []
  readonly errors: string[] = []
  ownership: Ownership = OWNS_NOTHING
  isActive = false
  isOver = false
  #watchDelayMs = 0
  readonly #clock: StoppableClock
  readonly #drains: (() => void)[] = []
  readonly #stopSignal = new AbortController()

  constructor({
    identity,
    server,
    clock,
    shards,
    scope = '--region=cn-hangzhou',
    random,
    skewMs,
    leaseDurationMs = 15_000,
    ...work
  }: SimulatedProcessOptions) {
    this.identity = identity
    this.scope = scope
    this.#clock = new StoppableClock(clock, skewMs)
    this.network = {
      delayMs: () => random() * 200,
      watchDelayMs: () => this.#watchDelayMs + random() * 500,
      isCut: false,
      resumed: () => this.#clock.resumed(),
    }
    this.member = new ShardMember({
      identity,
      leaseName: 'lease',
      scope,
      leaseDurationMs,
      leases: server.slotLeases(this.network, 'lease'),
      clock: this.#clock,
      onActive: () => {
        this.isActive = true
      },
      onOwnership: (ownership) => {
        this.ownership = ownership
        return work.onOwnership?.(ownership) ?? this.#drained()
      },
      work: () => ({ resources: 0, domainCount: 0, domains: [] }),
      requestRenewal: () => this.elector.attemptNow(),
      onReleased: () => {
        if (this.elector.held === undefined) this.elector.attemptNow()
      },
      log: { info: (_details, message) => this.log.push(message) },
      onError: (error) => this.errors.push(error.message),
    })
    this.elector = new LeaseElector({
      client: server.api(this.network),
      namespace: 'ops',
      name: 'lease',
      moreNames: furtherSlots('lease', shards),
      metadata: () => this.member.metadata(),
      identity,
      leaseDurationMs,
      renewDeadlineMs: (leaseDurationMs * 2) / 3,
      retryPeriodMs: (leaseDurationMs * 2) / 15,
      clock: this.#clock,
      random,
      onStartedLeading: () => this.member.join(this.elector.held ?? ''),
      onStoppedLeading: async (why) => {
        this.member.close()
        this.ownership = OWNS_NOTHING
        await work.onStopped?.()
        if (why === 'released') return this.#drained()
        // The operator exits.
        this.isOver = true
        this.#stopSignal.abort()
      },
    })
    void this.member.run(this.#stopSignal.signal)
    void this.#run()
  }

  async #run(): Promise<void> {
    await this.elector.run({ signal: this.#stopSignal.signal })
    this.isOver = true
  }

  /** The clock of the process, whose timers do not fire while it is stopped. */
  get clock(): Clock {
    return this.#clock
  }

  get isStopped(): boolean {
    return this.#clock.isStopped
  }

  mayWrite(domain: string): boolean {
    return this.isActive && !this.isOver && this.ownership.owns(domain) && this.elector.isConfirmed
  }

  beginWrite(domain: string): void {
    this.writes.set(domain, (this.writes.get(domain) ?? 0) + 1)
  }

  endWrite(domain: string): void {
    const left = (this.writes.get(domain) ?? 0) - 1
    if (left > 0) this.writes.set(domain, left)
    else this.writes.delete(domain)
    for (const check of this.#drains.splice(0)) check()
  }

  /** SIGTERM. */
  terminate(): void {
    this.#stopSignal.abort()
  }

  /** SIGKILL: it does nothing any more. */
  kill(): void {
    this.isOver = true
    this.writes.clear()
    this.#clock.stop()
  }

  /** SIGSTOP. */
  stop(): void {
    this.#clock.stop()
  }

  /** SIGCONT. */
  continue(): void {
    if (!this.isOver) this.#clock.continue()
  }

  stallWatch(ms: number): void {
    this.#watchDelayMs = ms
  }

  jumpWallClock(byMs: number): void {
    this.#clock.skewMs += byMs
  }

  /** Resolves when no write in a domain of others is in progress. */
  async #drained(): Promise<void> {
    while ([...this.writes.keys()].some((domain) => !this.ownership.owns(domain))) {
      await new Promise<void>((resolve) => this.#drains.push(resolve))
    }
  }
}

/** A clock whose timers do not fire while the process is stopped. Its time passes nevertheless. */
class StoppableClock implements Clock {
  skewMs: number
  isStopped = false
  readonly #clock: ManualClock
  readonly #waiting: (() => void)[] = []

  constructor(clock: ManualClock, skewMs: number) {
    this.#clock = clock
    this.skewMs = skewMs
  }

  now(): number {
    return this.#clock.now() + this.skewMs
  }

  monotonic(): number {
    return this.#clock.monotonic() + 1_000_000
  }

  setTimeout(callback: () => void, delayMs: number): ClockTimer {
    let isCancelled = false
    const run = (): void => {
      if (!isCancelled) callback()
    }
    this.#clock.setTimeout(() => {
      if (this.isStopped) this.#waiting.push(run)
      else run()
    }, delayMs)
    return {
      cancel: () => {
        isCancelled = true
      },
    }
  }

  async resumed(): Promise<void> {
    if (this.isStopped) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  stop(): void {
    this.isStopped = true
  }

  continue(): void {
    this.isStopped = false
    for (const run of this.#waiting.splice(0)) run()
  }
}
