import type { ErrorFacts, ReadErrorCode, SecretRef } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { sourceKeyOf } from '../model/source-reading.ts'
import { Harness, synced } from '../testing/source-pool-harness.ts'

const MINUTE = 60_000
type Fault = { readonly code: ReadErrorCode; readonly facts?: ErrorFacts }
const ABSENT: Fault = { code: 'NotFound', facts: { absent: true } }
const IN_BIN: Fault = { code: 'NotFound' }
const AWAY: Fault = { code: 'Unavailable' }
const DENIED: Fault = { code: 'AccessDenied' }

/** Subscribes to one read of `db`, reads after each response, and returns the absence according to the last one. */
async function historyAfter(responses: readonly (Fault | 'value')[], selector: Partial<SecretRef> = {}) {
  await using harness = new Harness()
  const connection = harness.connection()
  const ref = { name: 'db', ...selector }
  const read = { key: sourceKeyOf(connection, ref), ref, connection }
  harness.manager.change('db')
  let absentMs: number | undefined
  for (const response of responses) {
    if (response === 'value') harness.manager.faults.clear()
    else harness.manager.faults.set('db', response)
    harness.pool.subscribe('a', [read], undefined)
    // Longer than the minimum interval between two probes.
    await harness.clock.advance(2_000)
    const signal = new AbortController().signal
    const asked = harness.pool.values('a', [read], { signal, force: true })
    await harness.clock.advance(0)
    const reading = (await asked).get(read.key)
    absentMs = reading?.kind === 'error' ? reading.absentMs : undefined
    await harness.clock.advance(MINUTE - 2_000)
  }
  return absentMs
}

describe('how long a secret has been absent', () => {
  it.each<[string, readonly (Fault | 'value')[], number | undefined]>([
    ['counts from the first NotFound', ['value', ABSENT, ABSENT, ABSENT], 2 * MINUTE],
    ['is zero at the first NotFound', [ABSENT], 0],
    ['restarts after a value in between', [ABSENT, 'value', ABSENT], 0],
    ['restarts after a refusal', [ABSENT, DENIED, ABSENT], 0],
    ['continues during an outage', [ABSENT, AWAY, ABSENT], 2 * MINUTE],
    ['is undefined during an outage', [ABSENT, ABSENT, AWAY], undefined],
    ['does not count while the secret can be restored', [IN_BIN, IN_BIN], undefined],
    ['begins when the secret can no longer be restored', [IN_BIN, ABSENT, ABSENT], MINUTE],
  ])('%s', async (_rule, responses, expected) => {
    expect(await historyAfter(responses)).toBe(expected)
  })

  it.each<[string, Partial<SecretRef>, number | undefined]>([
    ['the current version', { versionStage: 'ACSCurrent' }, MINUTE],
    ['another stage', { versionStage: 'ACSPrevious' }, undefined],
    ['one version', { versionId: 'v1' }, undefined],
  ])('is known for %s, or undefined', async (_what, selector, expected) => {
    expect(await historyAfter([ABSENT, ABSENT], selector)).toBe(expected)
  })

  it('notifies when the secret can no longer be restored, and after an outage', async () => {
    await using harness = await synced()
    for (const [fault, takeNotifications] of [
      [IN_BIN, ['a failed db']],
      [ABSENT, ['a failed db']],
      [ABSENT, []],
      [AWAY, []],
      [ABSENT, ['a failed db']],
    ] as const) {
      harness.manager.faults.set('db', fault)
      await harness.clock.advance(10 * MINUTE)
      expect(harness.takeNotifications()).toEqual(takeNotifications)
    }
  })
})
