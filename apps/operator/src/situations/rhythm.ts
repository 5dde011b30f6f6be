import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { Situation } from './situation.ts'
import type { Stage } from './stage.ts'

/** Reads of the secret that others are compared to, until a rhythm is told. */
const ROUNDS = 5
/** Two secrets of one interval have their moments at different times of it, and one may be late. */
const TOLERANCE = 2

const metronomes = new WeakMap<Stage, Promise<Situation>>()

/** Waits until a secret that is read every second has been read some times more. @returns how often the secret of the row was meanwhile */
async function asksMeanwhile(situation: Situation, name: string): Promise<number> {
  const metronome = await metronomeOf(situation.stage)
  const asks = async (): Promise<{ readonly own: number; readonly beats: number }> => {
    const { calls } = await situation.scene.simulator.calls()
    const of = (secret: string): number =>
      calls.filter((call) => call.secret === secret).reduce((sum, { count }) => sum + count, 0)
    return { own: of(situation.kmsName(name)), beats: of(metronome.kmsName('beat')) }
  }
  const before = await asks()
  const after = await until('a healthy secret is read again and again', async () => {
    const now = await asks()
    return now.beats >= before.beats + ROUNDS && now
  })
  return after.own - before.own
}

/** The one resource of a stage that nothing ever happens to. */
function metronomeOf(stage: Stage): Promise<Situation> {
  const metronome = metronomes.get(stage) ?? startMetronome(stage)
  metronomes.set(stage, metronome)
  return metronome
}

async function startMetronome(stage: Stage): Promise<Situation> {
  const metronome = new Situation(stage, 'metronome')
  await metronome.put({ beat: 'tick' })
  await metronome.apply({ rotationInterval: '1s' })
  await metronome.untilSynced({ beat: 'tick' })
  return metronome
}

/** Asserts that a secret with an interval of one second is asked for as often as any other. */
export async function expectInterval(situation: Situation, name: string): Promise<void> {
  expect(Math.abs((await asksMeanwhile(situation, name)) - ROUNDS)).toBeLessThanOrEqual(TOLERANCE)
}

/** Asserts that a secret is not asked for while others are. */
export async function expectRest(situation: Situation, name: string): Promise<void> {
  expect(await asksMeanwhile(situation, name)).toBe(0)
}
