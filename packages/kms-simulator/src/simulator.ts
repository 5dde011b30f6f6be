import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@ack-secret-manager/core'
import { issueServerCertificate, type ServerCertificate } from './ca.ts'
import { ControlApi } from './control/control-api.ts'
import { Authenticator } from './gateway/authenticator.ts'
import { CallLog } from './gateway/call-log.ts'
import { Faults } from './gateway/faults.ts'
import { Gateway } from './gateway/gateway.ts'
import { NonceStore } from './gateway/nonce-store.ts'
import { kmsApi } from './kms/kms-api.ts'
import { Listener } from './listener.ts'
import { loadSeed, parseSeed } from './load-seed.ts'
import type { Seed } from './seed.ts'
import { accessKeysOf, kmsStateOf } from './seed-state.ts'

/** Options of {@link startSimulator}. */
export interface SimulatorOptions {
  /** The seed, or the path of its YAML file. */
  readonly seed: Seed | string
  /** KMS listens here and the control port one above. @default 0, a free one for each */
  readonly port?: number
  /** Address to listen on. Whoever reaches it can change every secret. @default '127.0.0.1' */
  readonly host?: string
  /** What time it is: for signatures, expiry, quota and dates. @default the machine's clock */
  readonly clock?: Pick<Clock, 'now'>
  /** Delay of every answer of KMS, in milliseconds. @default 0 */
  readonly latencyMs?: number
  /**
   * What KMS presents. Give the same to several, or to one that is started again, and a client that has read the
   * CA once trusts them all. @default a new one, from a CA of its own
   */
  readonly certificate?: ServerCertificate
  /** Told of defects of the simulator; the client gets 500. @default prints name and stack to stderr */
  readonly onDefect?: (error: unknown) => void
}

/** A running simulator. */
export interface Simulator extends AsyncDisposable {
  /** `https://host:port` of KMS. */
  readonly kms: string
  /** `http://host:port` of the control port. */
  readonly control: string
  /** Root certificate as a file (mode 0600) for `NODE_EXTRA_CA_CERTS`; gone after `close`. */
  readonly caFile: string
  /** Root certificate, PEM. */
  readonly caPem: string
  /** Cuts every connection and removes the CA file. Safe to call twice. */
  close(): Promise<void>
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::'])

function printDefect(error: unknown): void {
  process.stderr.write(
    `kms-simulator: defect: ${error instanceof Error ? (error.stack ?? error.name) : typeof error}\n`,
  )
}

function certificateFor(host: string): Promise<ServerCertificate> {
  const names = new Set(['localhost', '127.0.0.1', '::1'])
  if (!ALL_ADDRESSES.has(host)) names.add(host)
  return issueServerCertificate([...names])
}

/** Runs the steps in reverse order, each only once, whatever the others do. */
class Closers {
  readonly #steps: (() => Promise<void>)[] = []
  #closed: Promise<void> | undefined

  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  close(): Promise<void> {
    this.#closed ??= this.#run()
    return this.#closed
  }

  async #run(): Promise<void> {
    const results = await Promise.allSettled(this.#steps.toReversed().map((step) => step()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

/**
 * Starts the double of KMS and resolves when it listens.
 * @throws SecretSyncError `InvalidSpec` for a wrong seed, `Unavailable` when a port cannot be had
 * @example
 * await using simulator = await startSimulator({ seed: 'seed.yaml' })
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, latencyMs = 0, clock = systemClock, onDefect = printDefect } = options
  const seed = typeof options.seed === 'string' ? await loadSeed(options.seed) : parseSeed(options.seed)
  const state = kmsStateOf(seed, clock.now())
  const accessKeys = accessKeysOf(seed)
  const faults = new Faults()
  const calls = new CallLog()
  const certificate = options.certificate ?? (await certificateFor(host))
  const gateway = new Gateway({
    product: kmsApi(state),
    account: state.account,
    authenticator: new Authenticator({ accessKeys, nonces: new NonceStore() }),
    faults,
    calls,
    clock,
    latencyMs,
    onDefect,
  })
  const controlApi = new ControlApi({ state, accessKeys, faults, calls, clock, onDefect })

  const closers = new Closers()
  try {
    const directory = await mkdtemp(join(tmpdir(), 'kms-simulator-'))
    closers.add(() => rm(directory, { recursive: true, force: true }))
    const caFile = join(directory, 'ca.pem')
    await writeFile(caFile, certificate.rootPem, { mode: 0o600 })
    const kms = await Listener.start({
      host,
      port,
      certificate,
      handler: (request, response, reset) => gateway.handle(request, response, reset),
    })
    closers.add(() => kms.close())
    const control = await Listener.start({
      host,
      port: port === 0 ? 0 : port + 1,
      handler: (request, response) => controlApi.handle(request, response),
    })
    closers.add(() => control.close())
    const close = (): Promise<void> => closers.close()
    return {
      kms: kms.url,
      control: control.url,
      caFile,
      caPem: certificate.rootPem,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}
