import type { SimulatorOptions } from '@ack-secret-manager/kms-simulator'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { useSimulator } from './kms-certificate.ts'
import { CANARY, type Ran, run, type RunOptions } from './run.ts'

type Seed = Exclude<SimulatorOptions['seed'], string | undefined>

/** An identity that may do everything. */
export const ADMIN = { id: 'LTAI5tCliAdmin', secret: `${CANARY}-admin-secret` }
const EVERYTHING = [{ actions: ['kms:*', 'mns:SendMessage'], resources: ['*'] }]

/** Environment variables of this identity. */
export const ADMIN_ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: ADMIN.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: ADMIN.secret }

/** A simulator for commands that change secrets. */
export function useManagedKms(seed: Seed = {}) {
  let made = 0
  const accessKeys = [{ ...ADMIN, allow: EVERYTHING }, ...(seed.accessKeys ?? [])]
  const simulator = useSimulator(() => ({ ...seed, accessKeys }))
  const control = simulatorControl(() => simulator.control)
  const runAsAdmin = (argv: readonly string[], { env, ...options }: RunOptions = {}): Promise<Ran> =>
    run([...argv, '--endpoint', new URL(simulator.kms).host], { env: { ...ADMIN_ENV, ...env }, ...options })
  const calls = (isWanted: (action: string) => boolean): Promise<readonly string[]> => countedCalls(control, isWanted)
  return {
    get endpoint() {
      return new URL(simulator.kms).host
    },
    /** `HOST:PORT` of the queues of the seed. */
    get smqHost() {
      return new URL(simulator.smq ?? '').host
    },
    /** `HOST:PORT` of STS. */
    get stsHost() {
      return new URL(simulator.sts ?? '').host
    },
    /** `HOST:PORT` of Container Registry, if the seed has registries. */
    get registryHost() {
      return new URL(simulator.registry ?? '').host
    },
    control,
    /** `HOST:PORT` of the control port. */
    get controlHost() {
      return new URL(simulator.control).host
    },
    /** Environment variables of {@link ADMIN}. */
    env: ADMIN_ENV,
    /** Runs a command as {@link ADMIN}. */
    run: runAsAdmin,
    /** All actions since the last `forget`, as `PutSecretValue OK 1`. */
    calls: () => calls(() => true),
    /** Resolves as soon as an action has arrived. */
    async called(wanted: string): Promise<void> {
      while ((await calls((action) => action === wanted)).length === 0) await new Promise(setImmediate)
    },
    /** Actions that change something. */
    writes: () => calls((action) => !/^(?:Describe|List|Get|BatchGet)/.test(action)),
    /** Actions that read a value. */
    valueReads: () => calls((action) => /GetSecretValue/.test(action)),
    forget: async (): Promise<void> => {
      await control('DELETE', '/faults')
      await control('DELETE', '/calls')
    },
    /** Creates a Generic secret with the versions `v1`, …, of which the last is current. */
    async secret(...values: readonly string[]): Promise<string> {
      const name = `made/${(made += 1)}`
      for (const [at, data] of values.entries()) {
        await control('PUT', `/secrets/${name}`, { data, versionId: `v${at + 1}` })
      }
      return name
    },
    /** The value that readers get. */
    async valueOf(name: string, stage = 'ACSCurrent'): Promise<string> {
      const { code, out } = await runAsAdmin(['get', name, '--version-stage', stage], { mayShow: true })
      if (code !== 0) throw new Error(`cannot read ${name}`)
      return out
    },
    /** Versions with their stages, newest first: `v2=ACSCurrent v1=ACSPrevious`. */
    async stagesOf(name: string): Promise<string> {
      const { out } = await runAsAdmin(['versions', name, '-o', 'json'])
      const { versions } = JSON.parse(out) as { versions: { versionId: string; stages: string[] }[] }
      return versions.map(({ versionId, stages }) => `${versionId}=${stages.join('+')}`).join(' ')
    },
    /** Writes the CA to a file, for child processes. */
    async caFile(folder: string): Promise<string> {
      const file = path.join(folder, 'kms-ca.pem')
      await writeFile(file, simulator.caPem)
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
