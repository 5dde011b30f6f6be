import { defined, isSecretSyncError } from '@ack-secret-manager/core'
import { once } from 'node:events'
import { type Flags, runSingleProgram, type SingleProgram } from '@ack-secret-manager/command-line'
import { type Simulator, startSimulator } from './simulator.ts'
import { HIGHEST_FIRST_PORT } from './start-listeners.ts'

/** Environment of {@link runSimulator}. */
export interface SimulatorIo {
  /** Receives the ready line and the help. */
  readonly stdout: (text: string) => void
  /** Receives errors, one line each. */
  readonly stderr: (text: string) => void
  /** Ends the run. */
  readonly signal: AbortSignal
  /** Name of the command, for help and errors. @default 'kms-simulator' */
  readonly program?: string
}

const SPEC = {
  description:
    'A strict double of Alibaba Cloud KMS, and of STS, ECS metadata, the KMS instance gateway, OOS, SMQ and Container Registry if the seed names them, for tests and demos. It verifies signatures, permissions and quotas, and works with the unmodified official SDKs.\n\n' +
    'Prints one line of JSON when it listens, and runs until SIGTERM or SIGINT:\n' +
    '  {"kms":"https://…","control":"http://…","caFile":"…"}\n' +
    'Clients only need NODE_EXTRA_CA_CERTS=<caFile>.',
  examples: [],
  flags: {
    seed: {
      kind: 'text',
      value: 'FILE',
      required: true,
      help: 'YAML file with access keys, roles, secrets and so on.',
    },
    port: {
      kind: 'integer',
      value: 'N',
      default: '0',
      min: '0',
      max: HIGHEST_FIRST_PORT,
      help: 'KMS listens on N, the control port on N+1, then STS, metadata, instance, OOS, SMQ, registry. 0 for free ports.',
    },
    host: {
      kind: 'text',
      value: 'ADDRESS',
      help: 'Address to listen on. Every client that can connect can change all secrets. Default: 127.0.0.1.',
    },
    'latency-ms': {
      kind: 'integer',
      value: 'N',
      default: '0',
      min: '0',
      max: '60000',
      help: 'Delay of every response of all services in milliseconds.',
    },
  },
} as const satisfies Omit<SingleProgram<Flags>, 'name'>

/** Content of the ready line: only configured services. */
function readyLine(simulator: Simulator): object {
  const { kms, control, sts, metadata, instance, oos, smq, registry, caFile, instanceCaFile, instanceRootCaFile } =
    simulator
  const { clientKeys } = simulator
  return {
    kms,
    control,
    sts,
    metadata,
    instance,
    oos,
    smq,
    registry,
    caFile,
    instanceCaFile,
    instanceRootCaFile,
    clientKeys: instance === undefined ? undefined : clientKeys,
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

/**
 * Runs the simulator in the foreground until the signal aborts.
 * @param argv flags, without the program's name
 * @returns the exit code: 0 ended by the signal, 1 cannot run, 2 wrong usage or unreadable seed
 */
export async function runSimulator(argv: readonly string[], io: SimulatorIo): Promise<number> {
  const { program = 'kms-simulator' } = io
  const streams = {
    stdout: { write: (text: string | Uint8Array) => io.stdout(String(text)) },
    stderr: { write: (text: string | Uint8Array) => io.stderr(String(text)) },
  }
  return runSingleProgram({ name: program, ...SPEC }, argv, streams, async (flags) => {
    const { seed, port, host, 'latency-ms': latencyMs } = flags
    try {
      await using simulator = await startSimulator({ seed, port, latencyMs, ...defined({ host }) })
      io.stdout(`${JSON.stringify(readyLine(simulator))}\n`)
      await aborted(io.signal)
      return 0
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      io.stderr(`${program}: ${error.message}\n`)
      return error.code === 'InvalidSpec' ? 2 : 1
    }
  })
}
