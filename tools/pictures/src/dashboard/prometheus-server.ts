import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@ack-secret-manager/control-plane'
import { prometheusBinary } from '@ack-secret-manager/debian/prometheus'

const START_DEADLINE_MS = 30_000
const QUERY_DEADLINE_MS = 30_000
const POLL_MS = 100

/** One operator to scrape. */
export interface ScrapeTarget {
  readonly port: number
  /** As a ServiceMonitor sets them. */
  readonly labels: Readonly<Record<string, string>>
}

/** A time series of a range: `[seconds, value]`. */
export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: ReadonlyArray<readonly [seconds: number, value: string]>
}

/** Bounds of a range query, in seconds since 1970. */
export interface QueryRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** A real Prometheus that scrapes operators on loopback. */
export class PrometheusServer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #url: string
  #stderr = ''

  private constructor(child: ChildProcess, directory: string, url: string) {
    this.#child = child
    this.#directory = directory
    this.#url = url
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    process.on('exit', this.#onParentExit)
  }

  /** Resolves when it has scraped each target once. @throws DebianUnavailable if Prometheus cannot be downloaded */
  static async start(targets: readonly ScrapeTarget[], scrapeSeconds: number): Promise<PrometheusServer> {
    const binary = await prometheusBinary()
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-prometheus-'))
    const file = path.join(directory, 'prometheus.yml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(configuration(targets, scrapeSeconds)))
    const address = `127.0.0.1:${await freePort()}`
    const flags = [`--config.file=${file}`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=${address}`]
    const child = spawn(binary, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
    const server = new PrometheusServer(child, directory, `http://${address}`)
    try {
      await server.#ready(targets.length)
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Names of all metrics that it has scraped. */
  async metricNames(): Promise<ReadonlySet<string>> {
    return new Set(await this.#get<readonly string[]>('label/__name__/values', {}))
  }

  /** @throws Error with the message of Prometheus */
  async queryRange(query: string, { start, end, step }: QueryRange): Promise<readonly RangeSeries[]> {
    const parameters = { query, start: String(start), end: String(end), step: String(step) }
    return (await this.#get<{ readonly result: readonly RangeSeries[] }>('query_range', parameters)).result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#onParentExit)
    if (!this.#hasExited()) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await exited
    }
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #ready(targets: number): Promise<void> {
    const endMs = performance.now() + START_DEADLINE_MS
    while (performance.now() < endMs) {
      if (this.#hasExited()) throw new Error(`Prometheus ended: ${this.#stderr.trimEnd().split('\n').at(-1)}`)
      if ((await this.#isReady()) && (await this.#scraped()) === targets) return
      await pause(POLL_MS)
    }
    throw new Error(`Prometheus scraped not all of ${targets} operators in ${START_DEADLINE_MS} ms`)
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.#url}/-/ready`, { signal: AbortSignal.timeout(QUERY_DEADLINE_MS) })).ok
    } catch (error) {
      // It does not listen yet.
      if (error instanceof TypeError) return false
      throw error
    }
  }

  async #scraped(): Promise<number> {
    return (await this.#get<{ readonly result: readonly unknown[] }>('query', { query: 'up == 1' })).result.length
  }

  async #get<T>(what: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const url = `${this.#url}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`
    const response = await fetch(url, { signal: AbortSignal.timeout(QUERY_DEADLINE_MS) })
    const text = await response.text()
    if (!response.ok) throw new Error(`Prometheus refused ${parameters['query'] ?? what}: ${text}`)
    return (JSON.parse(text) as { readonly data: T }).data
  }

  #hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  readonly #onParentExit = (): void => {
    this.#child.kill('SIGKILL')
  }
}

function configuration(targets: readonly ScrapeTarget[], scrapeSeconds: number): object {
  return {
    global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
    scrape_configs: [
      {
        job_name: 'ack-secret-manager',
        static_configs: targets.map(({ port, labels }) => ({ targets: [`127.0.0.1:${port}`], labels })),
      },
    ],
  }
}
