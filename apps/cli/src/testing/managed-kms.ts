import { startSimulator, type Simulator } from '@ack-secret-manager/kms-simulator'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll } from 'vitest'
import { kmsCertificate } from './kms-certificate.ts'
import { CANARY, type Ran, run, type RunOptions } from './run.ts'

type Seed = Exclude<Parameters<typeof startSimulator>[0]['seed'], string | undefined>

/** An identity that may do everything. */
export const ADMIN = { id: 'LTAI5tCliAdmin', secret: `${CANARY}-admin-secret` }
const EVERYTHING = [{ actions: ['kms:*', 'mns:SendMessage'], resources: ['*'] }]

/** Environment variables of this identity. */
export const ADMIN_ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: ADMIN.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: ADMIN.secret }

/** A simulator for commands that change secrets. */
export interface ManagedKms {
  readonly endpoint: string
  /** `HOST:PORT` of the queues of the seed. */
  readonly smqHost: string
  /** `HOST:PORT` of STS. */
  readonly stsHost: string
  /** `HOST:PORT` of Container Registry, if the seed has registries. */
  readonly registryHost: string
  readonly control: SimulatorControl
  /** `HOST:PORT` of the control port. */
  readonly controlHost: string
  /** Environment variables of {@link ADMIN}. */
  readonly env: Readonly<Record<string, string>>
  /** Runs a command as {@link ADMIN}. */
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>
  /** Actions that change something and were called since the last {@link forget}, as `PutSecretValue OK 1`. */
  writes(): Promise<readonly string[]>
  /** All actions. */
  calls(): Promise<readonly string[]>
  /** Resolves as soon as an action has arrived. */
  called(action: string): Promise<void>
  /** Actions that read a value. */
  valueReads(): Promise<readonly string[]>
  forget(): Promise<void>
  /** Creates a Generic secret with the versions `v1`, …, of which the last is current. */
  secret(...values: readonly string[]): Promise<string>
  /** The value that readers get. */
  valueOf(name: string, stage?: string): Promise<string>
  /** Versions with their stages, newest first: `v2=ACSCurrent v1=ACSPrevious`. */
  stagesOf(name: string): Promise<string>
  /** Writes the CA to a file, for child processes. */
  caFile(folder: string): Promise<string>
}

/** Starts a simulator before the first test of the file; this process trusts it from then on. */
export function useManagedKms(seed: Seed = {}): ManagedKms {
  let started: Simulator | undefined
  let made = 0
  const running = (): Simulator => {
    if (!started) throw new Error('the simulator is there from beforeAll to afterAll only')
    return started
  }
  const control: SimulatorControl = (...request) => simulatorControl(running().control)(...request)
  beforeAll(async () => {
    const accessKeys = [{ ...ADMIN, allow: EVERYTHING }, ...(seed.accessKeys ?? [])]
    started = await startSimulator({ certificate: await kmsCertificate(), seed: { ...seed, accessKeys } })
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), started.caPem])
  })
  afterAll(() => started?.close())
  const runAsAdmin = (argv: readonly string[], { env, ...options }: RunOptions = {}): Promise<Ran> =>
    run([...argv, '--endpoint', new URL(running().kms).host], { env: { ...ADMIN_ENV, ...env }, ...options })
  const calls = (isWanted: (action: string) => boolean): Promise<readonly string[]> => countedCalls(control, isWanted)
  return {
    get endpoint() {
      return new URL(running().kms).host
    },
    get smqHost() {
      return new URL(running().smq ?? '').host
    },
    get stsHost() {
      return new URL(running().sts ?? '').host
    },
    get registryHost() {
      return new URL(running().registry ?? '').host
    },
    control,
    get controlHost() {
      return new URL(running().control).host
    },
    env: ADMIN_ENV,
    run: runAsAdmin,
    calls: () => calls(() => true),
    async called(wanted) {
      while ((await calls((action) => action === wanted)).length === 0) await new Promise(setImmediate)
    },
    writes: () => calls((action) => !/^(?:Describe|List|Get|BatchGet)/.test(action)),
    valueReads: () => calls((action) => /GetSecretValue/.test(action)),
    forget: async () => {
      await control('DELETE', '/faults')
      await control('DELETE', '/calls')
    },
    async secret(...values) {
      const name = `made/${(made += 1)}`
      for (const [at, data] of values.entries()) {
        await control('PUT', `/secrets/${name}`, { data, versionId: `v${at + 1}` })
      }
      return name
    },
    async valueOf(name, stage = 'ACSCurrent') {
      const { code, out } = await runAsAdmin(['get', name, '--version-stage', stage], { mayShow: true })
      if (code !== 0) throw new Error(`cannot read ${name}`)
      return out
    },
    async stagesOf(name) {
      const { out } = await runAsAdmin(['versions', name, '-o', 'json'])
      const { versions } = JSON.parse(out) as { versions: { versionId: string; stages: string[] }[] }
      return versions.map(({ versionId, stages }) => `${versionId}=${stages.join('+')}`).join(' ')
    },
    async caFile(folder) {
      const file = path.join(folder, 'kms-ca.pem')
      await writeFile(file, running().caPem)
      return file
    },
  }
}

/** Actions since the log was cleared, as `PutSecretValue OK 1`. */
async function countedCalls(
  control: SimulatorControl,
  isWanted: (action: string) => boolean,
): Promise<readonly string[]> {
  const { calls } = (await control('GET', '/calls?groupBy=action,result')) as {
    calls: { action: string; result: string; count: number }[]
  }
  const wanted = calls.filter(({ action }) => isWanted(action))
  return wanted.map(({ action, result, count }) => `${action} ${result} ${count}`).toSorted()
}
