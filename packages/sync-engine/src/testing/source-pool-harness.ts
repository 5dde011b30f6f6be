import {
  type BackendConnection,
  type ClockTimer,
  defined,
  type ErrorFacts,
  type ReadErrorCode,
  type RotationFacts,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type SourceRef, type SourceKey, sourceKeyOf, type SourceReading } from '../model/source-reading.ts'
import { RateLimits } from '../sources/read-queue/rate-limit.ts'
import { SourcePool } from '../sources/source-pool.ts'
import type { SourcePoolOptions } from '../sources/source-pool-options.ts'

/** A clock that knows how many timers are pending. */
export class CountingClock extends ManualClock {
  readonly pending = new Set<ClockTimer>()

  override setTimeout(callback: () => void, delayMs: number): ClockTimer {
    const timer = super.setTimeout(() => {
      this.pending.delete(handle)
      callback()
    }, delayMs)
    const handle = {
      cancel: (): void => {
        this.pending.delete(handle)
        timer.cancel()
      },
    }
    this.pending.add(handle)
    return handle
  }
}

interface FakeSecret {
  version: number
  text?: string
  createdMs?: number
  rotation?: RotationFacts
}

/** A secret manager with settable secrets, faults and latency. Records every call. */
export class FakeManager implements SecretBackend {
  readonly calls: Array<{ readonly name: string; readonly atMs: number }> = []
  readonly secrets = new Map<string, FakeSecret>()
  readonly faults = new Map<string, { code: ReadErrorCode; facts?: ErrorFacts } | 'hang'>()
  /** The most reads that were under way at once, in all and of one name. */
  mostAtOnce = { inAll: 0, ofOne: 0 }
  latencyMs = 0
  readonly #underWay = new Map<string, number>()
  #underWayInAll = 0
  protected readonly clock: ManualClock

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  /** A new version of `name`, or its first. */
  change(name: string, facts: Omit<FakeSecret, 'version'> = {}): void {
    this.secrets.set(name, { ...facts, version: (this.secrets.get(name)?.version ?? 0) + 1 })
  }

  callsOf(name: string): readonly number[] {
    return this.calls.filter((call) => call.name === name).map(({ atMs }) => atMs)
  }

  /** Reads of `name` that have neither ended nor been aborted. */
  underWay(name: string): number {
    return this.#underWay.get(name) ?? 0
  }

