import {
  type KubeSecret,
  leftExternalSecret,
  leftSpec,
  textsOf,
  until,
  UPSTREAM_FINALIZER,
} from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import type { OWNERSHIP } from '../tables/ownership.ts'
import type { Steps, ScenarioSteps } from '../scenario-tests.ts'
import type { Scenario } from '../scenario.ts'

type KubeMetadata = Pick<KubeSecret['metadata'], 'labels' | 'annotations'>
type Policy = 'Owner' | 'Adopt' | 'Merge'

const ADOPT = { annotations: { 'alibabacloud.com/adopt': 'true' } }
/** Label that v0.5 sets on each Secret that it writes. */
const UPSTREAM = { labels: { lastUpdatedAt: '2024-05-01T10.00.00Z' } }

/** Applies the ExternalSecret, with the finalizer of the Go operator if that operator wrote the Secret. */
async function applyWithFinalizer(scenario: Scenario, spec: object, metadata: object): Promise<void> {
  if (metadata !== UPSTREAM) return scenario.apply(spec)
  const left = leftSpec({ password: scenario.kmsName('password') }, spec)
  await scenario.env.applyObject({ ...leftExternalSecret(scenario.id, left, 'v0.5') })
}

/** Waits until the ExternalSecret has no finalizer of the Go operator. */
async function untilNoFinalizer(scenario: Scenario): Promise<void> {
  await until(`no ${UPSTREAM_FINALIZER} is left`, async () => {
    return (await scenario.resource()).metadata.finalizers === undefined
  })
}

/** Starts without a Secret. */
const creates = (creationPolicy: Policy): Steps => {
  return async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy } })
    const secret = await scenario.untilSynced({ password: 'one' })
    const references = creationPolicy === 'Merge' ? undefined : [await scenario.reference()]
    expect(secret.metadata.ownerReferences).toEqual(references)
    await scenario.untilRead('password')
    expect(await scenario.writesSince(secret)).toBe(0)
    await scenario.untilEvents(['Synced'])
  }
}

/** The resource owns the Secret, and another client has added a key. */
const updates = (creationPolicy: Policy): Steps => {
  return async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy } })
    await scenario.untilSynced({ password: 'one' })
    await scenario.editSecret({ data: { theirs: btoa('x') } })
    const before = await scenario.secret()
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ password: 'two', theirs: 'x' })
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(1)
    await scenario.untilEvents(['Synced', 'Synced'])
  }
}

/** Creates a Secret that belongs to another ExternalSecret, `ID-first`, which reads the secret `password`. */
async function secretOfAnotherResource(scenario: Scenario): Promise<KubeSecret> {
  const first = `${scenario.id}-first`
  await scenario.put({ password: 'one', other: 'two' })
  await scenario.apply({ target: { name: scenario.id } }, first, ['password'])
  await scenario.untilReady('Synced', first)
  return scenario.env.untilSecret(scenario.id, { password: 'one' })
}

const refusesAnothers = (target: object, says: readonly string[] = [], annotate: object = {}): Steps => {
  return async (scenario) => {
    await secretOfAnotherResource(scenario)
    await scenario.editSecret({ metadata: annotate })
    const before = await scenario.secret()
    await scenario.apply({ target })
    const { status, message } = await scenario.untilReady('TargetConflict')
    expect(status).toBe('False')
    for (const part of [`${scenario.id}-first`, ...says]) expect(message).toContain(part)
    await scenario.untilRead('password')
    await scenario.untilEvents(['TargetConflict'])
    expect(await scenario.secret()).toEqual(before)
    expect(await scenario.writesSince(before)).toBe(0)
    // The owner continues to update it.
    await scenario.put({ password: 'three' })
    await scenario.env.untilSecret(scenario.id, { password: 'three' })
  }
}

/** The Secret is unowned. */
const refuses = (creationPolicy: Policy, says: readonly string[], metadata: object = {}): Steps => {
  return async (scenario) => {
    const before = await scenario.foreignSecret({ password: 'theirs', mine: 'x' }, metadata)
    await scenario.put({ password: 'one' })
    await applyWithFinalizer(scenario, { target: { creationPolicy } }, metadata)
    const { status, message } = await scenario.untilReady('TargetConflict')
    expect(status).toBe('False')
    for (const part of says) expect(message).toContain(part)
    await scenario.untilRead('password')
    await scenario.untilEvents(['TargetConflict'])
    await untilNoFinalizer(scenario)
    expect(await scenario.secret()).toEqual(before)
    expect(await scenario.writesSince(before)).toBe(0)
  }
}

/** Allows the adoption of a Secret that was refused. */
type AllowAdoption = (scenario: Scenario) => Promise<void>

const bySecret: AllowAdoption = (scenario) => scenario.editSecret({ metadata: ADOPT })

/** The Secret is unowned. It is adopted at once, or after `allow`. */
const adopts = (spec: object, metadata: KubeMetadata, allow?: AllowAdoption, writes: number = 1): Steps => {
  return async (scenario) => {
    const before = await scenario.foreignSecret({ password: 'theirs', mine: 'x' }, metadata)
    await scenario.put({ password: 'one' })
    await applyWithFinalizer(scenario, spec, metadata)
    if (allow !== undefined) {
      await scenario.untilReady('TargetConflict')
      await allow(scenario)
    }
    const after = await scenario.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.metadata.labels).toMatchObject(metadata.labels ?? {})
    expect(after.metadata.ownerReferences).toEqual([await scenario.reference()])
    expect(Object.keys(after.metadata.annotations ?? {})).not.toContain('alibabacloud.com/adopt')
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(writes)
    await untilNoFinalizer(scenario)
    const events = [...(allow === undefined ? [] : ['TargetConflict']), 'Adopted']
    await scenario.untilEvents(events)
    // The next value is an ordinary update.
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ password: 'two', mine: 'x' })
    await scenario.untilEvents([...events, 'Synced'])
  }
}

