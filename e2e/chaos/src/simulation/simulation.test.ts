import { expect, it } from 'vitest'
import { runSimulation } from './simulation.ts'

const days = new Map<number, ReturnType<typeof runSimulation>>()

/** The day of a seed, simulated once. */
function dayOf(seed: number): ReturnType<typeof runSimulation> {
  const day = days.get(seed) ?? runSimulation(seed)
  days.set(seed, day)
  return day
}

/** A second of work, and much more on a loaded machine. */
const TIMEOUT_MS = 180_000

it.each([1, 2, 3])(
  'breaks no rule during a day of faults, crashes and two leaders, and converges after it: seed %i',
  async (seed) => {
    const day = await dayOf(seed)
    expect(day).toMatchObject({ violations: [], wrong: [], rewritten: 0 })
    expect(day.steps).toBeGreaterThan(500)
    // Two Secrets, each rotated hourly; lost writes and Secrets that users delete add some.
    expect(day.generated).toBeGreaterThan(2 * 24)
    expect(day.generated).toBeLessThan(4 * 24)
    expect(Math.min(day.faults, day.crashes, day.restarts, day.renames)).toBeGreaterThan(10)
  },
  TIMEOUT_MS,
)

it(
  'is deterministic',
  async () => {
    expect(await runSimulation(1)).toEqual(await dayOf(1))
  },
  TIMEOUT_MS,
)
