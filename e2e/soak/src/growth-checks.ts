import type { PageStats, SoakStats } from './soak-stats.ts'

/** One figure at the start and at the end, and whether it is within its bound. */
export interface GrowthCheck {
  readonly what: string
  readonly start: string
  /** Maximum during the churn; empty for figures that are only measured at rest. */
  readonly most: string
  readonly end: string
  /** Maximum allowed at the end. */
  readonly bound: string
  readonly isGrowth: boolean
}

/** Increase of a figure that does not count as growth. */
interface Bound {
  readonly figure: keyof SoakStats
  readonly what: string
  readonly unit: string
  readonly digits: number
  /** Share of the figure at the start, and an additional constant. */
  readonly factor: number
  readonly slack: number
}

const count = { unit: '', digits: 0 }
const size = { unit: ' MiB', digits: 1 }
const delay = { unit: ' ms', digits: 1 }

// The slack allows for compilation of new code, and for pools and limited caches that fill up.
const BOUNDS: readonly Bound[] = [
  { figure: 'heapMiB', what: 'heap after collection', ...size, factor: 1.1, slack: 10 },
  { figure: 'externalMiB', what: 'memory outside the heap', ...size, factor: 1.1, slack: 10 },
  // A heap returns unused pages late or never.
  { figure: 'rssMiB', what: 'RSS', ...size, factor: 1.25, slack: 40 },
  // Each thread opens a few files as well, and the renderer may restart one.
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

/** Figures of a soak: at the start, during the churn, at the end. */
export interface SoakMeasurements {
  readonly start: SoakStats
  /** Maximum of each figure during the churn. */
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
      // A missing figure (NaN) is out of bounds.
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
