import { until, UPSTREAM_FINALIZER } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import type { DELETION } from '../tables/deletion.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import type { Scenario } from '../scenario.ts'

const RETAIN = { target: { deletionPolicy: 'Retain' } }
const OWNER = 'alibabacloud.com/owner'
/** Label of managed Secrets. */
const MARK = 'alibabacloud.com/managed-by'

/** Waits until the operator has handled the deletion: with one worker, a later resource is reconciled after it. */
async function untilNoticed(scenario: Scenario): Promise<void> {
  await scenario.apply({}, `${scenario.id}-later`)
  await scenario.untilReady('Synced', `${scenario.id}-later`)
}

export const deletionSteps: ScenarioSteps<typeof DELETION> = {
  'gone-owner': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply()
    const before = await scenario.untilSynced({ password: 'one' })
    expect(before.metadata.ownerReferences).toEqual([await scenario.reference()])
    const { metadata } = await scenario.resource()
    expect(metadata.finalizers).toBeUndefined()
    await scenario.delete()
    await until(
      'the garbage collector has deleted the Secret',
      async () => (await scenario.env.secret(scenario.id)) === undefined,
      // The garbage collector discovers new owner kinds every 30 s.
      { deadlineMs: 120_000 },
    )
    const [, ...later] = await scenario.fixture.secrets.of(scenario.id)
    expect(later).toEqual([undefined])
  },
  'gone-retain': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply(RETAIN)
    const before = await scenario.untilSynced({ password: 'one' })
    expect(before.metadata.ownerReferences).toBeUndefined()
    const { namespace } = scenario.env.cluster
    expect(before.metadata).toMatchObject({
      labels: { [MARK]: 'ack-secret-manager' },
      annotations: { [OWNER]: `${namespace}/${scenario.id}` },
    })
    await scenario.delete()
    await untilNoticed(scenario)
    expect(await scenario.secret()).toEqual(before)
  },
  'again-retain': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply(RETAIN)
    const before = await scenario.untilSynced({ password: 'one' })
    const { uid } = (await scenario.resource()).metadata
    await scenario.delete()
    await untilNoticed(scenario)
    await scenario.apply(RETAIN)
    await scenario.untilReady('Synced')
    expect((await scenario.resource()).metadata.uid).not.toBe(uid)
    expect(await scenario.secret()).toEqual(before)
    await scenario.put({ password: 'two' })
    const after = await scenario.untilSynced({ password: 'two' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await scenario.writesSince(before)).toBe(1)
  },
  'gone-merge': async (scenario) => {
    const before = await scenario.foreignSecret({ mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge' } })
    await scenario.untilSynced({ password: 'one', mine: 'x' })
    await scenario.delete()
    const after = await scenario.env.untilSecret(scenario.id, { mine: 'x' })
    expect(after.metadata).toMatchObject({ uid: before.metadata.uid })
    expect(JSON.stringify([after.metadata.labels, after.metadata.annotations])).not.toContain('alibabacloud.com/')
    expect(await scenario.writesSince(before)).toBe(2)
  },
  'gone-merge-created': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge' } })
    const before = await scenario.untilSynced({ password: 'one' })
    await scenario.delete()
    const after = await scenario.env.untilSecret(scenario.id, {})
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await scenario.writesSince(before)).toBe(1)
  },
  'gone-merge-retain': async (scenario) => {
    await scenario.foreignSecret({ mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge', deletionPolicy: 'Retain' } })
    const before = await scenario.untilSynced({ password: 'one', mine: 'x' })
    await scenario.delete()
    await untilNoticed(scenario)
    expect(await scenario.secret()).toEqual(before)
  },
  'moved-owner': async (scenario) => {
    const moved = `${scenario.id}-moved`
    await scenario.put({ password: 'one' })
    await scenario.apply()
    await scenario.untilSynced({ password: 'one' })
    await scenario.apply({ target: { name: moved } })
    const after = await scenario.env.untilSecret(moved, { password: 'one' })
    expect(after.metadata.ownerReferences).toEqual([await scenario.reference()])
    await until(
      'the Secret of the former name is deleted',
      async () => (await scenario.env.secret(scenario.id)) === undefined,
    )
    await scenario.untilRead('password')
    expect(await scenario.writesSince(after, moved)).toBe(0)
  },
  'moved-retain': async (scenario) => {
    const moved = `${scenario.id}-moved`
    await scenario.put({ password: 'one' })
    await scenario.apply(RETAIN)
    const before = await scenario.untilSynced({ password: 'one' })
    await scenario.apply({ target: { ...RETAIN.target, name: moved } })
    await scenario.env.untilSecret(moved, { password: 'one' })
    const after = await until('the Secret of the former name is released', async () => {
      const secret = await scenario.secret()
      return secret.metadata.labels?.[MARK] === undefined && secret
    })
    expect(after).toMatchObject({ data: before.data, metadata: { uid: before.metadata.uid } })
    expect(await scenario.writesSince(before)).toBe(1)
  },
  'moved-refused': async (scenario) => {
    const theirs = `${scenario.id}-theirs`
    await scenario.foreignSecret({ mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply()
    await scenario.patch({ metadata: { annotations: { 'alibabacloud.com/adopt': 'true' } } })
    const own = await scenario.untilSynced({ password: 'one', mine: 'x' })
    const before = await scenario.foreignSecret({ theirs: 'y' }, {}, theirs)
    await scenario.apply({ target: { name: theirs } })
    const { message } = await scenario.untilReady('TargetConflict')
    expect(message).toContain(theirs)
    await scenario.untilRead('password')
    expect([await scenario.secret(theirs), await scenario.secret()]).toEqual([before, own])
  },
  'gone-finalizer': async (scenario) => {
    const other = 'example.com/theirs'
    await scenario.put({ password: 'one' })
    await scenario.apply()
    await scenario.untilSynced({ password: 'one' })
    await scenario.patch({ metadata: { finalizers: [UPSTREAM_FINALIZER, other] } })
    await scenario.delete()
    await until('only the finalizer of another controller is left', async () => {
      return String((await scenario.resource()).metadata.finalizers) === other
    })
    await scenario.patch({ metadata: { finalizers: null } })
    await expect(scenario.resource()).rejects.toThrow(/ExternalSecret \S+ does not exist/)
  },
}
