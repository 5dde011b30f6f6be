import { type BackendConnection, contentDigester, type SecretGenerator, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type ExternalSecretStatus, externalSecretSpecSchema } from '@ack-secret-manager/resources'
import { RateLimits, resourceKey, SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import { Random } from '@ack-secret-manager/testenv'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { InvariantChecker, type Violation } from '../invariants/invariant-checker.ts'
import { ExpectedState } from '../invariants/expected-state.ts'
import { RestartChecker } from '../invariants/restart-checker.ts'
import { unconvergedSecrets } from '../invariants/unconverged.ts'
import {
  GENERATED_ROTATION_MS,
  OPTIONAL_SECRET,
  type ResourceKind,
  RESOURCES,
  SECRETS,
  targetOf,
  WORKLOAD,
  type ChaosResource,
} from '../workload/resources.ts'
import { type Naming, specOf } from '../workload/specs.ts'
import { namingsFor } from '../workload/planned-actions.ts'
import { FaultyKms } from './faulty-kms.ts'
import { FaultyWriter } from './faulty-writer.ts'
import { CheckedWriter } from './checked-writer.ts'
import { RecordingRestarter } from './recording-restarter.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
/**
 * Backoff grows up to five minutes, and a process without hints learns of a change at the interval only. Also longer than the hour of
 * generated values: after the clock was set back, the time of the last one is corrected when the next is due.
 */
const CONVERGENCE_MS = 70 * MINUTE_MS
const QUIET_MS = 60 * MINUTE_MS
const KINDS: readonly ResourceKind[] = [
  'picks',
  'extract',
  'template',
  'retain',
  'renamed',
  'optional',
  'block',
  'restart',
  'generated',
]
/** Longest fault of KMS, in minutes. */
const MAX_FAULT_MINUTES = 12
/** The wall clock of all processes jumps ahead, and back after some minutes. The API server keeps its time. */
const JUMP_MS = 6 * 60 * MINUTE_MS
const MAX_JUMP_MINUTES = 30
/** Longest time with two processes that act as leader, in minutes. */
const MAX_STALE_MINUTES = 5

/** Result of one simulated day. */
export interface SimulationResult {
  readonly violations: readonly Violation[]
  /** Problems left at the end, as text. */
  readonly wrong: readonly string[]
  /** Writes during the following hour, without those of rotations. */
  readonly rewritten: number
  readonly reads: number
  /** Checked changes of Secrets. */
  readonly steps: number
  readonly faults: number
  readonly crashes: number
  /** Changes of names in specs, including their corrections. */
  readonly renames: number
  readonly restarts: number
  /** Values that were generated for two Secrets. */
  readonly generated: number
}

interface Process {
  readonly engine: SyncEngine
  readonly writer: FaultyWriter
}

/** Runs the real engine through a day of seeded faults on a manual clock. */
export async function runSimulation(seed: number): Promise<SimulationResult> {
  const day = new Simulation(new Random(seed, 'day'))
  await day.pass()
  return day.end()
}

class Simulation {
  readonly #random: Random
  readonly #clock = new ManualClock()
  readonly #expectedState = new ExpectedState(() => this.#clock.monotonic())
  readonly #checker = new InvariantChecker(this.#expectedState)
  readonly #resources = RESOURCES.filter(({ kind }) => KINDS.includes(kind))
  readonly #restarts = new RestartChecker(
    new Map(
      this.#resources
        .filter(({ kind }) => kind === 'restart')
        .map((each) => [targetOf(each), `${each.namespace}/${WORKLOAD}`]),
    ),
  )
  readonly #violations: Violation[] = []
  /** Minute at which the names of a resource are corrected. */
  readonly #correctedAt = new Map<ChaosResource, number>()
  readonly #namings = new Map<ChaosResource, Naming | undefined>()
  readonly #generations = new Map<ChaosResource, number>()
  readonly #statuses = new Map<string, ExternalSecretStatus>()
  readonly #digester = contentDigester(new Uint8Array(32).fill(7))
  readonly #targets = new CheckedWriter({
    digester: this.#digester,
    resources: this.#resources,
    checker: this.#checker,
    restarts: this.#restarts,
    onViolation: (violation) => this.#violations.push(violation),
  })
  readonly #restarter = new RecordingRestarter(this.#restarts, () => this.#targets.revision)
  readonly #kms: FaultyKms
  #process: Process
  #stale: Process | undefined
  #generated = 0
  readonly #generator: SecretGenerator = {
    kind: 'password',
    settings: '20',
    renewAfterMs: GENERATED_ROTATION_MS,
    generate: () => {
      const text = String((this.#generated += 1)).padStart(32, '0')
      return Promise.resolve({ value: new Sensitive<Uint8Array>(Buffer.from(text)) })
    },
  }
  #faults = 0
  #crashes = 0
  #renames = 0

  constructor(random: Random) {
    this.#random = random
    this.#kms = new FaultyKms({ expectedState: this.#expectedState, clock: this.#clock, random })
    this.#process = this.#start()
  }

  async pass(): Promise<void> {
    const random = this.#random
    const mendAt = new Map<string, number>()
    let staleUntil = 0
    let jumpBackAt = Infinity
    const startMs = this.#clock.now()
    this.#targets.serverTime = () => startMs + this.#clock.monotonic()
    await this.#clock.advance(MINUTE_MS)
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      if (random.int(1, 8) === 1) this.#expectedState.rotate(random.pick([...SECRETS, OPTIONAL_SECRET]))
      if (random.int(1, 15) === 1) await this.#byHand(random.pick(this.#resources))
      const secret = random.pick([...SECRETS, OPTIONAL_SECRET])
      if (random.int(1, 6) === 1 && !mendAt.has(secret)) {
        this.#breakReads(secret)
        mendAt.set(secret, minute + random.int(1, MAX_FAULT_MINUTES))
      }
      for (const [broken, at] of mendAt) {
        if (at > minute) continue
        this.#restore(broken)
        mendAt.delete(broken)
      }
      this.#changeNames(minute)
      if (minute === jumpBackAt) {
        this.#clock.jumpWallClock(-JUMP_MS)
        jumpBackAt = Infinity
      } else if (jumpBackAt === Infinity && random.int(1, 90) === 1) {
        this.#clock.jumpWallClock(JUMP_MS)
        jumpBackAt = minute + random.int(1, MAX_JUMP_MINUTES)
      }
      if (minute === staleUntil) this.#end(this.#stale)
      if (random.int(1, 40) === 1) {
        this.#end(this.#stale)
        this.#stale = random.next() < 0.5 ? this.#process : this.#end(this.#process)
        staleUntil = minute + random.int(1, MAX_STALE_MINUTES)
        this.#process = this.#start()
        this.#crashes += 1
      }
      await this.#clock.advance(MINUTE_MS)
    }
    if (jumpBackAt !== Infinity) this.#clock.jumpWallClock(-JUMP_MS)
  }

  async end(): Promise<SimulationResult> {
    this.#end(this.#stale)
    for (const resource of this.#correctedAt.keys()) this.#rename(resource, undefined)
    for (const secret of [...SECRETS, OPTIONAL_SECRET]) this.#restore(secret)
    this.#kms.calm()
    this.#process.writer.calm()
    await this.#clock.advance(CONVERGENCE_MS)
    const wrong = [
      ...unconvergedSecrets(this.#resources, this.#targets.snapshots, this.#expectedState),
      ...this.#restarts.pending(),
    ]
    const { revision } = this.#targets
    const generated = this.#generated
    await this.#clock.advance(QUIET_MS)
    const closed = this.#process.engine.close()
    await this.#clock.advance(0)
    await closed
    return {
      violations: [...this.#violations, ...this.#restarts.violations()],
      wrong,
      rewritten: this.#targets.revision - revision - (this.#generated - generated),
      reads: this.#kms.reads,
      steps: this.#checker.steps,
      faults: this.#faults,
      crashes: this.#crashes,
      renames: this.#renames,
      restarts: this.#restarter.restarts,
      generated: this.#generated,
    }
  }

  #breakReads(secret: string): void {
    this.#faults += 1
    if (this.#kms.breakReads(secret) === 'NotFound') this.#expectedState.markAbsent(secret)
  }

  /** A restored secret has a newer version. */
  #restore(secret: string): void {
    if (this.#kms.restore(secret) === 'NotFound') this.#expectedState.rotate(secret)
  }

  /** A user changes the names in the spec of a resource, or corrects them. A former leader receives the change as well. */
  #rename(resource: ChaosResource, naming: Naming | undefined): void {
    this.#renames += 1
    if (naming) this.#expectedState.allowNames(targetOf(resource), naming)
    this.#namings.set(resource, naming)
    this.#generations.set(resource, this.#generationOf(resource) + 1)
    for (const process of [this.#process, this.#stale]) process?.engine.upsert(this.#asSeen(resource))
  }

  #changeNames(minute: number): void {
    const random = this.#random
    for (const [resource, at] of this.#correctedAt) {
      if (at > minute) continue
      this.#rename(resource, undefined)
      this.#correctedAt.delete(resource)
    }
    if (random.int(1, 20) !== 1) return
    const resource = random.pick(this.#resources)
    if (this.#correctedAt.has(resource)) return
    this.#rename(resource, random.pick(namingsFor(resource.kind)))
    this.#correctedAt.set(resource, minute + random.int(1, MAX_FAULT_MINUTES))
  }

  #generationOf(resource: ChaosResource): number {
    return this.#generations.get(resource) ?? 1
  }

  async #byHand(resource: ChaosResource): Promise<void> {
    const { namespace, target } = resource
    const seen = this.#targets.snapshots.get(targetOf(resource))
    if (!seen || seen.data.size === 0) return
    if (this.#random.int(1, 3) === 1) {
      this.#expectedState.allowEndOf(seen.uid)
      this.#targets.remove(target, namespace)
    } else {
      const key = this.#random.pick([...seen.data.keys()])
      this.#expectedState.allowEdit(targetOf(resource), key, 'tampered')
      this.#targets.tamper(target, key, namespace)
    }
    await this.#targets.checkChanges()
  }

  /** Kills the process (SIGKILL) and cuts off its pending work. */
  #end(process: Process | undefined): undefined {
    process?.writer.die()
    void process?.engine.close(0)
    if (process === this.#stale) this.#stale = undefined
  }

  #start(): Process {
    const clock = this.#clock
    const writer = new FaultyWriter({ inner: this.#targets, clock, random: this.#random })
    const connection: BackendConnection = {
      key: 'kms|me',
      kind: 'kms',
      quota: { account: 'me', region: 'cn-hangzhou' },
      backend: this.#kms,
    }
    const engine = new SyncEngine({
      writer,
      digester: this.#digester,
      clock,
      random: () => this.#random.next(),
      resolveStore: () => ({ kind: 'ready', connection }),
      sources: { rateLimits: new RateLimits() },
      templating: {
        renderer: new TinyRenderer(),
        sources: { read: () => Promise.resolve([]), forget: () => undefined },
      },
      createGenerator: () => this.#generator,
      restarter: this.#restarter,
      reporter: {
        writeStatus: async (resource, status) => void this.#statuses.set(resourceKey(resource), status),
        recordEvent: () => undefined,
      },
    })
    for (const resource of this.#resources) engine.upsert(this.#asSeen(resource))
    engine.start()
    return { engine, writer }
  }

  #asSeen(resource: ChaosResource): SyncResource {
    const { namespace, name } = resource
    return {
      namespace,
      name,
      uid: `uid-of-${namespace}-${name}`,
      generation: this.#generationOf(resource),
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      spec: { ok: true, value: externalSecretSpecSchema.parse(specOf(resource, false, this.#namings.get(resource))) },
      status: this.#statuses.get(resourceKey(resource)),
      refreshNow: undefined,
      adopt: false,
    }
  }
}
