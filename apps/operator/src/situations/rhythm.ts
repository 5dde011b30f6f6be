import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { Situation } from './situation.ts'
import type { Stage } from './stage.ts'

/** Reads of the secret that others are compared to, until a rhythm is told: pauses that grow are short at first. */
const ROUNDS = 10
/** Two secrets of one interval have their moments at different times of it, one may be late, and one be read for another reason as well. */
const TOLERANCE = 3
/**
 * Failures in a row after which pauses, drawn at random below a limit that doubles, are seen to have grown: after four of
 * them, one run in a hundred thousand still draws five short ones.
 */
const FAILURES = 5

const metronomes = new WeakMap<Stage, Promise<Situation>>()

/** How often KMS was asked for a secret of a row, and for one that is read every second. */
interface Asks {
  readonly own: number
  readonly beats: number
}

async function asksOf(situation: Situation, name: string): Promise<Asks> {
  const metronome = await metronomeOf(situation.stage)
  const { calls } = await situation.scene.simulator.calls()
  const of = (secret: string): number =>
    calls.filter((call) => call.secret === secret).reduce((sum, { count }) => sum + count, 0)
  return { own: of(situation.kmsName(name)), beats: of(metronome.kmsName('beat')) }
}

/** Waits until the calls are as wanted. @returns how many there were meanwhile */
async function asksUntil(situation: Situation, name: string, isEnough: (more: Asks) => boolean): Promise<Asks> {
  const before = await asksOf(situation, name)
  const enough = async (): Promise<Asks | false> => {
    const now = await asksOf(situation, name)
    const more = { own: now.own - before.own, beats: now.beats - before.beats }
    return isEnough(more) && more
  }
  return until(`KMS is asked for ${name}, and for a healthy secret`, enough, { deadlineMs: 100_000, pauseMs: 200 })
}

const overRounds = ({ beats }: Asks): boolean => beats >= ROUNDS

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
  const { own, beats } = await asksUntil(situation, name, overRounds)
  expect(Math.abs(own - beats)).toBeLessThanOrEqual(TOLERANCE)
}

/** Asserts that a secret which has begun to fail is asked for again, but ever less often than others. */
export async function expectGrowingPauses(situation: Situation, name: string): Promise<void> {
  await situation.untilAsked(name, FAILURES)
  const { own, beats } = await asksUntil(situation, name, overRounds)
  // Pauses that stay as they are at first, a second on average, give as many calls as there are beats.
  expect(own).toBeLessThan(beats / 2)
}

/** Asserts that a secret is not asked for while others are. */
export async function expectRest(situation: Situation, name: string): Promise<void> {
  expect((await asksUntil(situation, name, overRounds)).own).toBe(0)
}

/** Asserts that these are all events of a resource, also a while after the last of them. */
export async function expectEvents(
  situation: Situation,
  reasons: readonly string[],
  name: string = situation.id,
): Promise<void> {
  await situation.untilEvents(reasons, name)
  const metronome = await metronomeOf(situation.stage)
  await metronome.untilAsked('beat')
  expect((await situation.events(name)).map(({ reason }) => reason)).toEqual(reasons)
}