const GENERATE = { generate: [{ name: 'made', password: {} }] }

/** Creates a Secret with a generated value that the deleted ExternalSecret `ID-first` has retained; another client has added a key. */
async function retainedSecret(scenario: Scenario): Promise<KubeSecret> {
  const first = `${scenario.id}-first`
  await scenario.put({ password: 'one' })
  await scenario.apply({ ...GENERATE, target: { name: scenario.id, deletionPolicy: 'Retain' } }, first)
  await scenario.untilReady('Synced', first)
  await scenario.editSecret({ data: { mine: btoa('x') } })
  await scenario.delete(first)
  return scenario.secret()
}

const adoptsRetained = (target: object, allow?: AllowAdoption): Steps => {
  return async (scenario) => {
    const before = await retainedSecret(scenario)
    const { made = '' } = textsOf(before)
    await scenario.apply({ ...GENERATE, target })
    if (allow !== undefined) {
      await scenario.untilReady('TargetConflict')
      await allow(scenario)
    }
    await scenario.untilSynced({ made, mine: 'x', password: 'one' })
    const after = await scenario.secret()
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.metadata.ownerReferences).toEqual([await scenario.reference()])
    expect(after.metadata.annotations).not.toHaveProperty(['alibabacloud.com/owner'])
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(1)
    const events = [...(allow === undefined ? [] : ['TargetConflict']), 'Adopted']
    await scenario.untilEvents(events)
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ made, mine: 'x', password: 'two' })
  }
}

const ADOPTION_HINTS = ['creationPolicy: Adopt', 'alibabacloud.com/adopt']

export const ownershipSteps: ScenarioSteps<typeof OWNERSHIP> = {
  'none-owner': creates('Owner'),
  'none-adopt': creates('Adopt'),
  'none-merge': creates('Merge'),
  'ours-owner': updates('Owner'),
  'ours-adopt': updates('Adopt'),
  'ours-merge': updates('Merge'),
  'other-owner': refusesAnothers({}),
  'other-adopt': refusesAnothers({ creationPolicy: 'Adopt' }),
  'other-annotated': refusesAnothers({}, [], ADOPT),
  'other-merge': async (scenario) => {
    const before = await secretOfAnotherResource(scenario)
    await scenario.apply({ target: { creationPolicy: 'Merge' } }, scenario.id, ['other'])
    await scenario.untilSynced({ password: 'one', other: 'two' })
    await scenario.put({ password: 'three' })
    await scenario.untilSynced({ password: 'three', other: 'two' })
    await scenario.put({ other: 'four' })
    const after = await scenario.untilSynced({ password: 'three', other: 'four' })
    expect(after.metadata.ownerReferences).toEqual([await scenario.reference(`${scenario.id}-first`)])
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(3)
    await scenario.untilEvents(['Synced', 'Synced'])
  },
  'other-merge-same': refusesAnothers({ creationPolicy: 'Merge' }, ['key password']),
  'former-owner': async (scenario) => {
    const before = await retainedSecret(scenario)
    await scenario.apply()
    const { message } = await scenario.untilReady('TargetConflict')
    for (const part of [`${scenario.id}-first`, ...ADOPTION_HINTS]) expect(message).toContain(part)
    await scenario.untilRead('password')
    expect(await scenario.secret()).toEqual(before)
  },
  'former-adopt': adoptsRetained({ creationPolicy: 'Adopt' }),
  'former-annotated': adoptsRetained({}, (scenario) => scenario.patch({ metadata: ADOPT })),
  'unowned-owner': refuses('Owner', ADOPTION_HINTS),
  'unowned-adopt': adopts({ target: { creationPolicy: 'Adopt' } }, {}),
  'unowned-annotated': adopts({}, ADOPT),
  'unowned-merge': async (scenario) => {
    const before = await scenario.foreignSecret({ mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge' } })
    const after = await scenario.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.metadata.ownerReferences).toBeUndefined()
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(1)
    await scenario.untilEvents(['Synced'])
  },
  'unowned-merge-same': refuses('Merge', ['key password']),
  'unowned-merge-asked': async (scenario) => {
    const before = await scenario.foreignSecret({ password: 'theirs', mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge' } })
    await scenario.untilReady('TargetConflict')
    await scenario.patch({ metadata: ADOPT })
    const after = await scenario.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.ownerReferences).toBeUndefined()
    await scenario.untilRead('password')
    expect(await scenario.writesSince(before)).toBe(1)
    await scenario.untilEvents(['TargetConflict', 'Synced'])
  },
  'upstream-owner': refuses('Owner', ADOPTION_HINTS, UPSTREAM),
  'upstream-adopt': adopts({ target: { creationPolicy: 'Adopt' } }, UPSTREAM),
  'upstream-merge': refuses('Merge', ['key password'], UPSTREAM),
  'upstream-resource': adopts({}, UPSTREAM, (scenario) => scenario.patch({ metadata: ADOPT })),
  'upstream-secret': adopts({}, UPSTREAM, bySecret, 2),
}
