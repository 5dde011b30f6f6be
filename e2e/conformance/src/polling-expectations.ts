import { until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { type Calls, Scenario } from './scenario.ts'
import type { ScenarioFixture } from './scenario-fixture.ts'

/** Reads of the reference secret that one comparison takes. Backoff pauses are short at first, so it needs several. */
const ROUNDS = 10
/** Consecutive failures after which jittered backoff is measurably longer; with four, one run in 100,000 still draws short pauses. */
const FAILURES = 5

const referenceScenarios = new WeakMap<ScenarioFixture, Promise<Scenario>>()

/** Calls of KMS for a secret of a row, and for the reference secret that is read every second. */
interface CallCounts {
  readonly own: number
  readonly referenceReads: number
}

async function callsOf(scenario: Scenario, name: string): Promise<CallCounts> {
  const reference = await referenceScenarioOf(scenario.fixture)
  // One request, so that both are counts of the same moment.
  const { calls } = (await scenario.env.simulator.control('GET', '/calls?groupBy=secret')) as {
    calls: ReadonlyArray<{ readonly secret: string; readonly count: number }>
  }
  const of = (secret: string): number => calls.find((call) => call.secret === secret)?.count ?? 0
  return { own: of(scenario.kmsName(name)), referenceReads: of(reference.kmsName('tick')) }
}

/** Waits until enough calls were made. @returns their number */
async function untilCalls(
  scenario: Scenario,
  name: string,
  isEnough: (more: CallCounts) => boolean,
): Promise<CallCounts> {
  const before = await callsOf(scenario, name)
  const enough = async (): Promise<CallCounts | false> => {
    const now = await callsOf(scenario, name)
    const more = { own: now.own - before.own, referenceReads: now.referenceReads - before.referenceReads }
    return isEnough(more) && more
  }
  return until(`KMS gets enough calls for ${name} and the reference secret`, enough, {
    deadlineMs: 100_000,
    pauseMs: 200,
  })
}

const overRounds = ({ referenceReads }: CallCounts): boolean => referenceReads >= ROUNDS

/** The one resource of a fixture that no test changes. */
function referenceScenarioOf(fixture: ScenarioFixture): Promise<Scenario> {
  const reference = referenceScenarios.get(fixture) ?? startReferenceScenario(fixture)
  referenceScenarios.set(fixture, reference)
  return reference
}

async function startReferenceScenario(fixture: ScenarioFixture): Promise<Scenario> {
  const reference = new Scenario(fixture, 'reference')
  await reference.put({ tick: 'one' })
  await reference.apply({ rotationInterval: '1s' })
  await reference.untilSynced({ tick: 'one' })
  return reference
}

/** Asserts that a secret with an interval of one second is read as often as the reference secret. */
export async function expectInterval(scenario: Scenario, name: string): Promise<void> {
  const { own, referenceReads } = await untilCalls(scenario, name, overRounds)
  // Reads are jittered, and a busy machine delays them: what counts is that it is neither backoff nor a loop without pauses.
  expect(own).toBeGreaterThanOrEqual(referenceReads / 2)
  expect(own).toBeLessThanOrEqual(referenceReads * 2)
}

function failuresOf(calls: Calls): number {
  return Object.entries(calls).reduce((sum, [result, count]) => (result === 'OK' ? sum : sum + count), 0)
}

/** Asserts that a failing secret is read with backoff. */
export async function expectBackoff(scenario: Scenario, name: string): Promise<void> {
  // Counted from the first failure: five more after some that are already made can take longer than two minutes.
  await until(`KMS rejects enough calls for ${name}`, async () => failuresOf(await scenario.calls(name)) >= FAILURES)
  const { own, referenceReads } = await untilCalls(scenario, name, overRounds)
  // Without backoff, the first pauses of one second on average would give one call per reference read.
  expect(own).toBeLessThan(referenceReads / 2)
}

/** Asserts that a secret is not read while others are. */
export async function expectNoReads(scenario: Scenario, name: string): Promise<void> {
  expect((await untilCalls(scenario, name, overRounds)).own).toBe(0)
}

/** Asserts that a resource has exactly these events, also some time after the last one. */
export async function expectEvents(
  scenario: Scenario,
  reasons: readonly string[],
  name: string = scenario.id,
): Promise<void> {
  await scenario.untilEvents(reasons, name)
  const reference = await referenceScenarioOf(scenario.fixture)
  await reference.untilRead('tick')
  expect((await scenario.events(name)).map(({ reason }) => reason)).toEqual(reasons)
}
