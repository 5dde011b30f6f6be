import { readFileSync } from 'node:fs'
import { collect } from '@ack-secret-manager/test-support/canary'
import { OPERATOR } from './bundle.ts'
import { Program } from './program.ts'

/** Memory limits of the command, which also apply to the sources. */
const RUNTIME = new URL('../../../../apps/operator/bin/runtime.json', import.meta.url)
/** The start from sources needs seconds of CPU, which take long on a busy machine. */
const START_DEADLINE_MS = 120_000
/** Closed port for endpoints that a test does not set, so that no request leaves this machine. */
const CLOSED_PORT = '127.0.0.1:1'
const REQUEST_DEADLINE_MS = 30_000
const LAST_PAGE_DEADLINE_MS = 5_000
/** Below the 30 s of the chart, to leave a margin for slower nodes. */
const STOP_DEADLINE_MS = 25_000

/** Options of {@link OperatorProcess.start}. */
export interface OperatorProcessOptions {
  readonly kubeconfigPath: string
  /** CA of the simulator. */
  readonly caFile: string
  /** Endpoint of the simulator, `host:port`. */
  readonly kmsEndpoint: string
  /** Additional flags, such as `--sts-endpoint`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
  /** Fail without a bundle, instead of running the sources where no current one exists. @default false */
  readonly bundle?: boolean
}

/** One replica of the operator as a process. */
export class OperatorProcess implements AsyncDisposable {
  readonly program: Program
  readonly metricsPort: number
  readonly healthPort: number

  private constructor(program: Program, ports: { readonly metricsPort: number; readonly healthPort: number }) {
    this.program = program
    this.metricsPort = ports.metricsPort
    this.healthPort = ports.healthPort
  }

  /** Resolves when it serves its probes. @throws Error with its last lines if it exits */
  static async start(options: OperatorProcessOptions): Promise<OperatorProcess> {
    const { kubeconfigPath, caFile, kmsEndpoint, args = [], env = {}, nodeArgs = [], bundle = false } = options
    const runtime = shippedRuntime()
    const program = Program.start({
      name: 'ack-secret-manager',
      script: bundle ? OPERATOR.built() : OPERATOR.currentScript,
      nodeArgs: [...runtime.flags, ...nodeArgs],
      args: [
        `--kubeconfig=${kubeconfigPath}`,
        `--kms-endpoint=${kmsEndpoint}`,
        `--sts-endpoint=${CLOSED_PORT}`,
        '--metrics-bind-address=127.0.0.1:0',
        '--health-probe-bind-address=127.0.0.1:0',
        ...args,
      ],
      env: { NODE_EXTRA_CA_CERTS: caFile, ...runtime.env, ...env },
    })
    return OperatorProcess.of(program)
  }

  /** An operator, or a program with the same output. Resolves when it serves its probes. @throws Error if it exits */
  static async of(program: Program): Promise<OperatorProcess> {
    try {
      const ports = await program.line((line) => {
        // In a JSON log or a text log.
        const [metricsPort, healthPort] = [...line.matchAll(/\b(?:metrics|health)Port"?[:=](\d+)/g)].map(([, port]) =>
          Number(port),
        )
        return metricsPort === undefined || healthPort === undefined ? undefined : { metricsPort, healthPort }
      }, START_DEADLINE_MS)
      return new OperatorProcess(program, ports)
    } catch (error) {
      // No caller can stop it.
      await program.stop()
      throw error
    }
  }

  /** Resolves when this replica has filled its caches and can take over. */
  async standingBy(): Promise<void> {
    await this.program.line((line) => (line.includes('Caches synced') ? true : undefined))
  }

  /** Resolves when this replica leads. */
  async leading(deadlineMs: number = 120_000): Promise<void> {
    await this.program.line((line) => (/"message":"Leading"|INFO {2}Leading/.test(line) ? true : undefined), deadlineMs)
  }

  /** The page of metrics. */
  async metrics(deadlineMs: number = REQUEST_DEADLINE_MS): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`, {
      signal: AbortSignal.timeout(deadlineMs),
    })
    const page = await response.text()
    collect('metrics', page)
    return page
  }

  /** SIGTERM, and SIGKILL after the grace period of a kubelet. @returns the exit code or signal */
  async stop(): Promise<number | string> {
    // For the canary scan; a stopped process has no metrics.
    await this.metrics(LAST_PAGE_DEADLINE_MS).catch(() => undefined)
    return this.program.stop(STOP_DEADLINE_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

interface Runtime {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

function shippedRuntime(): Runtime {
  return JSON.parse(readFileSync(RUNTIME, 'utf8')) as Runtime
}
