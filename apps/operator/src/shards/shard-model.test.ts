import { ManualClock } from '@ack-secret-manager/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generator } from './testing/generator.ts'
import { LeaseServer } from './testing/lease-server.ts'
import { SimulatedProcess } from './testing/simulated-process.ts'

/** Stores without a region, whose domain each process names with its own scope. */
const STORES = Array.from({ length: 8 }, (_, index) => `${index}`)
const SCOPES = ['--region=cn-hangzhou', '--region=cn-hangzhou', '--region=cn-beijing'] as const
const domainOf = ({ scope }: SimulatedProcess, store: string): string => `kms/${scope}/${store}`
const TICK_MS = 250
const RUNS = Number(process.env['SHARD_MODEL_RUNS'] ?? 60)

const events = fc.array(
  fc.record({
    afterMs: fc.nat(20_000),
    kind: fc.constantFrom('start', 'start', 'terminate', 'kill', 'stop', 'cut', 'stall-watch', 'jump-clock'),
    which: fc.nat(20),
    scope: fc.constantFrom(...SCOPES),
    shards: fc.integer({ min: 1, max: 4 }),
    forMs: fc.nat(45_000),
  }),
  { minLength: 4, maxLength: 14 },
)
/** Of the processes that start at the same time. */
const initialScopes = fc.array(fc.constantFrom(...SCOPES), { minLength: 1, maxLength: 4 })
type Event = (typeof events extends fc.Arbitrary<infer T> ? T : never)[number]

/** Processes that share Leases, a workload that writes through every store that a process may write for, and an invariant checker for every write. */
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

  start(shards: number, scope: string = SCOPES[0]): SimulatedProcess {
    const options = { server: this.server, clock: this.clock, shards, scope, random: this.#random }
    const skewMs = (this.#random() - 0.5) * 7_200_000
    const process = new SimulatedProcess({ ...options, identity: `p${this.all.length}`, skewMs })
    this.all.push(process)
    return process
  }

  apply({ kind, which, scope, shards, forMs }: Event): void {
    const { alive } = this
    const process = alive[which % Math.max(1, alive.length)]
    if (kind === 'start' || process === undefined) return void (alive.length < 6 && this.start(shards, scope))
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

  /** Ends the processes of the other scope. */
  endRollout(): void {
    for (const process of this.alive) if (process.scope !== SCOPES[0]) process.terminate()
  }

  async advance(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= TICK_MS) {
      await this.clock.advance(Math.min(TICK_MS, leftMs))
      this.check()
      this.#work()
    }
  }

  check(): void {
    for (const store of STORES) {
      const owners = this.ownersOf(store)
      if (owners.length > 1) this.violations.push(`${store}: ${owners.map(({ identity }) => identity).join(', ')}`)
    }
  }

  /** Number of processes that may write through each store. */
  get owners(): readonly number[] {
    return STORES.map((store) => this.ownersOf(store).length)
  }

  ownersOf(store: string): readonly SimulatedProcess[] {
    return this.#running.filter((process) => process.mayWrite(domainOf(process, store)))
  }

  get #running(): readonly SimulatedProcess[] {
    return this.alive.filter(({ isStopped }) => !isStopped)
  }

  #work(): void {
    for (const store of STORES) {
      for (const process of this.#running) {
        const domain = domainOf(process, store)
        if (this.#random() > 0.3 || !process.mayWrite(domain)) continue
        const others = this.#running.filter((other) => other !== process && other.writes.has(domainOf(other, store)))
        if (others.length > 0)
          this.violations.push(`${store}: ${process.identity} writes before ${others[0]?.identity} ended`)
        process.beginWrite(domain)
        this.clock.setTimeout(() => process.endWrite(domain), this.#random() * 3_000)
      }
    }
  }
}

it(
  'never lets two processes write for one store, also with different scopes, and gives every store an owner again',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), initialScopes, async (steps, seed, scopes) => {
        const fleet = new SimulatedFleet(seed)
        for (const scope of scopes) fleet.start(scopes.length, scope)
        await fleet.advance(20_000)
        for (const step of steps) {
          fleet.apply(step)
          await fleet.advance(step.afterMs)
        }
        expect(fleet.violations).toEqual([])
        // Everything that was disturbed recovers. Processes of one scope work, also before the rolling update ends.
        await fleet.advance(120_000)
        expect(fleet.owners).toEqual(STORES.map(() => (fleet.alive.length > 0 ? 1 : 0)))
        fleet.endRollout()
        fleet.start(scopes.length)
        await fleet.advance(60_000)
        expect(fleet.violations).toEqual([])
        expect(fleet.owners).toEqual(STORES.map(() => 1))
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
      expect(STORES.flatMap((store) => fleet.ownersOf(store))).toEqual(STORES.map(() => second))
      expect(fleet.all.flatMap(({ log }) => log)).toEqual([])
    }),
    { numRuns: 20 },
  )
})
