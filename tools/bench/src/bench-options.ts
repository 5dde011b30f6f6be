import { pollingInterval, readFlags, wholeNumber } from '@ack-secret-manager/testenv'

/** How a bench is run. */
export interface BenchOptions {
  /** Numbers of ExternalSecrets, one run each. */
  readonly resources: readonly number[]
  /** Distinct secrets at KMS; undefined: one for each resource. */
  readonly secrets: number | undefined
  readonly intervalMs: number
  /** Delay of every answer of KMS. */
  readonly latencyMs: number
  /** File that gets the results as JSON. */
  readonly json: string | undefined
  /** Leave the control plane running at the end, until Ctrl-C. */
  readonly keep: boolean
  /** Run the first sync under the CPU profiler, and nothing after it. */
  readonly profile: boolean
}

export const HELP = `Usage: npm run bench -- [options]

Measures the operator, from its bundle, on an API server and a KMS simulator of its own.

Options:
  --resources N[,N…]  ExternalSecrets; one run for each number (default 1000)
  --secrets M         distinct secrets at KMS (default: as many as resources)
  --interval DURATION polling interval, and length of the quiet interval that is measured (default 60s)
  --latency-ms N      delay of every answer of KMS in milliseconds (default 5)
  --json FILE         write the results to FILE as JSON
  --profile           profile the first sync instead of measuring what follows it
  --keep              leave the control plane running at the end, until Ctrl-C
  --help              this text
`

const MAX_RESOURCES = 100_000
const MAX_LATENCY_MS = 60_000

/** @throws UsageError */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | 'help' {
  const values = rawFlags(argv)
  if (values.help === true) return 'help'
  return {
    resources: (values.resources ?? '1000').split(',').map((text) => wholeNumber('resources', text, 1, MAX_RESOURCES)),
    secrets: values.secrets === undefined ? undefined : wholeNumber('secrets', values.secrets, 1, MAX_RESOURCES),
    intervalMs: pollingInterval('interval', values.interval ?? '60s'),
    latencyMs: wholeNumber('latency-ms', values['latency-ms'] ?? '5', 0, MAX_LATENCY_MS),
    json: values.json,
    keep: values.keep ?? false,
    profile: values.profile ?? false,
  }
}

function rawFlags(argv: readonly string[]) {
  return readFlags(argv, {
    resources: { type: 'string' },
    secrets: { type: 'string' },
    interval: { type: 'string' },
    'latency-ms': { type: 'string' },
    json: { type: 'string' },
    keep: { type: 'boolean' },
    profile: { type: 'boolean' },
    help: { type: 'boolean' },
  })
}
