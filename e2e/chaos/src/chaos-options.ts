import { readFlags, UsageError } from '@ack-secret-manager/testenv'

/** Parsed arguments of `npm run chaos`. */
export interface ChaosCommand {
  readonly seeds: readonly number[]
  readonly durationMs: number
  readonly oneReplica: boolean
  readonly printSchedule: boolean
}

export const HELP = `Injects faults around the operator and checks all the time that no rule is broken.

  npm run chaos -- --seed N [--minutes M]      one run
  npm run chaos -- --seeds A..B [--minutes M]  one run for each seed
  npm run chaos -- --seed N --print-schedule   print the faults and their times

  --minutes M    duration of the faults, 0.1 to 60, default 5; some seconds without faults precede and follow
  --one-replica  run one replica without replica faults instead of two, and check that it releases all resources
`

const MAX_SEEDS = 1_000
const MAX_MINUTES = 60
const MINUTE_MS = 60_000

/** Reads the arguments. @throws UsageError */
export function parseChaosOptions(argv: readonly string[]): ChaosCommand | 'help' {
  const values = readArguments(argv)
  if (values.help === true) return 'help'
  const {
    seed,
    seeds,
    minutes = '5',
    'one-replica': oneReplica = false,
    'print-schedule': printSchedule = false,
  } = values
  if ((seed === undefined) === (seeds === undefined)) throw new UsageError('give either --seed N or --seeds A..B')
  const length = Number(minutes)
  if (!(length >= 0.1 && length <= MAX_MINUTES))
    throw new UsageError(`--minutes: expected 0.1 to ${MAX_MINUTES}, got ${minutes}`)
  return {
    seeds: seed === undefined ? rangeOf(seeds ?? '') : rangeOf(`${seed}..${seed}`),
    durationMs: Math.round(length * MINUTE_MS),
    oneReplica,
    printSchedule,
  }
}

function readArguments(argv: readonly string[]) {
  return readFlags(argv, {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    'one-replica': { type: 'boolean' },
    'print-schedule': { type: 'boolean' },
    help: { type: 'boolean' },
  })
}

function rangeOf(text: string): readonly number[] {
  const [, from, to] = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text) ?? []
  const count = Number(to) - Number(from) + 1
  if (!(count >= 1 && count <= MAX_SEEDS)) {
    throw new UsageError(
      `seeds are whole numbers, ${MAX_SEEDS} at most, such as --seed 7 or --seeds 1..50; got ${text}`,
    )
  }
  return Array.from({ length: count }, (_, index) => Number(from) + index)
}
