import { type BackendConnection, contentDigester, type SecretBackend, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { externalSecretSpecSchema, type ExternalSecretStatus } from '@ack-secret-manager/resources'
import { RateLimits, SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import { expect, it } from 'vitest'
import { LeaseServer } from './testing/lease-server.ts'
import { generator } from './testing/generator.ts'
import { SharedTargets } from './testing/shared-targets.ts'
import { SimulatedProcess } from './testing/simulated-process.ts'

/** `npm run shard-day` simulates 100,000. */
const RESOURCES = Number(process.env['SHARD_DAY_RESOURCES'] ?? 1_000)
const DOMAINS = 20
const SHARDS = 3
const INTERVAL_MS = 30 * 60_000
const DAY_MS = 24 * 3_600_000
/** Time for joining, dying and taking over. */
const SETTLE_MS = 300_000
/** Long, because most of the work of a simulated day would be renewals. */
const LEASE_MS = 120_000
const digester = contentDigester(new Uint8Array(32).fill(7))

const nameOf = (index: number): string => `r${index}`
const domainOf = (index: number): string => `kms/cn-hangzhou/${index % DOMAINS}`

/** Processes with the real engine, elector and membership, which share one cluster and one KMS. */
class SimulatedCluster {
  readonly clock = new ManualClock()
  readonly random = generator(7)
  readonly server = new LeaseServer(this.clock)
  readonly targets = new SharedTargets()
  readonly versions = new Uint32Array(RESOURCES)
  readonly statuses = new Map<string, ExternalSecretStatus>()
  readonly processes: SimulatedProcess[] = []
  /** Writes by a process that does not own the domain. */
  readonly strays: string[] = []
  reads = 0
  /** Resources that moved to another process: each costs one read. */
  moves = 0

  start(count = 1): void {
    for (let index = 0; index < count; index += 1) this.#start()
  }

  #start(): void {
    const engines: SyncEngine[] = []
    const had = new Set<number>()
    const process = new SimulatedProcess({
      identity: `p${this.processes.length}`,
      server: this.server,
      clock: this.clock,
      shards: SHARDS,
      random: this.random,
      skewMs: 0,
      leaseDurationMs: LEASE_MS,
      onOwnership: async (ownership) => {
        const [engine] = engines
        for (let index = 0; index < RESOURCES; index += 1) {
          const isOwned = ownership.owns(domainOf(index))
          if (isOwned === had.has(index)) continue
          if (isOwned) {
            had.add(index)
            this.moves += 1
            engine?.upsert(this.#resource(index))
          } else {
            had.delete(index)
            engine?.release(`default/${nameOf(index)}`)
          }
        }
        await engine?.released()
      },
      onStopped: async () => engines[0]?.close(0),
    })
    engines.push(this.#engine(process))
    engines[0]?.start()
    this.processes.push(process)
  }

  get alive(): readonly SimulatedProcess[] {
    return this.processes.filter(({ isOver }) => !isOver)
  }

  #engine(process: SimulatedProcess): SyncEngine {
    const index = (name: string): number => Number(name.slice(1))
    const connections = new Map<string, BackendConnection>()
    const backend: SecretBackend = {
      read: async ({ name }) => {
        if (process.isOver) await new Promise<never>(() => undefined)
        this.reads += 1
        const version = this.versions[index(name)]
        const bytes = new Sensitive(new TextEncoder().encode(`${name}-${version}`))
        return { bytes, versionId: `v${version}`, versionStages: ['ACSCurrent'], type: 'Generic', dataType: 'text' }
      },
      close: async () => undefined,
    }
    const mayWrite = (): boolean => !process.isOver && process.elector.isConfirmed
    return new SyncEngine({
      writer: this.targets.writer(mayWrite, (name) => {
        if (!process.mayWrite(domainOf(index(name)))) this.strays.push(`${process.identity} ${name}`)
      }),
      reporter: {
        writeStatus: async ({ name }, status) => {
          this.statuses.set(name, status)
        },
        recordEvent: () => undefined,
      },
      resolveStore: ({ ref }) => {
        const key = ref?.name ?? ''
        const quota = { account: key, region: 'r' }
        const connection = connections.get(key) ?? { key, kind: 'fake', quota, backend }
        connections.set(key, connection)
        return { kind: 'ready', connection }
      },
      digester,
      clock: process.clock,
      random: this.random,
      defaults: { intervalMs: INTERVAL_MS, disablePolling: false },
      sharing: { isForeign: () => true, mayCleanUp: async () => false },
      sources: { rateLimits: new RateLimits({ qps: 0 }), maxConcurrentReads: 1_000 },
      queue: { concurrency: 64 },
    })
  }

  #resource(index: number): SyncResource {
    const name = nameOf(index)
    const secretStoreRef = { name: `store-${index % DOMAINS}` }
    return {
      namespace: 'default',
      name,
      uid: `uid-${name}`,
      generation: 1,
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      spec: {
        ok: true,
        value: externalSecretSpecSchema.parse({ data: [{ key: name, name: 'value', secretStoreRef }] }),
      },
      status: this.statuses.get(name),
      refreshNow: undefined,
      adopt: false,
    }
  }

  /** Changes the values of some secrets. */
  rotate(count: number): void {
    for (let each = 0; each < count; each += 1) {
      const index = Math.floor(this.random() * RESOURCES)
      this.versions[index] = (this.versions[index] ?? 0) + 1
    }
  }
}

it(`shares ${RESOURCES} resources in ${DOMAINS} domains through a day of starts, stops and crashes`, async () => {
  const cluster = new SimulatedCluster()
  for (let index = 0; index < SHARDS + 1; index += 1) cluster.start()
  await cluster.clock.advance(SETTLE_MS)
  let undisturbed = 0
  for (let hour = 0; hour < 24; hour += 1) {
    const before = { reads: cluster.reads, moves: cluster.moves }
    await disturb(cluster, hour)
    await cluster.clock.advance(3_600_000 - SETTLE_MS * 3)
    // Nothing but the distinct reads of two intervals, and one for each resource that has moved.
    const [reads, moves] = [cluster.reads - before.reads, cluster.moves - before.moves]
    expect(reads).toBeLessThanOrEqual(2 * RESOURCES + moves + RESOURCES / 10)
    if (moves === 0) {
      undisturbed += 1
      expect(reads).toBeGreaterThanOrEqual(2 * RESOURCES * 0.9)
    }
    cluster.rotate(RESOURCES / 20)
  }
  await cluster.clock.advance(2 * INTERVAL_MS)
  expect(undisturbed).toBeGreaterThan(3)
  expect(cluster.strays).toEqual([])
  const wrong = Array.from({ length: RESOURCES }, (_, index) => index).filter((index) => {
    const name = nameOf(index)
    // The first write, and one for each value: at most, because a value may change twice between two reads.
    const writes = cluster.targets.writes.get(name) ?? 0
    const isCurrent = cluster.targets.texts.get(name) === `${name}-${cluster.versions[index]}`
    return !isCurrent || writes < 1 || writes > 1 + (cluster.versions[index] ?? 0)
  })
  expect(wrong).toEqual([])
  const expected = RESOURCES * (DAY_MS / INTERVAL_MS)
  process.stdout.write(`a day of ${RESOURCES}: ${cluster.reads} reads (${expected} expected), ${cluster.moves} moves\n`)
}, 3_600_000)

/** What happens to the members in an hour. */
async function disturb(cluster: SimulatedCluster, hour: number): Promise<void> {
  const { alive, clock } = cluster
  const one = alive[hour % alive.length]
  if (hour % 6 === 1) one?.kill()
  else if (hour % 6 === 2) cluster.start(2)
  else if (hour % 6 === 3) one?.terminate()
  else if (hour % 6 === 4) {
    one?.stop()
    await clock.advance(SETTLE_MS)
    one?.continue()
    cluster.start()
  }
  await clock.advance(SETTLE_MS * (hour % 6 === 4 ? 2 : 3))
}