  async read({ name }: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    this.calls.push({ name, atMs: this.clock.monotonic() })
    this.count(name, 1)
    // An aborted read counts as ended at once, not when its promise gets to say so.
    const onAbort = (): void => this.count(name, -1)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (this.latencyMs > 0) await this.wait(this.latencyMs, signal)
      if (this.faults.get(name) === 'hang') await this.wait(Infinity, signal)
      return this.valueOf(name)
    } finally {
      signal.removeEventListener('abort', onAbort)
      if (!signal.aborted) this.count(name, -1)
    }
  }

  async close(): Promise<void> {}

  /** The value of a secret, or its fault. */
  protected valueOf(name: string): SecretValue {
    const fault = this.faults.get(name)
    if (fault !== undefined && fault !== 'hang')
      throw new SecretSyncError(fault.code, `fault of ${name}`, fault.facts ? { facts: fault.facts } : {})
    const secret = this.secrets.get(name)
    if (!secret) throw new SecretSyncError('NotFound', `no ${name}`)
    return valueOf(name, secret)
  }

  protected wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      if (ms !== Infinity) this.clock.setTimeout(resolve, ms)
    })
  }

  protected count(name: string, by: 1 | -1): void {
    const ofOne = (this.#underWay.get(name) ?? 0) + by
    this.#underWay.set(name, ofOne)
    this.#underWayInAll += by
    this.mostAtOnce.inAll = Math.max(this.mostAtOnce.inAll, this.#underWayInAll)
    this.mostAtOnce.ofOne = Math.max(this.mostAtOnce.ofOne, ofOne)
  }
}

function valueOf(name: string, { version, text, createdMs, rotation }: FakeSecret): SecretValue {
  return {
    bytes: new Sensitive(Buffer.from(text ?? `${name}=${version}`)),
    versionId: `v${version}`,
    versionStages: ['ACSCurrent'],
    type: 'Generic',
    dataType: 'text',
    ...defined({ createdMs }),
    ...(rotation && { rotation }),
  }
}

export interface Notification {
  readonly subscriber: string
  readonly change: string
  readonly name: string
  readonly atMs: number
}

/** A pool with a manual clock, a fake secret manager, and a record of notifications. */
export class Harness implements AsyncDisposable {
  readonly clock = new CountingClock()
  readonly manager: FakeManager
  readonly notifications: Notification[] = []
  readonly observed: string[] = []
  readonly pool: SourcePool
  readonly #names = new Map<SourceKey, string>()

  constructor(
    options: Partial<SourcePoolOptions> = {},
    manager: (clock: ManualClock) => FakeManager = (clock) => new FakeManager(clock),
  ) {
    this.manager = manager(this.clock)
    this.pool = new SourcePool({
      clock: this.clock,
      random: () => 0.5,
      rateLimits: new RateLimits({ qps: 0 }),
      onChange: (subscribers, change, key) => {
        for (const subscriber of subscribers)
          this.notifications.push({ subscriber, change, name: this.#name(key), atMs: this.clock.monotonic() })
      },
      observer: { read: (_kind, result) => void this.observed.push(result) },
      ...options,
    })
  }

  connection(account = 'account', backend: SecretBackend = this.manager): BackendConnection {
    return { key: `connection of ${account}`, kind: 'fake', quota: { account, region: 'cn-hangzhou' }, backend }
  }

  reads(names: readonly string[], connection = this.connection()): SourceRef[] {
    return names.map((name) => {
      const read = { key: sourceKeyOf(connection, { name }), ref: { name }, connection }
      this.#names.set(read.key, name)
      return read
    })
  }

  /** Subscribes without a read. */
  subscribe(subscriber: string, names: readonly string[], intervalMs: number | 'off' = 120_000): void {
    this.pool.subscribe(subscriber, this.reads(names), intervalMs === 'off' ? undefined : intervalMs)
  }

  /** The readings of `subscriber` for `names`: versions or error codes. */
  async values(subscriber: string, names: readonly string[], force = false): Promise<Record<string, string>> {
    const signal = new AbortController().signal
    const readings = await this.pool.values(subscriber, this.reads(names), { signal, force })
    return Object.fromEntries([...readings].map(([key, reading]) => [this.#name(key), said(reading)]))
  }

  /** Subscribes, reads and acknowledges, as a sync does. */
  async sync(
    subscriber: string,
    names: readonly string[],
    intervalMs: number | 'off' = 120_000,
  ): Promise<Record<string, string>> {
    this.subscribe(subscriber, names, intervalMs)
    const [values] = await Promise.all([this.values(subscriber, names), this.clock.advance(0)])
    this.pool.ack(subscriber)
    return values
  }

  /** Notifications since the last call, as `subscriber change name`. */
  takeNotifications(): string[] {
    return this.notifications.splice(0).map(({ subscriber, change, name }) => `${subscriber} ${change} ${name}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close()
  }

  #name(key: SourceKey): string {
    return this.#names.get(key) ?? '?'
  }
}

/** A pool whose subscriber `a` has read the secret `db`. */
export async function synced(intervalMs?: number | 'off', options?: Partial<SourcePoolOptions>): Promise<Harness> {
  const harness = new Harness(options)
  harness.manager.change('db')
  await harness.sync('a', ['db'], intervalMs)
  return harness
}

function said(reading: SourceReading): string {
  if (reading.kind !== 'error') return reading.value.versionId
  return `${reading.error.code}${reading.stale ? ' stale' : ''}`
}
