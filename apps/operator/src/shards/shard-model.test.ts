import { ManualClock } from '@ack-secret-manager/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generator } from './testing/generator.ts'
import { LeaseServer } from './testing/lease-server.ts'
import { SimulatedProcess } from './testing/simulated-process.ts'

const DOMAINS = Array.from({ length: 8 }, (_, index) => `kms/cn-hangzhou/${index}`)
const TICK_MS = 250
const RUNS = Number(process.env['SHARD_MODEL_RUNS'] ?? 60)

const events = fc.array(
  fc.record({
    afterMs: fc.nat(20_000),
    kind: fc.constantFrom('start', 'start', 'terminate', 'kill', 'stop', 'cut', 'stall-watch', 'jump-clock'),
    which: fc.nat(20),
    shards: fc.integer({ min: 1, max: 4 }),
    forMs: fc.nat(45_000),
  }),
  { minLength: 4, maxLength: 14 },
)
type Event = (typeof events extends fc.Arbitrary<infer T> ? T : never)[number]

/** Processes that share Leases, a workload that writes in every domain that a process may write in, and an invariant checker for every write. */
class SimulatedFleet {
  readonly clock = new ManualClock()
  readonly server = new LeaseServer(this.clock)
  readonly all: SimulatedProcess[] = []
  readonly violations: string[] = []
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = generator(seed)
    this.server.beforeClear = ({ slot, record: { holder } }) => {
      const process = this.alive.find(({ identity }) => identity === holder)
      if (process?.elector.isConfirmed === true)
        this.violations.push(`${slot} of ${holder} was cleared while it may write`)
    }
  }

  get alive(): readonly SimulatedProcess[] {
    return this.all.filter(({ isOver }) => !isOver)
  }

  start(shards: number): SimulatedProcess {
    const options = { server: this.server, clock: this.clock, shards, random: this.#random }
    const skewMs = (this.#random() - 0.5) * 7_200_000
    const process = new SimulatedProcess({ ...options, identity: `p${this.all.length}`, skewMs })
    this.all.push(process)
    return process
  }

  apply({ kind, which, shards, forMs }: Event): void {
    const { alive } = this
    const process = alive[which % Math.max(1, alive.length)]
    if (kind === 'start' || process === undefined) return void (alive.length < 6 && this.start(shards))
    if (kind === 'terminate') process.terminate()
    else if (kind === 'kill') process.kill()
    else if (kind === 'jump-clock') process.jumpWallClock((forMs - 22_500) * 1_000)
    else this.#disturb(process, kind, forMs)
  }

  #disturb(process: SimulatedProcess, kind: 'stop' | 'cut' | 'stall-watch', forMs: number): void {
    if (kind === 'stop') process.stop()
    if (kind === 'cut') process.network.isCut = true
    if (kind === 'stall-watch') process.stallWatch(forMs)
    this.clock.setTimeout(() => {
      if (kind === 'stop') process.continue()
      // Right after it continues, before any of its timers: the fence alone protects.
      this.check()
      if (kind === 'cut') process.network.isCut = false
      if (kind === 'stall-watch') process.stallWatch(0)
    }, forMs)
  }

  async advance(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= TICK_MS) {
      await this.clock.advance(Math.min(TICK_MS, leftMs))
      this.check()
      this.#work()
    }
  }

  check(): void {
    for (const domain of DOMAINS) {
      const owners = this.#running.filter((process) => process.mayWrite(domain))
      if (owners.length > 1) this.violations.push(`${domain}: ${owners.map(({ identity }) => identity).join(', ')}`)
    }
  }

  ownersOf(domain: string): readonly SimulatedProcess[] {
    return this.#running.filter((process) => process.mayWrite(domain))
  }

  get #running(): readonly SimulatedProcess[] {
    return this.alive.filter(({ isStopped }) => !isStopped)
  }

  #work(): void {
    for (const domain of DOMAINS) {
      for (const process of this.#running) {
        if (this.#random() > 0.3 || !process.mayWrite(domain)) continue
        const others = this.#running.filter((other) => other !== process && other.writes.has(domain))
        if (others.length > 0)
          this.violations.push(`${domain}: ${process.identity} writes before ${others[0]?.identity} ended`)
        process.beginWrite(domain)
        this.clock.setTimeout(() => process.endWrite(domain), this.#random() * 3_000)
      }
    }
  }
}

it(
  'never lets two processes write in one domain, and gives every domain an owner again',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), fc.integer({ min: 1, max: 4 }), async (steps, seed, shards) => {
        const fleet = new SimulatedFleet(seed)
        for (let index = 0; index < shards; index += 1) fleet.start(shards)
        await fleet.advance(20_000)
        for (const step of steps) {
          fleet.apply(step)
          await fleet.advance(step.afterMs)
        }
        expect(fleet.violations).toEqual([])
        // Everything that was disturbed recovers, at least one process stays.
        await fleet.advance(50_000)
        fleet.start(shards)
        await fleet.advance(60_000)
        expect(fleet.violations).toEqual([])
        const owners = DOMAINS.map((domain) => fleet.ownersOf(domain).length)
        expect(owners).toEqual(DOMAINS.map(() => 1))
      }),
      { numRuns: RUNS },
    )
  },
)

it('logs nothing about shards where one process works and another takes over', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const fleet = new SimulatedFleet(seed)
      const first = fleet.start(1)
      await fleet.advance(20_000)
      const second = fleet.start(1)
      await fleet.advance(20_000)
      first.terminate()
      await fleet.advance(20_000)
      expect(DOMAINS.flatMap((domain) => fleet.ownersOf(domain))).toEqual(DOMAINS.map(() => second))
      expect(fleet.all.flatMap(({ log }) => log)).toEqual([])
    }),
    { numRuns: 20 },
  )
})
