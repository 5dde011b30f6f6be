import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Clock, systemClock } from '@ack-secret-manager/core'
import { issueServerCertificate, type ServerCertificate } from './ca.ts'
import { writeCaFiles } from './ca-files.ts'
import { Closers } from './closers.ts'
import { ControlApi } from './control/control-api.ts'
import { CallLog } from './gateway/call-log.ts'
import { Faults } from './gateway/faults.ts'
import { loadSeed, parseSeed } from './load-seed.ts'
import type { Seed } from './seed.ts'
import { createServices } from './services.ts'
import { startListeners } from './start-listeners.ts'
import { createCloudState } from './cloud-state.ts'

/** Options of {@link startSimulator}. */
export interface SimulatorOptions {
  /** The seed, or the path of its YAML file. */
  readonly seed: Seed | string
  /**
   * Port of KMS. The next ports are those of the control port, STS, the metadata service, the instance gateway, OOS, SMQ and Container Registry; the port of an
   * unused service stays free. @default 0, a free one for each
   */
  readonly port?: number
  /** Address to listen on. Every client that can connect can change every secret. @default '127.0.0.1' */
  readonly host?: string
  /** Clock for signatures, expiry, quota and dates. @default the machine's clock */
  readonly clock?: Pick<Clock, 'now'>
  /** Delay of every response, except those of the control port, in milliseconds. @default 0 */
  readonly latencyMs?: number
  /**
   * Certificate of KMS. With the same certificate, a client that has read the CA once trusts several simulators, or one that is restarted.
   * @default a new one, from a new CA
   */
  readonly certificate?: ServerCertificate
  /** Certificate of the instance gateway. @default a new one, from another CA than {@link certificate} */
  readonly instanceCertificate?: ServerCertificate
  /** Receives defects of the simulator; the client gets 500. @default prints name and stack to stderr */
  readonly onDefect?: (error: unknown) => void
}

/** A running simulator. */
export interface Simulator extends AsyncDisposable {
  /** `https://host:port` of KMS. */
  readonly kms: string
  /** `http://host:port` of the control port. */
  readonly control: string
  /** `https://host:port` of STS; undefined unless the seed has `roles` or `oidcProviders`. */
  readonly sts: string | undefined
  /** `http://host:port` of the ECS metadata service; undefined unless the seed has `metadata` or a role with `trust.ecs`. */
  readonly metadata: string | undefined
  /** `https://host:port` of the instance gateway; undefined unless the seed has `instances`. */
  readonly instance: string | undefined
  /** `https://host:port` of OOS; undefined unless the seed has `parameters`. */
  readonly oos: string | undefined
  /** `https://host:port` of SMQ; undefined unless the seed has `queues`. */
  readonly smq: string | undefined
  /** `https://host:port` of Container Registry; undefined unless the seed has `registries`. */
  readonly registry: string | undefined
  /** Root certificate as a file (mode 0600) for `NODE_EXTRA_CA_CERTS`; deleted by `close`. */
  readonly caFile: string
  /** Root certificate, PEM. */
  readonly caPem: string
  /** The CA of the instance gateway as files (mode 0600): the intermediate, which SDKs ship, and its root. */
  readonly instanceCaFile: string | undefined
  readonly instanceRootCaFile: string | undefined
  /** The initial client keys by id: file and password. */
  readonly clientKeys: Readonly<Record<string, { readonly file: string; readonly password: string }>>
  /** Cuts every connection and removes the files. Safe to call twice. */
  close(): Promise<void>
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::'])

function printDefect(error: unknown): void {
  process.stderr.write(
    `kms-simulator: defect: ${error instanceof Error ? (error.stack ?? error.name) : typeof error}\n`,
  )
}

function certificateFor(host: string, others: readonly string[] = []): Promise<ServerCertificate> {
  const names = new Set(['localhost', '127.0.0.1', '::1', ...others])
  if (!ALL_ADDRESSES.has(host)) names.add(host)
  return issueServerCertificate([...names])
}

/**
 * Starts the simulators of KMS and the other services in the seed. Resolves when all of them listen.
 * @throws SecretSyncError `InvalidSpec` for an invalid seed, `Unavailable` when a port is not available
 * @example
 * await using simulator = await startSimulator({ seed: 'seed.yaml' })
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, latencyMs = 0, clock = systemClock, onDefect = printDefect } = options
  const seed = typeof options.seed === 'string' ? await loadSeed(options.seed) : parseSeed(options.seed)
  const faults = new Faults()
  const calls = new CallLog()
  const closers = new Closers()
  try {
    const directory = await mkdtemp(join(tmpdir(), 'kms-simulator-'))
    closers.add(() => rm(directory, { recursive: true, force: true }))
    const seedDirectory = typeof options.seed === 'string' ? dirname(resolve(options.seed)) : process.cwd()
    const instanceHosts = (seed.instances ?? []).map(({ id }) => `${id}.cryptoservice.kms.aliyuncs.com`)
    const [cloud, certificate, instanceCertificate] = await Promise.all([
      createCloudState(seed, { seedDirectory, keyDirectory: directory }, clock),
      options.certificate ?? certificateFor(host),
      seed.instances === undefined ? undefined : (options.instanceCertificate ?? certificateFor(host, instanceHosts)),
    ])
    const files = await writeCaFiles(directory, certificate, instanceCertificate)
    const services = createServices(cloud, { faults, calls, clock, latencyMs, onDefect })
    const controlApi = new ControlApi({ cloud, keyDirectory: directory, faults, calls, clock, onDefect })
    const urls = await startListeners(
      {
        kms: { certificate, handler: services.kms },
        control: { handler: (request, response) => controlApi.handle(request, response) },
        sts: services.sts && { certificate, handler: services.sts },
        metadata: services.metadata && { handler: services.metadata },
        instance: services.instance &&
          instanceCertificate && { certificate: instanceCertificate, handler: services.instance },
        oos: services.oos && { certificate, handler: services.oos },
        smq: services.smq && { certificate, handler: services.smq },
        registry: services.registry && { certificate, handler: services.registry },
      },
      { host, port },
      closers,
    )
    const { kms = '', control = '' } = urls
    const close = (): Promise<void> => closers.close()
    const clientKeys = (cloud.instance?.clientKeys.list() ?? []).map(({ id, file, password }) => [
      id,
      { file, password },
    ])
    return {
      ...urls,
      ...files,
      kms,
      control,
      caPem: certificate.rootPem,
      clientKeys: Object.fromEntries(clientKeys),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}
