import { type BackendConnection, contentDigester, ManualClock } from '@ack-secret-manager/core'
import { type ExternalSecretStatus, externalSecretSpecSchema } from '@ack-secret-manager/resources'
import { RateLimits, resourceKey, SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import { Random } from '@ack-secret-manager/testbed'
import { TinyRenderer } from '../../../../packages/sync-engine/src/testing/tiny-renderer.ts'
import { Judge, type Violation } from '../invariants/judge.ts'
import { Ledger } from '../invariants/ledger.ts'
import { RestartJudge } from '../invariants/restart-judge.ts'
import {
  baseKeysOf,
  expectedOf,
  OPTIONAL_SECRET,
  optionalKeysOf,
  type ResourceKind,
  RESOURCES,
  SECRETS,
  targetOf,
  WORKLOAD,
  type WorldResource,
} from '../world/resources.ts'
import { specOf } from '../world/specs.ts'
import { FaultyKms } from './faulty-kms.ts'
import { FaultyWriter } from './faulty-writer.ts'
import { JudgedWriter } from './judged-writer.ts'
import { RememberingRestarter } from './remembering-restarter.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
/** Pauses after failures double up to five minutes, and a stale reader is told of a change by its interval only. */
const SETTLE_MS = 30 * MINUTE_MS
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
]
/** A fault of KMS lasts so many minutes at most. */
const MAX_FAULT_MINUTES = 12
/** Minutes for which there are two who take themselves for the leader. */
const MAX_STALE_MINUTES = 5

/** What came of a day. */
export interface SimulatedDay {
  readonly violations: readonly Violation[]
  /** What is not as it should be in the end, in words. */
  readonly wrong: readonly string[]
  /** Writes during the hour after that. */
  readonly rewritten: number
  readonly reads: number
  /** Steps of Secrets. */
  readonly steps: number
  readonly faults: number
  readonly crashes: number
  readonly restarts: number
}

interface Process {
  readonly engine: SyncEngine
  readonly writer: FaultyWriter
}

/** The real engine through a day of faults that a seed decides, on a clock that is turned by hand. */
export async function simulateDay(seed: number): Promise<SimulatedDay> {
  const day = new Day(new Random(seed, 'day'))
  await day.pass()
  return day.end()
}

class Day {
  readonly #random: Random
  readonly #clock = new ManualClock()
  readonly #ledger = new Ledger()
  readonly #judge = new Judge(this.#ledger)
  readonly #resources = RESOURCES.filter(({ kind }) => KINDS.includes(kind))
  readonly #restarts = new RestartJudge(
    new Map(
      this.#resources
        .filter(({ kind }) => kind === 'restart')
        .map((each) => [targetOf(each), `${each.namespace}/${WORKLOAD}`]),
    ),
  )
  readonly #violations: Violation[] = []
  readonly #statuses = new Map<string, ExternalSecretStatus>()
  readonly #digester = contentDigester(new Uint8Array(32).fill(7))
  readonly #targets = new JudgedWriter({
    digester: this.#digester,
    resources: this.#resources,
    judge: this.#judge,
    restarts: this.#restarts,
    onViolation: (violation) => this.#violations.push(violation),
  })
  readonly #restarter = new RememberingRestarter(this.#restarts, () => this.#targets.revision)
  readonly #kms: FaultyKms
  #process: Process
  #stale: Process | undefined
  #faults = 0
  #crashes = 0

  constructor(random: Random) {
    this.#random = random
    this.#kms = new FaultyKms({ ledger: this.#ledger, clock: this.#clock, random })
    this.#process = this.#start()
  }

  async pass(): Promise<void> {
    const random = this.#random
    const mendAt = new Map<string, number>()
    let staleUntil = 0
    await this.#clock.advance(MINUTE_MS)
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      if (random.int(1, 8) === 1) this.#ledger.rotate(random.pick([...SECRETS, OPTIONAL_SECRET]))
      if (random.int(1, 15) === 1) await this.#byHand(random.pick(this.#resources))
      const secret = random.pick([...SECRETS, OPTIONAL_SECRET])
      if (random.int(1, 6) === 1 && !mendAt.has(secret)) {
        this.#breakReads(secret)
        mendAt.set(secret, minute + random.int(1, MAX_FAULT_MINUTES))
      }
      for (const [broken, at] of mendAt) {
        if (at > minute) continue
        this.#kms.mend(broken)
        mendAt.delete(broken)
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
  }

  async end(): Promise<SimulatedDay> {
    this.#end(this.#stale)
    this.#kms.calm()
    this.#process.writer.calm()
    await this.#clock.advance(SETTLE_MS)
    const wrong = [...this.#resources.flatMap((resource) => this.#wrongOf(resource)), ...this.#restarts.owed()]
    const { revision } = this.#targets
    await this.#clock.advance(QUIET_MS)
    const closed = this.#process.engine.close()
    await this.#clock.advance(0)
    await closed
    return {
      violations: [...this.#violations, ...this.#restarts.violations()],
      wrong,
      rewritten: this.#targets.revision - revision,
      reads: this.#kms.reads,
      steps: this.#judge.steps,
      faults: this.#faults,
      crashes: this.#crashes,
      restarts: this.#restarter.restarts,
    }
  }

  #wrongOf(resource: WorldResource): string[] {
    const { namespace, target } = resource
    const data = this.#targets.textsOf(target, namespace)
    const expected = expectedOf(resource, (secret) => this.#ledger.versionOf(secret))
    const keys = Object.keys(expected).filter((key) => data?.[key] !== expected[key])
    return keys.length === 0 ? [] : [`${targetOf(resource)} ${data ? keys.join(', ') : 'absent'}`]
  }

  #breakReads(secret: string): void {
    this.#faults += 1
    if (this.#kms.breakReads(secret) !== 'NotFound') return
    for (const resource of this.#resources.filter(({ secrets }) => secrets.includes(secret))) {
      // By each of two who may be at work.
      for (const key of [...optionalKeysOf(resource), ...optionalKeysOf(resource)])
        this.#ledger.allowDrop(targetOf(resource), key)
    }
  }

  async #byHand(resource: WorldResource): Promise<void> {
    const { namespace, target } = resource
    const data = this.#targets.textsOf(target, namespace)
    if (!data) return
    if (this.#random.int(1, 3) === 1) {
      this.#ledger.allowDeletion(targetOf(resource))
      this.#targets.remove(target, namespace)
    } else {
      const key = this.#random.pick(baseKeysOf(resource).filter((each) => each in data))
      this.#ledger.allowEdit(targetOf(resource), key, 'tampered')
      this.#targets.tamper(target, key, namespace)
    }
    await this.#targets.look()
  }

  /** SIGKILL: whatever it was doing is cut off where it was. */
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

  #asSeen(resource: WorldResource): SyncResource {
    const { namespace, name } = resource
    return {
      namespace,
      name,
      uid: `uid-of-${namespace}-${name}`,
      generation: 1,
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      spec: { ok: true, value: externalSecretSpecSchema.parse(specOf(resource, false)) },
      status: this.#statuses.get(resourceKey(resource)),
      refreshNow: undefined,
      adopt: false,
    }
  }
}
