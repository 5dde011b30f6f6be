import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { commandLineRefusal, typedText } from '@ack-secret-manager/command-line'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { type Simulator, startSimulator, type SimulatorOptions } from './simulator.ts'

/** What {@link runSimulator} needs from its surroundings. */
export interface SimulatorIo {
  /** Takes the ready line and the help. */
  readonly stdout: (text: string) => void
  /** Takes errors, one line each. */
  readonly stderr: (text: string) => void
  /** Ends the run. */
  readonly signal: AbortSignal
  /** How the user called it, for help and errors. @default 'kms-simulator' */
  readonly program?: string
}

const MAX_PORT = 65_530
const MAX_LATENCY_MS = 60_000

const HELP = `A strict double of Alibaba Cloud KMS, and of STS, ECS metadata, the KMS instance gateway and OOS where the seed names
them, for tests and demos. It verifies signatures, permissions and quotas, and the official SDKs talk to it unmodified.
Prints one line of JSON when it listens and runs until SIGTERM or SIGINT:
  {"kms":"https://…","control":"http://…","caFile":"…"}     NODE_EXTRA_CA_CERTS=<caFile> is all that clients need

Options:
  --seed FILE        YAML file with access keys, roles, secrets and so on (required)
  --port N           KMS listens on N, the control port on N+1, then STS, metadata, instance, OOS (default: free ports)
  --host ADDRESS     address to listen on (default 127.0.0.1); every client that reaches it can change every secret
  --latency-ms N     delay of every answer of KMS in milliseconds (default 0)
  --help             this text
`

class UsageError extends Error {}

function wholeNumber(flag: string, text: string | undefined, max: number): number {
  if (text === undefined) return 0
  if (!/^\d{1,9}$/.test(text) || Number(text) > max) {
    throw new UsageError(`--${flag} ${typedText(text, 'quantity')}: expected a whole number from 0 to ${max}`)
  }
  return Number(text)
}

function parseFlags(argv: readonly string[]): SimulatorOptions | 'help' {
  let values
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        'latency-ms': { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error
    throw new UsageError(commandLineRefusal({ code: String(error.code), message: error.message }))
  }
  if (values.help === true) return 'help'
  if (values.seed === undefined || values.seed === '') throw new UsageError('--seed FILE is required')
  return {
    seed: values.seed,
    port: wholeNumber('port', values.port, MAX_PORT),
    latencyMs: wholeNumber('latency-ms', values['latency-ms'], MAX_LATENCY_MS),
    ...(values.host === undefined ? {} : { host: values.host }),
  }
}

/** What the ready line tells: only what the seed names. */
function readyLine(simulator: Simulator): object {
  const { kms, control, sts, metadata, instance, oos, caFile, instanceCaFile, instanceRootCaFile } = simulator
  const { clientKeys } = simulator
  return {
    kms,
    control,
    sts,
    metadata,
    instance,
    oos,
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
  try {
    const options = parseFlags(argv)
    if (options === 'help') {
      io.stdout(`Usage: ${program} --seed FILE [options]\n\n${HELP}`)
      return 0
    }
    const simulator = await startSimulator(options)
    try {
      io.stdout(`${JSON.stringify(readyLine(simulator))}\n`)
      await aborted(io.signal)
    } finally {
      await simulator.close()
    }
    return 0
  } catch (error) {
    if (!(error instanceof UsageError) && !isSecretSyncError(error)) throw error
    io.stderr(`${program}: ${error.message}\n`)
    return error instanceof UsageError || error.code === 'InvalidSpec' ? 2 : 1
  }
}
