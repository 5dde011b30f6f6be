import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type SecretGenerator, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { containerRegistryToken, TokenCache, type TokenIdentity } from '@ack-secret-manager/generator-token'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import {
  callsByResult,
  type SimulatorControl,
  simulatorControl,
} from '@ack-secret-manager/test-support/simulator-control'
import { onTestFinished } from 'vitest'
import type { CreateGenerator } from '../generate/generated-plan.ts'
import { type EngineFixture, engineFixture } from './engine-fixture.ts'
import { digester } from './fixtures.ts'

/** Shorter than every deadline of a call, so that none passes while a request is on its way. */
const STEP_MS = 9_000
const START_MS = Date.UTC(2026, 0, 1)
const ACCESS_KEY = { id: 'LTAI5tPuller', secret: 'puller-secret' }
export const KEY = '.dockerconfigjson'
export const DOMAINS = { 'cri-a': ['a.example.com', 'a-vpc.example.com'], 'cri-b': ['b.example.com'] } as const
const INSTANCES = Object.entries(DOMAINS).map(([id, registries]) => ({ id, registries: [...registries] }))
const SPEC = {
  type: 'kubernetes.io/dockerconfigjson',
  data: [{ key: 'db', name: 'url' }],
  generate: [{ name: KEY, containerRegistry: { secretStoreRef: { name: 'registry' }, instances: INSTANCES } }],
}

/**
 * The real engine, the real generator and the registry service of the simulator, which they call over HTTPS. All follow one manual clock,
 * which waits while a call is on its way.
 */
export class RegistryProcess {
  readonly simulator: Simulator
  readonly control: SimulatorControl
  readonly writer = new MemoryWriter(digester)
  /** When the tokens were requested that the target got. */
  readonly issuedMs: number[] = []
  clock: ManualClock
  readonly #pending = new Set<Promise<unknown>>()
  #cache: TokenCache | undefined
  #engine: EngineFixture | undefined

  /** @param tokenLifetimes of the instances of {@link DOMAINS} */
  static async start(tokenLifetimes: readonly string[]): Promise<RegistryProcess> {
    const time = { now: (): number => START_MS }
    const simulator = await startSimulator({
      clock: time,
      seed: {
        accessKeys: [{ ...ACCESS_KEY, allow: [{ actions: ['cr:GetAuthorizationToken'], resources: ['*'] }] }],
        registries: INSTANCES.map(({ id, registries: domains }, index) => {
          return { id, domains, tokenLifetime: tokenLifetimes[index] ?? '1h' }
        }),
      },
    })
    onTestFinished(() => simulator.close())
    const started = new RegistryProcess(simulator, new ManualClock(START_MS))
    time.now = () => started.clock.now()
    await started.restart()
    return started
  }

  private constructor(simulator: Simulator, clock: ManualClock) {
    this.simulator = simulator
    this.control = simulatorControl(simulator.control)
    this.clock = clock
  }

  get engine(): EngineFixture {
    if (!this.#engine) throw new Error('no process was started')
    return this.#engine
  }

  /** Ends the process and starts another one, which knows nothing but the target. */
  async restart(): Promise<void> {
    await this.#engine?.engine.close(0)
    this.#cache?.close()
    this.clock = new ManualClock(this.clock.now())
    // The longest backoff.
    const cache = new TokenCache({ clock: this.clock, random: () => 0 })
    const get = cache.get.bind(cache)
    // If the call for one instance fails, the other one is still on its way.
    cache.get = (key, issue, options) => this.#track(get(key, issue, options))
    this.#cache = cache
    const createGenerator: CreateGenerator = (entry) => {
      const { instances = [] } = entry.containerRegistry ?? {}
      return this.#watched(this.#generator(cache, instances))
    }
    this.#engine = engineFixture({ db: 'one' }, { clock: this.clock, writer: this.writer, createGenerator })
    this.#engine.upsert(SPEC)
    const { statuses } = this.#engine
    while (statuses.length === 0) {
      await this.clock.advance(0)
      await this.#untilAnswered()
    }
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.clock.now() + ms
    while (this.clock.now() < endMs) {
      await this.clock.advance(Math.min(STEP_MS, endMs - this.clock.now()))
      await this.#untilAnswered()
    }
  }

  /** When the engine will request the next token. */
  renewalMs(): number {
    return Date.parse(this.engine.statuses.at(-1)?.generated?.[0]?.renewalTime ?? '')
  }

  /** Number of calls of the API by result. */
  async calls(): Promise<Record<string, number>> {
    return callsByResult(this.control)
  }

  async #untilAnswered(): Promise<void> {
    while (this.#pending.size > 0) {
      await Promise.allSettled(this.#pending)
      // The engine writes the token.
      await this.clock.advance(0)
    }
  }

  #generator(cache: TokenCache, instances: Parameters<typeof containerRegistryToken>[0]['instances']): SecretGenerator {
    const { simulator, clock } = this
    const accessKeySecret = new Sensitive(ACCESS_KEY.secret)
    const provider = accessKeyProvider({ accessKeyId: ACCESS_KEY.id, accessKeySecret })
    const region = 'cn-hangzhou'
    const identity: TokenIdentity = {
      provider,
      region,
      registry: { region, registryEndpoint: new URL(simulator.registry ?? '').host },
    }
    return containerRegistryToken({
      instances,
      identityName: 'SecretStore default/registry',
      identityFor: () => identity,
      cache,
      requester: 'default',
      ca: simulator.caPem,
      clock,
    })
  }

  #watched(generator: SecretGenerator): SecretGenerator {
    return {
      ...generator,
      generate: async (options) => {
        const askedMs = this.clock.now()
        const generated = await this.#track(generator.generate(options))
        this.issuedMs.push(askedMs)
        return generated
      },
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    const end = (): void => void this.#pending.delete(work)
    work.then(end, end)
    return work
  }
}
