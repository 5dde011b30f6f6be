import { until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { begin, expectKept } from '../helpers.ts'
import { OwnStore } from '../own-store.ts'
import { copyOf } from '../spec-entries.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import type { Scenario } from '../scenario.ts'
import type { WITHOUT_POLLING } from '../tables/without-polling.ts'

/** Lease renewals that take longer than an interval; the operator renews every two seconds. */
const RENEWALS = 2

/** Waits until polling would have read the secrets more than once. */
async function untilTimeHasPassed({ env }: Scenario): Promise<void> {
  const { request, namespace } = env.cluster
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
  const renewed = async (): Promise<string> => {
    const { body } = await request<{ items: readonly { spec: { renewTime?: string } }[] }>('GET', path)
    return body.items.map(({ spec }) => spec.renewTime).join()
  }
  const seen = new Set([await renewed()])
  await until('the operator has renewed its lease', async () => seen.add(await renewed()).size > RENEWALS)
}

export const withoutPollingSteps: ScenarioSteps<typeof WITHOUT_POLLING> = {
  'off-first': async (scenario) => {
    await scenario.put({ password: 'one', token: 'two' })
    const secret = await begin(scenario, { password: 'one', token: 'two' })
    await untilTimeHasPassed(scenario)
    expect([await scenario.calls('password'), await scenario.calls('token')]).toEqual([{ OK: 1 }, { OK: 1 }])
    await expectKept(scenario, secret)
  },
  'off-rotated': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' }, { rotationInterval: '1s' })
    await scenario.put({ password: 'two' })
    await untilTimeHasPassed(scenario)
    expect(await scenario.calls('password')).toEqual({ OK: 1 })
    await expectKept(scenario, before)
    expect(await scenario.reasons()).toEqual(['Synced'])
  },
  'off-outage': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.fault('http503', 'password', { count: 2 })
    // The first failures of a connection open its circuit breaker, and first reads of other rows would fail.
    const store = await OwnStore.openFor(scenario)
    await scenario.apply(store.spec('password'))
    await scenario.untilSynced({ password: 'one' })
    expect(await scenario.calls('password')).toEqual({ ServiceUnavailableTemporary: 2, OK: 1 })
  },
  'off-spec': async (scenario) => {
    await scenario.put({ password: 'one', token: 'two' })
    const before = await begin(scenario, { password: 'one' }, { data: [copyOf(scenario, 'password')] })
    expect(await scenario.calls('token')).toEqual({})
    await scenario.apply()
    await scenario.untilSynced({ password: 'one', token: 'two' })
    await untilTimeHasPassed(scenario)
    expect(await scenario.calls('token')).toEqual({ OK: 1 })
    expect(await scenario.writesSince(before)).toBe(1)
  },
  'off-refresh': async (scenario) => {
    await scenario.put({ password: 'one', token: 'two' })
    const before = await begin(scenario, { password: 'one', token: 'two' })
    await scenario.put({ password: 'three' })
    await scenario.refresh()
    await scenario.untilSynced({ password: 'three', token: 'two' })
    await untilTimeHasPassed(scenario)
    expect([await scenario.calls('password'), await scenario.calls('token')]).toEqual([{ OK: 2 }, { OK: 2 }])
    expect(await scenario.writesSince(before)).toBe(1)
  },
  'off-drift': async (scenario) => {
    await scenario.put({ password: 'one' })
    await begin(scenario, { password: 'one' })
    await scenario.put({ password: 'two' })
    await scenario.editSecret({ data: { password: btoa('edited') } })
    const repaired = await scenario.untilSynced({ password: 'two' })
    await scenario.untilEvents(['Synced', 'DriftCorrected'])
    await scenario.env.cluster.request('DELETE', scenario.env.secretPath(scenario.id))
    const { metadata } = await scenario.untilSynced({ password: 'two' })
    expect(metadata.uid).not.toBe(repaired.metadata.uid)
    await untilTimeHasPassed(scenario)
    expect(await scenario.calls('password')).toEqual({ OK: 3 })
  },
}
