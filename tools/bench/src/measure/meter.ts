import type { ControlPlane } from '@ack-secret-manager/control-plane'
import {
  type AuditedRequest,
  AuditLog,
  cpuSecondsOfAll,
  isWork,
  metricValue,
  type OperatorProcess,
  type SimulatorProcess,
  until,
} from '@ack-secret-manager/testenv'
import { OPERATOR_USER } from '../bench-cluster.ts'

/** Resources that the operator used, and requests that it sent, since the last reading. */
export interface Reading {
  /** Requests to the API server, without renewals of the Lease and watches. */
  readonly requests: readonly AuditedRequest[]
  readonly kmsCalls: number
  readonly cpuSeconds: number
  readonly serverCpuSeconds: number
  readonly simulatorCpuSeconds: number
  readonly eventLoopDelayP99Ms: number
}

/** The sampler of prom-client fires every 10 ms, so this much is not a delay. */
const SAMPLER_MS = 10
const POLL_MS = 500
const SETTLE_POLLS = 4
const SETTLE_DEADLINE_MS = 120_000

/** Reads the counters of the operator, the API server and the simulator. */
export class Meter {
  readonly #operator: OperatorProcess
  readonly #simulator: SimulatorProcess
  readonly #audit: AuditLog
  readonly #groups: readonly (readonly number[])[]
  #requests: AuditedRequest[] = []
  #calls = 0
  #cpu: readonly number[] = [0, 0, 0]

  private constructor(operator: OperatorProcess, simulator: SimulatorProcess, plane: ControlPlane) {
    this.#operator = operator
    this.#simulator = simulator
    this.#audit = new AuditLog(plane.auditLogPath)
    this.#groups = [[operator.program.pid], plane.pids(), [simulator.program.pid]]
  }

  /** A meter that counts from the start of the operator, a few milliseconds ago. */
  static async start(operator: OperatorProcess, simulator: SimulatorProcess, plane: ControlPlane): Promise<Meter> {
    const meter = new Meter(operator, simulator, plane)
    const [, ...others] = await Promise.all(meter.#groups.map((pids) => cpuSecondsOfAll(pids)))
    meter.#cpu = [0, ...others]
    return meter
  }

  /** Changes since the last call. */
  async read(): Promise<Reading> {
    const page = await this.#operator.metrics()
    const [calls, cpu] = await Promise.all([
      this.#kmsCalls(),
      Promise.all(this.#groups.map((pids) => cpuSecondsOfAll(pids))),
    ])
    await this.#follow()
    const requests = this.#requests
    const [operator = 0, server = 0, simulator = 0] = cpu.map((seconds, index) => seconds - (this.#cpu[index] ?? 0))
    const kmsCalls = calls - this.#calls
    this.#requests = []
    this.#calls = calls
    this.#cpu = cpu
    const p99Ms = metricValue(page, 'nodejs_eventloop_lag_p99_seconds') * 1_000
    return {
      requests,
      kmsCalls,
      cpuSeconds: operator,
      serverCpuSeconds: server,
      simulatorCpuSeconds: simulator,
      eventLoopDelayP99Ms: Math.max(0, p99Ms - SAMPLER_MS),
    }
  }

  /** Resolves when the operator has sent no requests for two seconds. @throws Error on a timeout */
  async settled(): Promise<void> {
    let quiet = 0
    const isSettled = async (): Promise<boolean> => {
      quiet = (await this.#follow()) === 0 ? quiet + 1 : 0
      return quiet > SETTLE_POLLS
    }
    await until('the operator sends no requests', isSettled, { deadlineMs: SETTLE_DEADLINE_MS, pauseMs: POLL_MS })
  }

  async #follow(): Promise<number> {
    const found = (await this.#audit.take(OPERATOR_USER)).filter(isWork)
    this.#requests.push(...found)
    return found.length
  }

  async #kmsCalls(): Promise<number> {
    const { total } = (await this.#simulator.control('GET', '/calls?groupBy=action')) as { total: number }
    return total
  }
}
