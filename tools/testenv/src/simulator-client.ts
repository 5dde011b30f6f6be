import { readFile } from 'node:fs/promises'
import {
  issueServerCertificate,
  type ServerCertificate,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '@ack-secret-manager/kms-simulator'
import { plant } from '@ack-secret-manager/test-support/canary'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'

/** Where the simulator listens; parts that its seed does not name are absent. */
export type SimulatorReady = Pick<Simulator, 'kms' | 'control' | 'caFile'> &
  Partial<
    Pick<Simulator, 'sts' | 'metadata' | 'instance' | 'oos' | 'smq' | 'registry' | 'instanceCaFile' | 'clientKeys'>
  >

/** Calls that the simulator has answered. */
export interface SimulatorCalls {
  readonly total: number
  readonly calls: readonly {
    readonly action: string
    readonly secret: string
    readonly identity: string
    readonly result: string
    readonly count: number
  }[]
}

/** A running simulator and its control port. */
export class SimulatorClient {
  readonly ready: SimulatorReady
  /** Sends one request to the control port. @throws Error when it is refused */
  readonly control: SimulatorControl

  constructor(ready: SimulatorReady) {
    this.ready = ready
    this.control = simulatorControl(ready.control)
  }

  /** `host:port` of the KMS endpoint. */
  get endpoint(): string {
    return this.host('kms')
  }

  /** File with the CA to trust: `NODE_EXTRA_CA_CERTS`. */
  get caFile(): string {
    return this.ready.caFile
  }

  /** Flags that point an operator at all services of the seed except KMS. */
  get operatorFlags(): readonly string[] {
    const { sts, metadata, instance, oos, registry } = this.ready
    return [
      ...(sts === undefined ? [] : [`--sts-endpoint=${this.host('sts')}`]),
      ...(oos === undefined ? [] : [`--oos-endpoint=${this.host('oos')}`]),
      ...(registry === undefined ? [] : [`--registry-endpoint=${this.host('registry')}`]),
      ...(metadata === undefined ? [] : [`--metadata-endpoint=${metadata}`]),
      ...(instance === undefined ? [] : [`--allow-endpoint=${this.host('instance')}`]),
    ]
  }

  /** `host:port` of one of the services. */
  host(service: 'kms' | 'sts' | 'instance' | 'oos' | 'smq' | 'registry' | 'metadata'): string {
    return new URL(this.ready[service] ?? '').host
  }

  /** Creates a new current version of a secret. */
  async put(name: string, data: string, versionId?: string): Promise<void> {
    await this.control('PUT', `/secrets/${name}`, { data, ...(versionId === undefined ? {} : { versionId }) })
  }

  /** Calls that match. With many secrets, a filter keeps the response short. */
  async calls(filter: Partial<Record<'action' | 'secret' | 'result', string>> = {}): Promise<SimulatorCalls> {
    return (await this.control('GET', `/calls?${new URLSearchParams(filter)}`)) as SimulatorCalls
  }

  /** A client key of the instance, in the form of its Secret. */
  async clientKey(id: string): Promise<{ readonly file: string; readonly password: string }> {
    const key = this.ready.clientKeys?.[id]
    if (key === undefined) throw new Error(`the simulator created no client key ${id}`)
    const file = await readFile(key.file, 'utf8')
    const { PrivateKeyData: material } = JSON.parse(file) as { PrivateKeyData: string }
    plant(`start of client key ${id}`, material.slice(0, 40))
    plant(`middle of client key ${id}`, material.slice(2_000, 2_040))
    return { file, password: plant(`password of client key ${id}`, key.password) }
  }

  /** Address and CA of the instance, as a store names them. */
  async instance(): Promise<{ readonly protocol: string; readonly endpoint: string; readonly ca: string }> {
    const ca = (await readFile(this.ready.instanceCaFile ?? '')).toString('base64')
    return { protocol: 'https', endpoint: this.host('instance'), ca }
  }
}

/** Shared by the simulators of this process, because RSA keys take most of the start time. */
let certificate: Promise<ServerCertificate> | undefined

/** A simulator in this process. All of them have the same certificate for KMS unless the options name another. */
export class LocalSimulator extends SimulatorClient implements AsyncDisposable {
  readonly #simulator: Simulator

  private constructor(simulator: Simulator) {
    super(simulator)
    this.#simulator = simulator
  }

  static async start(options: SimulatorOptions): Promise<LocalSimulator> {
    certificate ??= issueServerCertificate(['localhost', '127.0.0.1', '::1'])
    return new LocalSimulator(await startSimulator({ certificate: await certificate, ...options }))
  }

  get caPem(): string {
    return this.#simulator.caPem
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#simulator.close()
  }
}
