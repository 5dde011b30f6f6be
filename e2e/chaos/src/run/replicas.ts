import { rm, writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { kubeconfigOf } from '@ack-secret-manager/control-plane'
import { longestTurnMs, OperatorProcess, REPORTS_TURNS } from '@ack-secret-manager/testenv'
import type { FaultProxies } from '../faults/fault-proxies.ts'
import { SYSTEM_NAMESPACE } from '../workload/resources.ts'

/** Options of {@link Replicas.start}. */
export interface ReplicasOptions {
  readonly proxies: FaultProxies
  /** CAs that the operator trusts, PEM. */
  readonly caPem: string
  /** Bearer token of the operator's user. */
  readonly token: string
  readonly count: number
  readonly leaseSeconds: number
  /** Number of replicas that work at the same time. @default 1 */
  readonly shards?: number
  /** Additional flags. */
  readonly args: readonly string[]
}

const LONGEST_RUN_MS = 2 * 3_600_000
const JUMPING_CLOCK = new URL('../faults/jumping-clock.ts', import.meta.url).href

/** The replicas of the operator, each a process that can be killed, paused and restarted. */
export class Replicas implements AsyncDisposable {
  /** Number of started replicas, for the table. */
  started = 0
  readonly #options: ReplicasOptions
  readonly #directory: string
  readonly #running = new Set<OperatorProcess>()
  readonly #all = new Set<OperatorProcess>()
  readonly #clockFiles = new WeakMap<OperatorProcess, string>()
  #clocks = 0
  #starting = 0
  #isClosed = false
  /** In the order in which they began to lead. */
  readonly #leaders = new Set<OperatorProcess>()
  #turn = 0

  private constructor(options: ReplicasOptions, directory: string) {
    this.#options = options
    this.#directory = directory
  }

  static async start(options: ReplicasOptions): Promise<Replicas> {
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-chaos-'))
    const replicas = new Replicas(options, directory)
    await writeFile(replicas.#caFile, options.caPem)
    const { caPem, proxies, token } = options
    const kubeconfig = kubeconfigOf({ url: proxies.api.url, caPem, user: 'chaos', identity: { token } })
    await writeFile(replicas.#kubeconfig, kubeconfig, { mode: 0o600 })
    await replicas.fill()
    return replicas
  }

  get running(): readonly OperatorProcess[] {
    return [...this.#running]
  }

  /** Number of replicas that work at the same time. */
  get shards(): number {
    return this.#options.shards ?? 1
  }

  /** Starts the missing replicas. */
  async fill(): Promise<void> {
    const missing = this.#options.count - this.#running.size - this.#starting
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.add()))
  }

  /** The replica that became leader last; undefined if it has exited. Of several shards, each in turn. */
  leader(): OperatorProcess | undefined {
    const { shards = 1 } = this.#options
    if (shards === 1) {
      const last = [...this.#leaders].at(-1)
      return last && this.#running.has(last) ? last : undefined
    }
    const leaders = [...this.#leaders].filter((replica) => this.#running.has(replica))
    this.#turn += 1
    return leaders[this.#turn % Math.max(1, leaders.length)]
  }

  /** CPU time of the longest event loop turn of all replicas so far. */
  longestTurnMs(): number {
    return Math.max(0, ...[...this.#all].map(({ program }) => longestTurnMs(program)))
  }

  /** Sets the clock of a replica ahead by `hours`, or back if negative. */
  async setClock(replica: OperatorProcess, hours: number): Promise<void> {
    const file = this.#clockFiles.get(replica)
    if (file === undefined) throw new Error('the clock of this replica cannot be set')
    await writeFile(file, String(hours))
    replica.program.kill('SIGUSR2')
  }

  /** SIGKILL. */
  kill(replica: OperatorProcess): void {
    this.#running.delete(replica)
    replica.program.kill('SIGKILL')
    void replica.stop()
  }

  /** SIGTERM. @returns the exit code, or the signal that killed it */
  async end(replica: OperatorProcess): Promise<number | string> {
    this.#running.delete(replica)
    return replica.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running].map((replica) => replica.stop()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  get #caFile(): string {
    return path.join(this.#directory, 'ca.pem')
  }

  get #kubeconfig(): string {
    return path.join(this.#directory, 'kubeconfig')
  }

  async #noticeLeading(replica: OperatorProcess): Promise<void> {
    try {
      await replica.leading(LONGEST_RUN_MS)
      this.#leaders.add(replica)
    } catch {
      // It has ended, and never led.
    }
  }

  /** Starts another replica. */
  async add(): Promise<OperatorProcess> {
    this.#starting += 1
    try {
      const replica = await this.#start()
      if (this.#isClosed) await replica.stop()
      this.#running.add(replica)
      this.#all.add(replica)
      this.started += 1
      void this.#noticeLeading(replica)
      void this.#restartAfter(replica)
      return replica
    } finally {
      this.#starting -= 1
    }
  }

  /** Restarts a replica that exits, as a kubelet does: a lost lease ends it by design. */
  async #restartAfter(replica: OperatorProcess): Promise<void> {
    await replica.program.exited
    if (!this.#running.delete(replica) || this.#isClosed) return
    await this.fill().catch(() => {
      // Closed meanwhile: no other replica is needed.
    })
  }

  async #start(): Promise<OperatorProcess> {
    const { proxies, leaseSeconds, shards = 1, args } = this.#options
    const clockFile = path.join(this.#directory, `clock-${(this.#clocks += 1)}`)
    for (;;) {
      try {
        const replica = await OperatorProcess.start({
          kubeconfigPath: this.#kubeconfig,
          caFile: this.#caFile,
          kmsEndpoint: proxies.kms.host,
          nodeArgs: ['--import', JUMPING_CLOCK, ...REPORTS_TURNS],
          env: { CHAOS_CLOCK_FILE: clockFile },
          args: [
            `--sts-endpoint=${proxies.sts.host}`,
            `--oos-endpoint=${proxies.oos.host}`,
            `--allow-endpoint=${proxies.instance.host}`,
            `--metadata-endpoint=${proxies.metadata.url}`,
            '--enable-worker-role',
            `--leader-election-namespace=${SYSTEM_NAMESPACE}`,
            `--lease-duration=${leaseSeconds}s`,
            `--shards=${shards}`,
            '--polling-interval=2s',
            ...args,
          ],
        })
        this.#clockFiles.set(replica, clockFile)
        return replica
      } catch (error) {
        // A replica exits if the API server is unavailable at its start, and is restarted.
        if (this.#isClosed) throw error
      }
    }
  }
}
