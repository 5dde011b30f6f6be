import { defineTool, UsageError } from '@ack-secret-manager/testenv'

const MAX_SEEDS = 1_000

/** `npm run chaos`. */
export const CHAOS = defineTool({
  name: 'chaos',
  description: 'Injects faults around the operator and checks all the time that no rule is broken.',
  examples: [
    ['npm run chaos -- --seed 7', 'one run'],
    ['npm run chaos -- --seeds 1..50 --minutes 2', 'one run for each seed'],
  ],
  flags: {
    seed: { kind: 'text', value: 'N', help: 'seed of one run' },
    seeds: { kind: 'text', value: 'A..B', help: 'one run for each of these seeds' },
    minutes: {
      kind: 'number',
      value: 'M',
      default: '5',
      min: '0.1',
      max: '60',
      help: 'duration of the faults, 0.1 to 60; some seconds without faults precede and follow',
    },
    'one-replica': {
      kind: 'switch',
      help: 'run one replica without replica faults instead of two, and check that it releases all resources',
    },
    shards: {
      kind: 'number',
      value: 'N',
      default: '1',
      min: '1',
      max: '8',
      help: 'replicas that work at the same time, besides one standby; replica faults hit each of them in turn',
    },
    'print-schedule': { kind: 'switch', help: 'print the faults and their times' },
  },
  scratch: true,
  options: ({ seed, seeds, minutes, shards, 'one-replica': oneReplica, 'print-schedule': printSchedule }) => {
    if ((seed === undefined) === (seeds === undefined)) throw new UsageError('give either --seed N or --seeds A..B')
    if (oneReplica && shards > 1) throw new UsageError('--one-replica: has no shards; give one of them')
    return {
      seeds: rangeOf(seeds ?? `${seed}..${seed}`),
      durationMs: Math.round(minutes * 60_000),
      oneReplica,
      shards: Math.round(shards),
      printSchedule,
    }
  },
})

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
