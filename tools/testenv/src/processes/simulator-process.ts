import { fileURLToPath } from 'node:url'
import { Program } from './program.ts'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'

const SCRIPT = fileURLToPath(new URL('../../../../packages/kms-simulator/bin/kms-simulator.mjs', import.meta.url))

/** Where the simulator listens; parts that its seed does not name are absent. */
export interface SimulatorReady {
  readonly kms: string
  readonly control: string
  /** CA of all listeners but `instance`. */
  readonly caFile: string
  readonly sts?: string
  readonly metadata?: string
  readonly instance?: string
  readonly oos?: string
  /** CA of `instance`: an intermediate, as the ones that KMS has. */
  readonly instanceCaFile?: string
  /** Client keys by id. */
  readonly clientKeys?: Readonly<Record<string, { readonly file: string; readonly password: string }>>
}

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

/** The KMS simulator as a process, and its control port. */
export class SimulatorProcess implements AsyncDisposable {
  readonly program: Program
  readonly #ready: SimulatorReady

  private constructor(program: Program, ready: SimulatorReady) {
    this.program = program
    this.#ready = ready
  }

  static async start(seedFile: string, args: readonly string[] = []): Promise<SimulatorProcess> {
    const program = Program.start({ name: 'kms-simulator', script: SCRIPT, args: ['--seed', seedFile, ...args] })
    const ready = await program.line((line) =>
      line.startsWith('{"kms"') ? (JSON.parse(line) as SimulatorReady) : undefined,
    )
    return new SimulatorProcess(program, ready)
  }

  /** Where everything is. */
  get ready(): SimulatorReady {
    return this.#ready
  }

  /** `host:port` of the KMS endpoint. */
  get endpoint(): string {
    return new URL(this.#ready.kms).host
  }

  /** File with the CA to trust: `NODE_EXTRA_CA_CERTS`. */
  get caFile(): string {
    return this.#ready.caFile
  }

  /** Sends one request to the control port. @throws Error when it is refused */
  control(method: string, path: string, body?: unknown): Promise<unknown> {
    return simulatorControl(this.#ready.control)(method, path, body)
  }

  /** Puts a new current version of a secret. */
  async put(name: string, data: string, versionId?: string): Promise<void> {
    await this.control('PUT', `/secrets/${name}`, { data, ...(versionId === undefined ? {} : { versionId }) })
  }

  async calls(): Promise<SimulatorCalls> {
    return (await this.control('GET', '/calls')) as SimulatorCalls
  }

  async stop(): Promise<void> {
    await this.program.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
