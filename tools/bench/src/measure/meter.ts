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

/** The process that is measured. */
export interface Measured {
  readonly pid: number
  /** 99th percentile since the last call. */
  eventLoopDelayP99Ms(): Promise<number>
}

/** Our operator, whose event-loop delay is in its metrics. */
export function measuredOperator(operator: OperatorProcess): Measured {
  return {
    pid: operator.program.pid,
    eventLoopDelayP99Ms: async () => {
      const p99Ms = metricValue(await operator.metrics(), 'nodejs_eventloop_lag_p99_seconds') * 1_000
      return Math.max(0, p99Ms - SAMPLER_MS)
    },
  }
}

/** The sampler of prom-client fires every 10 ms, so this much is not a delay. */
const SAMPLER_MS = 10
const POLL_MS = 500
const SETTLE_POLLS = 4
/** Statuses follow their Secrets: those of 50,000 resources for minutes. */
const SETTLE_DEADLINE_MS = 900_000

/** Processes around the measured one. */
export interface MeterParts {
  readonly simulator: SimulatorProcess
  readonly plane: ControlPlane
}

/** Reads the counters of the operator, the API server and the simulator. */
export class Meter {
  readonly #measured: Measured
  readonly #simulator: SimulatorProcess
  readonly #audit: AuditLog
  readonly #groups: readonly (readonly number[])[]
  #requests: AuditedRequest[] = []
  #calls = 0
  #cpu: readonly number[] = [0, 0, 0]

  private constructor(measured: Measured, audit: AuditLog, { simulator, plane }: MeterParts) {
    this.#measured = measured
    this.#simulator = simulator
    this.#audit = audit
    this.#groups = [[measured.pid], plane.pids(), [simulator.program.pid]]
  }

  /** Starts a process, and a meter that counts from before its start. */
  static async start<T>(
    { simulator, plane }: MeterParts,
    start: () => Promise<T>,
    measured: (started: T) => Measured,
  ): Promise<{ readonly started: T; readonly meter: Meter }> {
    const audit = await AuditLog.fromNow(plane.auditLogPath)
    const [server, simulation, calls] = await Promise.all([
      cpuSecondsOfAll(plane.pids()),
      cpuSecondsOfAll([simulator.program.pid]),
      callsOf(simulator),
    ])
    const started = await start()
    const meter = new Meter(measured(started), audit, { simulator, plane })
    meter.#cpu = [0, server, simulation]
    meter.#calls = calls
    return { started, meter }
  }

  /** Changes since the last call. */
  async read(): Promise<Reading> {
    const eventLoopDelayP99Ms = await this.#measured.eventLoopDelayP99Ms()
    const [calls, cpu] = await Promise.all([
      callsOf(this.#simulator),
      Promise.all(this.#groups.map((pids) => cpuSecondsOfAll(pids))),
    ])
    await this.#follow()
    const requests = this.#requests
    const [operator = 0, server = 0, simulator = 0] = cpu.map((seconds, index) => seconds - (this.#cpu[index] ?? 0))
    const kmsCalls = calls - this.#calls
    this.#requests = []
    this.#calls = calls
    this.#cpu = cpu
    return {
      requests,
      kmsCalls,
      cpuSeconds: operator,
      serverCpuSeconds: server,
      simulatorCpuSeconds: simulator,
      eventLoopDelayP99Ms,
    }
  }

  /**
   * Resolves when the operator has sent no requests for two seconds.
   * @param counts the requests that matter. @default all
   * @throws Error on a timeout
   */
  async settled(counts: (request: AuditedRequest) => boolean = () => true): Promise<void> {
    let quiet = 0
    const isSettled = async (): Promise<boolean> => {
      quiet = (await this.#follow()).some(counts) ? 0 : quiet + 1
      return quiet > SETTLE_POLLS
    }
    await until('the operator sends no requests', isSettled, { deadlineMs: SETTLE_DEADLINE_MS, pauseMs: POLL_MS })
  }

  async #follow(): Promise<readonly AuditedRequest[]> {
    const found = (await this.#audit.take(OPERATOR_USER)).filter(isWork)
    for (const request of found) this.#requests.push(request)
    return found
  }
}

async function callsOf(simulator: SimulatorProcess): Promise<number> {
  const { total } = (await simulator.control('GET', '/calls?groupBy=action')) as { total: number }
  return total
}
