import type { PageStats, SoakStats } from './soak-stats.ts'

/** One figure at the start and at the end, and whether it stayed within its bound. */
export interface GrowthCheck {
  readonly what: string
  readonly start: string
  /** The most that was seen while things changed; empty for what is only known at rest. */
  readonly most: string
  readonly end: string
  /** What the end may be at most. */
  readonly bound: string
  readonly isGrowth: boolean
}

/** How much of a figure is no growth. */
interface Bound {
  readonly figure: keyof SoakStats
  readonly what: string
  readonly unit: string
  readonly digits: number
  /** Of the figure at the start, and on top of that. */
  readonly factor: number
  readonly slack: number
}

const count = { unit: '', digits: 0 }
const size = { unit: ' MiB', digits: 1 }
const delay = { unit: ' ms', digits: 1 }

// Code that runs for the first time is compiled, pools and caches with a limit fill up: that is what the slack is for.
const BOUNDS: readonly Bound[] = [
  { figure: 'heapMiB', what: 'heap after collection', ...size, factor: 1.1, slack: 10 },
  { figure: 'externalMiB', what: 'memory outside the heap', ...size, factor: 1.1, slack: 10 },
  // Pages of a heap that has been larger are given back late, or not at all.
  { figure: 'rssMiB', what: 'RSS', ...size, factor: 1.25, slack: 40 },
  // Threads have files as well, a handful each, and the renderer may restart one.
  { figure: 'openFiles', what: 'open files', ...count, factor: 1, slack: 15 },
  { figure: 'sockets', what: 'sockets', ...count, factor: 1, slack: 5 },
  { figure: 'timers', what: 'timers', ...count, factor: 1.05, slack: 5 },
  { figure: 'sources', what: 'sources', ...count, factor: 1, slack: 0 },
  { figure: 'resources', what: 'ExternalSecrets', ...count, factor: 1, slack: 0 },
  { figure: 'queueDepth', what: 'waiting in the queue', ...count, factor: 1, slack: 0 },
  { figure: 'kmsCallsPerSecond', what: 'KMS calls a second', unit: '', digits: 1, factor: 1.1, slack: 1 },
  { figure: 'delayP50Ms', what: 'event-loop delay p50', ...delay, factor: 1, slack: 5 },
  { figure: 'delayP99Ms', what: 'event-loop delay p99', ...delay, factor: 2, slack: 50 },
]

/** Figures of a soak at its three times. */
export interface SoakMeasurements {
  readonly start: SoakStats
  /** The most of each that was seen while things changed. */
  readonly during: PageStats
  readonly end: SoakStats
  /** Processor time of the longest turn of the event loop. @default not measured */
  readonly longestTurnMs?: number
}

/** A quarter of the time after which a standby would take over with the shortest lease. */
const LONGEST_TURN_MS = 1_000

/** Compares the figures at the end of a soak with those at its start, line by line. */
export function growthChecksOf({ start, during, end, longestTurnMs }: SoakMeasurements): readonly GrowthCheck[] {
  const checks = BOUNDS.map(({ figure, what, unit, digits, factor, slack }) => {
    const text = (value: number): string => `${value.toFixed(digits)}${unit}`
    const bound = start[figure] * factor + slack
    return {
      what,
      start: text(start[figure]),
      most: figure in during ? text(during[figure as keyof PageStats]) : '',
      end: text(end[figure]),
      bound: text(bound),
      // A figure that is missing (NaN) is within no bound.
      isGrowth: !(end[figure] <= bound),
    }
  })
  return longestTurnMs === undefined ? checks : [...checks, turnVerdictOf(longestTurnMs)]
}

function turnVerdictOf(turnMs: number): GrowthCheck {
  return {
    what: 'longest turn of the event loop',
    start: '',
    most: `${turnMs} ms`,
    end: '',
    bound: `${LONGEST_TURN_MS} ms`,
    isGrowth: !(turnMs <= LONGEST_TURN_MS),
  }
}
