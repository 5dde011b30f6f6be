import { pollingInterval, readFlags, UsageError, wholeNumber } from '@ack-secret-manager/testenv'

/** What `npm run soak` was asked for. */
export interface SoakCommand {
  readonly resources: number
  readonly durationMs: number
  readonly seed: number
  readonly perSecond: number
  readonly intervalMs: number
  readonly latencyMs: number
  readonly snapshots: string | undefined
}

export const HELP = `Usage: npm run soak -- [options]

Has the operator, from its bundle, work through steady churn, and fails when it holds more at the end than at the start.

Options:
  --resources N       ExternalSecrets, and secrets at KMS (default 2000)
  --minutes M         length of the churn, 0.2 to 1440 (default 20)
  --seed N            what is done when (default 1)
  --rate N            operations a second (default 20)
  --interval DURATION polling interval, and length of the rest in which is measured (default 30s)
  --latency-ms N      delay of every answer of KMS in milliseconds (default 5)
  --snapshots FOLDER  write what is on the heap at the start and at the end, for the memory view of Chrome
  --help              this text

Exit code: 0 no growth, 1 growth, 2 wrong usage.
`

const MINUTE_MS = 60_000
const MIN_MINUTES = 0.2
const MAX_MINUTES = 1_440

/** Reads the arguments. @throws UsageError */
export function parseSoakOptions(argv: readonly string[]): SoakCommand | 'help' {
  const values = rawFlags(argv)
  if (values.help === true) return 'help'
  const { interval = '30s', minutes = '20' } = values
  if (!(Number(minutes) >= MIN_MINUTES && Number(minutes) <= MAX_MINUTES)) {
    throw new UsageError(`--minutes ${minutes}: a number from ${MIN_MINUTES} to ${MAX_MINUTES} is needed`)
  }
  return {
    resources: wholeNumber('resources', values.resources ?? '2000', 10, 100_000),
    durationMs: Math.round(Number(minutes) * MINUTE_MS),
    seed: wholeNumber('seed', values.seed ?? '1', 0, 999_999_999),
    perSecond: wholeNumber('rate', values.rate ?? '20', 1, 1_000),
    intervalMs: pollingInterval('interval', interval),
    latencyMs: wholeNumber('latency-ms', values['latency-ms'] ?? '5', 0, MINUTE_MS),
    snapshots: values.snapshots,
  }
}

function rawFlags(argv: readonly string[]) {
  return readFlags(argv, {
    resources: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    rate: { type: 'string' },
    interval: { type: 'string' },
    'latency-ms': { type: 'string' },
    snapshots: { type: 'string' },
    help: { type: 'boolean' },
  })
}
