import { type BackendConnection, type Clock, type SecretBackend, systemClock } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type Seed, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { createSecretClient } from '../create-secret-client.ts'
import { openConnection } from '../internal/open-connection.ts'
import type { SecretClient } from '../secret-client.ts'
import type { SecretClientOptions } from '../secret-client-options.ts'

/** The AccessKey of tests. */
export const KEY = { id: 'LTAI5tClient', secret: canary('client-access-key') }
export const KEY_ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret }

/** A simulator of KMS, and clients for it. */
export interface TestKms extends AsyncDisposable {
  readonly simulator: Simulator
  readonly control: SimulatorControl
  /** Environment of an application, with its identity and endpoints. */
  readonly env: Readonly<Record<string, string>>
  /** A client of the environment. The test closes it. */
  client(options?: SecretClientOptions): SecretClient
  /** The values that a secret has had before are kept as versions of KMS. @returns the version id */
  put(name: string, data: string): Promise<string>
  /** Successful and failed reads so far. */
  reads(): Promise<number>
}

/** @param seed adds to an AccessKey that may read everything */
export async function startTestKms(
  seed: Partial<Seed> = {},
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<TestKms> {
  const simulator = await startSimulator({
    seed: {
      accessKeys: [{ ...KEY, allow: [{ actions: ['kms:GetSecretValue', 'sts:AssumeRole'], resources: ['*'] }] }],
      ...seed,
    },
    clock,
  })
  const control = simulatorControl(simulator.control)
  const env = {
    ...KEY_ENV,
    ALIBABA_CLOUD_REGION_ID: 'cn-hangzhou',
    ACKSM_ENDPOINT: new URL(simulator.kms).host,
    ...(simulator.sts !== undefined && { ACKSM_STS_ENDPOINT: new URL(simulator.sts).host }),
    ...(simulator.metadata !== undefined && { ACKSM_METADATA_ENDPOINT: new URL(simulator.metadata).host }),
  }
  return {
    simulator,
    control,
    env,
    client: (options = {}) => createSecretClient({ env, ca: simulator.caPem, ...options }),
    put: async (name, data) => {
      const { versionId } = (await control('PUT', `/secrets/${name}`, { data })) as { versionId: string }
      return versionId
    },
    reads: async () => ((await control('GET', '/calls')) as { total: number }).total,
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}

/** A client on a manual clock, whose reads are real. */
export interface TimedClient {
  readonly client: SecretClient
  /** Advances the clock in steps, and awaits the reads of each. */
  readonly advance: (ms: number, stepMs?: number) => Promise<void>
  readonly reads: () => number
}

/** @param clock also that of the simulator, because requests are dated */
export function timedClient(kms: TestKms, clock: ManualClock, options: SecretClientOptions = {}): TimedClient {
  const { env, simulator } = kms
  const opened = openConnection({ env, ca: simulator.caPem }, clock)
  const pending = new Set<Promise<unknown>>()
  let reads = 0
  const backend: SecretBackend = {
    read: (ref, given) => {
      reads += 1
      const read = opened.backend.read(ref, given)
      pending.add(read)
      void (async () => {
        await Promise.allSettled([read])
        pending.delete(read)
      })()
      return read
    },
    close: () => opened.close(),
  }
  const connection: BackendConnection = { key: 'test', kind: 'test', quota: { account: '', region: '' }, backend }
  return {
    client: createSecretClient({ connection, clock, random: () => 0.5, ...options }),
    reads: () => reads,
    advance: async (ms, stepMs = 1_000) => {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(stepMs, left))
        while (pending.size > 0) await Promise.allSettled(pending)
        await clock.advance(0)
      }
    },
  }
}

export { ManualClock }
