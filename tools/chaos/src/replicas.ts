import { rm, writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { OperatorProcess } from '@ack-secret-manager/testbed'
import type { Doors } from './doors/doors.ts'
import { SYSTEM_NAMESPACE } from './world/resources.ts'

/** Options of {@link Replicas.start}. */
export interface ReplicasOptions {
  readonly doors: Doors
  /** CAs that the operator trusts, PEM. */
  readonly caPem: string
  /** Bearer token of the operator's user. */
  readonly token: string
  readonly count: number
  /** Further flags. */
  readonly args: readonly string[]
}

export const LEASE_S = 5

/** The replicas of the operator, each a process that can be killed, paused and started again. */
export class Replicas implements AsyncDisposable {
  /** How many were started, killed or ended, for the table. */
  started = 0
  readonly #options: ReplicasOptions
  readonly #directory: string
  readonly #running = new Set<OperatorProcess>()

  private constructor(options: ReplicasOptions, directory: string) {
    this.#options = options
    this.#directory = directory
  }

  static async start(options: ReplicasOptions): Promise<Replicas> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-chaos-'))
    const replicas = new Replicas(options, directory)
    await writeFile(replicas.#caFile, options.caPem)
    await writeFile(replicas.#kubeconfig, kubeconfigOf(options), { mode: 0o600 })
    await replicas.fill()
    return replicas
  }

  get running(): readonly OperatorProcess[] {
    return [...this.#running]
  }

  /** Starts as many as are missing. */
  async fill(): Promise<void> {
    const missing = this.#options.count - this.#running.size
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.add()))
  }

  /** The one that leads, as it says itself; undefined in between. */
  leader(): OperatorProcess | undefined {
    return [...this.#running].findLast(({ program }) =>
      program.lines.some((line) => line.includes('"message":"Leading"')),
    )
  }

  /** SIGKILL. */
  kill(replica: OperatorProcess): void {
    this.#running.delete(replica)
    replica.program.kill('SIGKILL')
    void replica.stop()
  }

  /** SIGTERM. @returns the exit code, or the signal that it took */
  async end(replica: OperatorProcess): Promise<number | string> {
    this.#running.delete(replica)
    return replica.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((replica) => replica.stop()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  get #caFile(): string {
    return path.join(this.#directory, 'ca.pem')
  }

  get #kubeconfig(): string {
    return path.join(this.#directory, 'kubeconfig')
  }

  /** Starts one more. */
  async add(): Promise<OperatorProcess> {
    const { doors, args } = this.#options
    for (;;) {
      try {
        const replica = await OperatorProcess.start({
          kubeconfigPath: this.#kubeconfig,
          caFile: this.#caFile,
          kmsEndpoint: doors.kms.host,
          args: [
            `--sts-endpoint=${doors.sts.host}`,
            `--metadata-endpoint=${doors.metadata.url}`,
            '--enable-worker-role',
            `--leader-election-namespace=${SYSTEM_NAMESPACE}`,
            `--lease-duration=${LEASE_S}s`,
            '--polling-interval=2s',
            ...args,
          ],
        })
        this.#running.add(replica)
        this.started += 1
        // A lost lease ends a replica by design: Kubernetes would start it again, and so does this.
        void replica.program.exited.then(() => this.#running.delete(replica))
        return replica
      } catch {
        // It needs the API server to start; where that is away it ends, and is started again.
      }
    }
  }
}

function kubeconfigOf({ doors, caPem, token }: ReplicasOptions): string {
  const name = 'chaos'
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: doors.api.url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
