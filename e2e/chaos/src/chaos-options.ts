import { readFlags, UsageError } from '@ack-secret-manager/testbed'

/** What `npm run chaos` was asked for. */
export interface ChaosCommand {
  readonly seeds: readonly number[]
  readonly durationMs: number
  readonly oneReplica: boolean
  readonly printSchedule: boolean
}

export const HELP = `Breaks the operator's surroundings for a while, and checks all the time that nothing is lost.

  npm run chaos -- --seed N [--minutes M]      one run
  npm run chaos -- --seeds A..B [--minutes M]  a run for each seed
  npm run chaos -- --seed N --print-schedule   what would be broken when

  --minutes M    length of the faults, 0.1 to 60, default 5; before and after them there are some seconds of calm
  --one-replica  one replica that nobody ends or pauses, in place of two: what it takes over all that time it has to give back
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
