import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { begin, expectKept } from './course.ts'
import { copyOf } from './entries.ts'
import type { Plays } from './play-table.ts'
import type { Situation } from './situation.ts'
import type { WITHOUT_POLLING } from './without-polling.ts'

/** Longer than an interval would have been: the operator renews its lease every two seconds. */
const RENEWALS = 2

/** Waits until so much time has passed that the secrets would have been read, more than once, by the clock. */
async function untilTimeHasPassed({ scene }: Situation): Promise<void> {
  const { request, namespace } = scene.place
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
  const renewed = async (): Promise<string> => {
    const { body } = await request<{ items: readonly { spec: { renewTime?: string } }[] }>('GET', path)
    return body.items.map(({ spec }) => spec.renewTime).join()
  }
  const seen = new Set([await renewed()])
  await until('the operator has renewed its lease', async () => seen.add(await renewed()).size > RENEWALS)
}

export const withoutPollingPlays: Plays<typeof WITHOUT_POLLING> = {
  'off-first': async (situation) => {
    await situation.put({ password: 'one', token: 'two' })
    const secret = await begin(situation, { password: 'one', token: 'two' })
    await untilTimeHasPassed(situation)
    expect([await situation.calls('password'), await situation.calls('token')]).toEqual([{ OK: 1 }, { OK: 1 }])
    await expectKept(situation, secret)
  },
  'off-rotated': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' }, { rotationInterval: '1s' })
    await situation.put({ password: 'two' })
    await untilTimeHasPassed(situation)
    expect(await situation.calls('password')).toEqual({ OK: 1 })
    await expectKept(situation, before)
    expect(await situation.reasons()).toEqual(['Synced'])
  },
  'off-outage': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.fault('http503', 'password', { count: 2 })
    await situation.apply()
    await situation.untilSynced({ password: 'one' })
    expect(await situation.calls('password')).toEqual({ ServiceUnavailableTemporary: 2, OK: 1 })
  },
  'off-spec': async (situation) => {
    await situation.put({ password: 'one', token: 'two' })
    const before = await begin(situation, { password: 'one' }, { data: [copyOf(situation, 'password')] })
    expect(await situation.calls('token')).toEqual({})
    await situation.apply()
    await situation.untilSynced({ password: 'one', token: 'two' })
    await untilTimeHasPassed(situation)
    expect(await situation.calls('token')).toEqual({ OK: 1 })
    expect(await situation.writesSince(before)).toBe(1)
  },
  'off-refresh': async (situation) => {
    await situation.put({ password: 'one', token: 'two' })
    const before = await begin(situation, { password: 'one', token: 'two' })
    await situation.put({ password: 'three' })
    await situation.refresh()
    await situation.untilSynced({ password: 'three', token: 'two' })
    await untilTimeHasPassed(situation)
    expect([await situation.calls('password'), await situation.calls('token')]).toEqual([{ OK: 2 }, { OK: 2 }])
    expect(await situation.writesSince(before)).toBe(1)
  },
  'off-drift': async (situation) => {
    await situation.put({ password: 'one' })
    await begin(situation, { password: 'one' })
    await situation.put({ password: 'two' })
    await situation.editSecret({ data: { password: btoa('edited') } })
    const repaired = await situation.untilSynced({ password: 'two' })
    await situation.untilEvents(['Synced', 'DriftCorrected'])
    await situation.scene.place.request('DELETE', situation.scene.secretPath(situation.id))
    const { metadata } = await situation.untilSynced({ password: 'two' })
    expect(metadata.uid).not.toBe(repaired.metadata.uid)
    await untilTimeHasPassed(situation)
    expect(await situation.calls('password')).toEqual({ OK: 3 })
  },
}
