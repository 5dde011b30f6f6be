import { readFile } from 'node:fs/promises'
import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import {
  apply,
  AuditLog,
  installCrds,
  isWork,
  OperatorProcess,
  readManifests,
  type SimulatorProcess,
  until,
} from '@ack-secret-manager/testenv'
import { quickstart } from './examples.ts'
import type { Narrator } from './narrator.ts'

/** User of the operator at the API server, to distinguish its requests from those of the demo. */
export const OPERATOR_USER = 'ack-secret-manager'

const INTERVAL_S = 5
const SECRET = '/api/v1/namespaces/default/secrets/shop'
const STORE_EVENTS = '/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind=SecretStore,reason='
const RESOURCE = '/apis/alibabacloud.com/v1alpha1/namespaces/default/externalsecrets/shop'

interface Secret {
  readonly data: Readonly<Record<string, string>>
}
interface Resource {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[]
  }
}

/** The main use case on a real API server: from KMS into a Secret, and later changes. */
export async function tellClusterStory(
  narrator: Narrator,
  plane: ControlPlane,
  simulator: SimulatorProcess,
): Promise<void> {
  narrator.step('The operator starts')
  await installCrds(plane.request, crds())
  await using operator = await OperatorProcess.start({
    kubeconfigPath: plane.kubeconfigPathOf(OPERATOR_USER),
    caFile: simulator.caFile,
    kmsEndpoint: simulator.endpoint,
    args: ['--polling-interval', `${INTERVAL_S}s`],
  })
  await operator.leading()
  narrator.show(`ack-secret-manager --kms-endpoint ${simulator.endpoint} --polling-interval ${INTERVAL_S}s`)
  narrator.result(`it leads (process ${operator.program.pid})`)

  const story = new ClusterStory(narrator, plane, simulator)
  await story.firstSecret()
  await story.rotation()
  await story.deletion()
  await story.outage()
  await story.quietInterval()

  narrator.step('The operator stops')
  narrator.result(`SIGTERM: exit code ${await operator.stop()}, the lease is given back`)
}

class ClusterStory {
  readonly #narrator: Narrator
  readonly #plane: ControlPlane
  readonly #simulator: SimulatorProcess

  constructor(narrator: Narrator, plane: ControlPlane, simulator: SimulatorProcess) {
    this.#narrator = narrator
    this.#plane = plane
    this.#simulator = simulator
  }

  async firstSecret(): Promise<void> {
    this.#narrator.step('A SecretStore and an ExternalSecret are applied')
    this.#narrator.show('kubectl apply -f examples/quickstart/')
    this.#narrator.show(await readFile(quickstart('external-secret.yaml'), 'utf8'))
    const startMs = performance.now()
    for (const file of ['credentials.yaml', 'secret-store.yaml', 'external-secret.yaml']) {
      for (const object of await readManifests(quickstart(file))) await apply(this.#plane.request, object)
    }
    const secret = await until('the Secret appears', () => this.#secret())
    this.#narrator.result(`Secret shop after ${since(startMs)}; the values come from KMS:`)
    this.#narrator.show(table(secret))
    const ready = await until('the ExternalSecret is Ready', async () => this.#ready('True'))
    this.#narrator.result(`Ready=True ${ready.reason}: ${ready.message}`)
  }

  async rotation(): Promise<void> {
    this.#narrator.step('The password is rotated in KMS')
    this.#narrator.show(`PutSecretValue shop/db {"username":"shop","password":"second-password",…}`)
    const startMs = performance.now()
    await this.#simulator.put('shop/db', '{"username":"shop","password":"second-password","port":5432}', 'v2')
    await until('the Secret follows', async () => decode(await this.#secret(), 'db-password') === 'second-password')
    this.#narrator.result(`the Secret follows ${since(startMs)} later (the interval is ${INTERVAL_S} s)`)
    this.#narrator.show(table(await until('the Secret', () => this.#secret())))
  }

  async deletion(): Promise<void> {
    this.#narrator.step('A user deletes the Secret')
    this.#narrator.show('kubectl delete secret shop')
    const startMs = performance.now()
    await this.#plane.request('DELETE', SECRET)
    await until('the Secret is back', () => this.#secret())
    this.#narrator.result(`back after ${since(startMs)}, from a fresh read`)
  }

  async outage(): Promise<void> {
    this.#narrator.step('KMS fails every request')
    await this.#simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    const before = await this.#simulator.calls()
    await until('KMS has refused some reads', async () => (await this.#simulator.calls()).total - before.total >= 3)
    const secret = await until('the Secret', () => this.#secret())
    const ready = await until('the condition', async () => this.#ready('True'))
    this.#narrator.result(
      `the last values stay (db-password=${decode(secret, 'db-password')}), Ready=True ${ready.reason}: Ready changes once a value is older than three intervals`,
    )
    const unavailable = await until('the store reports the outage', () => this.#storeEvent('Unavailable'))
    this.#narrator.result(`SecretStore kms: Reachable=False: ${unavailable}`)
    await this.#simulator.control('DELETE', '/faults')
    await until('the store reports the end of the outage', () => this.#storeEvent('Connected'))
    this.#narrator.result('KMS responds again; SecretStore kms: Reachable=True')
  }

  async quietInterval(): Promise<void> {
    this.#narrator.step('One quiet interval')
    // Reads in backoff return to their schedule first.
    await this.#untilRegular()
    const audit = new AuditLog(this.#plane.auditLogPath)
    await audit.take(OPERATOR_USER)
    const before = (await this.#simulator.calls()).total
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_S * 1_000))
    const calls = (await this.#simulator.calls()).total - before
    const requests = await audit.take(OPERATOR_USER)
    const leases = requests.filter(({ resource }) => resource === 'leases').length
    this.#narrator.result(`KMS calls: ${calls} (2 secrets, each read once an interval, however many resources use it)`)
    this.#narrator.result(
      `API server requests: ${requests.filter(isWork).length} (besides ${leases} renewals of the lease)`,
    )
  }

  async #untilRegular(): Promise<void> {
    await this.#simulator.control('DELETE', '/calls')
    await until(
      'both secrets are read again',
      async () => {
        const { calls } = await this.#simulator.calls()
        const read = new Set(calls.filter(({ result }) => result === 'OK').map(({ secret }) => secret))
        return read.size >= 2 || undefined
      },
      { deadlineMs: 60_000 },
    )
  }

  async #secret(): Promise<Secret | undefined> {
    const { status, body } = await this.#plane.request<Secret>('GET', SECRET)
    return status === 200 ? body : undefined
  }

  async #storeEvent(reason: string): Promise<string | undefined> {
    const { body } = await this.#plane.request<{ items: { message: string }[] }>('GET', `${STORE_EVENTS}${reason}`)
    return body.items[0]?.message
  }

  async #ready(wanted: string): Promise<{ readonly reason: string; readonly message: string } | undefined> {
    const { body } = await this.#plane.request<Resource>('GET', RESOURCE)
    return body.status?.conditions?.find(({ status }) => status === wanted)
  }
}

function decode(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data[key]
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
}

function table(secret: Secret): string {
  const width = Math.max(...Object.keys(secret.data).map((key) => key.length))
  return Object.keys(secret.data)
    .map((key) => `${key.padEnd(width)}  ${decode(secret, key)}`)
    .join('\n')
}

function since(startMs: number): string {
  const ms = performance.now() - startMs
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
