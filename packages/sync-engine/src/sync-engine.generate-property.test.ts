import { SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeGeneratedVersion } from './model/generated-version.ts'
import { digester } from './testing/fixtures.ts'
import { DAILY, DAY, Generators, HOUR, startGenerating } from './testing/generating-engine.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

const STEPS = [
  'restart',
  'lose-response',
  'refuse-write',
  'hours',
  'hours',
  'hour',
  'minute',
  'jump',
  'replica-writes',
] as const

type Step = (typeof STEPS)[number]

/** A value, and when it was written. */
interface Born {
  readonly text: string
  readonly atMs: number
}

/** A write: `Conflict` if the other of two leaders was faster. */
interface Attempt {
  /** The generated value; empty if only its time is corrected. */
  readonly text: string
  readonly result: 'written' | 'refused' | 'Conflict'
}

it(
  'over any order of crashes, lost writes, outages, wrong clocks and replicas, a value is replaced once, within an hour after its interval',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 10, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { born, generated, attempts, clock, versionId } = await run(all)
        // A value that is written while the clock is wrong has a later time, which is corrected within a day.
        const lateMs = all.includes('jump') ? DAY + HOUR : HOUR
        const ends = [...born.slice(1).map(({ atMs }) => atMs), undefined]
        for (const [index, { atMs }] of born.entries()) {
          const endMs = ends[index]
          if (endMs !== undefined) expect(endMs - atMs).toBeGreaterThanOrEqual(DAY - 1_000)
          expect((endMs ?? clock.monotonic()) - atMs).toBeLessThanOrEqual(DAY + lateMs)
        }
        const days = (clock.monotonic() - (born[0]?.atMs ?? 0)) / DAY
        expect(born.length).toBeLessThanOrEqual(1 + Math.ceil(days))
        const values = attempts.filter(({ text }) => text !== '')
        expect(values.map(({ text }) => text).toSorted()).toEqual(generated.toSorted())
        expect(countOf(values, 'written')).toBe(born.length)
        const stepsOf = (name: Step): number => all.filter((step) => step === name).length
        expect(countOf(attempts, 'Conflict')).toBeLessThanOrEqual(stepsOf('replica-writes'))
        expect(countOf(attempts, 'refused')).toBeLessThanOrEqual(stepsOf('refuse-write'))
        // The time of a value that was written while the clock was wrong is corrected once.
        const corrections = attempts.filter(({ text }) => text === '')
        expect(countOf(corrections, 'written')).toBeLessThanOrEqual(stepsOf('jump'))
        expect(decodeGeneratedVersion(versionId)?.generatedMs).toBeLessThanOrEqual(clock.now())
      }),
      { numRuns: propertyRuns(40) },
    )
  },
)

async function run(steps: readonly Step[]) {
  const generators = new Generators()
  const writer = new MemoryWriter(digester)
  const clock = new ManualClock()
  const born: Born[] = []
  let fault: Step | undefined
  const attempts: Attempt[] = []
  const apply = writer.apply.bind(writer)
  writer.apply = async (action: TargetAction) => {
    const sent = 'set' in action ? (action.set.get('password')?.expose() ?? []) : []
    const attempt = { text: Buffer.from(sent).toString('utf8') }
    const now = fault
    fault = undefined
    const away = new SecretSyncError('Unavailable', 'the connection was closed')
    if (now === 'refuse-write') {
      attempts.push({ ...attempt, result: 'refused' })
      throw away
    }
    const observed = await apply(action).catch((error: unknown) => {
      attempts.push({ ...attempt, result: 'Conflict' })
      throw error
    })
    attempts.push({ ...attempt, result: 'written' })
    const text = writer.textsOf('web')?.['password'] ?? ''
    if (born.at(-1)?.text !== text) born.push({ text, atMs: clock.monotonic() })
    if (now === 'lose-response') throw away
    return observed
  }
  const process = async () => {
    const one = startGenerating({ writer, generators, clock })
    await one.upsert(DAILY)
    return one
  }
  const startMs = clock.now()
  writer.serverTime = () => startMs + clock.monotonic()
  let leader = await process()
  for (const step of steps) {
    if (step === 'hours') await clock.advance(7 * HOUR)
    else if (step === 'hour') await clock.advance(HOUR)
    else if (step === 'minute') await clock.advance(60_000)
    else if (step === 'restart') {
      // The former process hangs in the middle of whatever it did.
      void leader.engine.close(0)
      leader = await process()
    } else if (step === 'jump') {
      clock.jumpWallClock(30 * DAY)
      void leader.engine.close(0)
      leader = await process()
      await clock.advance(HOUR / 2)
      clock.jumpWallClock(-30 * DAY)
    } else if (step === 'replica-writes') {
      // For an hour both take themselves for the leader.
      const replica = await process()
      await clock.advance(HOUR)
      void leader.engine.close(0)
      leader = replica
    } else fault = step
  }
  fault = undefined
  await clock.advance(DAY + HOUR)
  const [target] = writer.ownedBy('default', 'web')
  const versionId = target?.records.get('web')?.keys.get('password')?.versionId ?? ''
  const generated = Array.from({ length: generators.generated }, (_none, at) => `new-${at + 1}`)
  return { born, generated, attempts, clock, versionId }
}

function countOf(attempts: readonly Attempt[], result: Attempt['result']): number {
  return attempts.filter((each) => each.result === result).length
}
