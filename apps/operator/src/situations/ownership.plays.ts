import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import type { KubeSecret } from '../testing/cluster-objects.ts'
import { leftExternalSecret, leftSpec, UPSTREAM_FINALIZER } from '../testing/upstream-objects.ts'
import type { OWNERSHIP } from './ownership.ts'
import type { Play, Plays } from './play-table.ts'
import type { Situation } from './situation.ts'

type KubeMetadata = Pick<KubeSecret['metadata'], 'labels' | 'annotations'>
type Policy = 'Owner' | 'Adopt' | 'Merge'

const ADOPT = { annotations: { 'alibabacloud.com/adopt': 'true' } }
/** As v0.5 stamps each Secret that it writes. */
const UPSTREAM = { labels: { lastUpdatedAt: '2024-05-01T10.00.00Z' } }

/** Applies the ExternalSecret: as the Go operator leaves it where the Secret is one that it has written. */
async function applyBeside(situation: Situation, spec: object, metadata: object): Promise<void> {
  if (metadata !== UPSTREAM) return situation.apply(spec)
  const left = leftSpec({ password: situation.kmsName('password') }, spec)
  await situation.scene.applyObject({ ...leftExternalSecret(situation.id, left, 'v0.5') })
}

/** The finalizer of the Go operator is taken off, or was never there. */
async function untilNoFinalizer(situation: Situation): Promise<void> {
  await until(`no ${UPSTREAM_FINALIZER} is left`, async () => {
    return (await situation.resource()).metadata.finalizers === undefined
  })
}

/** There is no Secret. */
const creates = (creationPolicy: Policy): Play => {
  return async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy } })
    const secret = await situation.untilSynced({ password: 'one' })
    const references = creationPolicy === 'Merge' ? undefined : [await situation.reference()]
    expect(secret.metadata.ownerReferences).toEqual(references)
    await situation.untilAsked('password')
    expect(await situation.writesSince(secret)).toBe(0)
    await situation.untilEvents(['Synced'])
  }
}

/** The Secret is the resource’s own, and somebody has put a key into it. */
const updates = (creationPolicy: Policy): Play => {
  return async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy } })
    await situation.untilSynced({ password: 'one' })
    await situation.editSecret({ data: { theirs: btoa('x') } })
    const before = await situation.secret()
    await situation.put({ password: 'two' })
    await situation.untilSynced({ password: 'two', theirs: 'x' })
    await situation.untilAsked('password')
    expect(await situation.writesSince(before)).toBe(1)
    await situation.untilEvents(['Synced', 'Synced'])
  }
}

/** The Secret is that of another ExternalSecret, `ID-first`, which reads the secret `password`. */
async function anothers(situation: Situation): Promise<KubeSecret> {
  const first = `${situation.id}-first`
  await situation.put({ password: 'one', other: 'two' })
  await situation.apply({ target: { name: situation.id } }, first, ['password'])
  await situation.untilReady('Synced', first)
  return situation.scene.untilSecret(situation.id, { password: 'one' })
}

const refusesAnothers = (target: object, says: readonly string[] = [], annotate: object = {}): Play => {
  return async (situation) => {
    await anothers(situation)
    await situation.editSecret({ metadata: annotate })
    const before = await situation.secret()
    await situation.apply({ target })
    const { status, message } = await situation.untilReady('TargetConflict')
    expect(status).toBe('False')
    for (const part of [`${situation.id}-first`, ...says]) expect(message).toContain(part)
    await situation.untilAsked('password')
    await situation.untilEvents(['TargetConflict'])
    expect(await situation.secret()).toEqual(before)
    expect(await situation.writesSince(before)).toBe(0)
    // The one who has it goes on.
    await situation.put({ password: 'three' })
    await situation.scene.untilSecret(situation.id, { password: 'three' })
  }
}

/** The Secret is nobody’s. */
const refuses = (creationPolicy: Policy, says: readonly string[], metadata: object = {}): Play => {
  return async (situation) => {
    const before = await situation.foreignSecret({ password: 'theirs', mine: 'x' }, metadata)
    await situation.put({ password: 'one' })
    await applyBeside(situation, { target: { creationPolicy } }, metadata)
    const { status, message } = await situation.untilReady('TargetConflict')
    expect(status).toBe('False')
    for (const part of says) expect(message).toContain(part)
    await situation.untilAsked('password')
    await situation.untilEvents(['TargetConflict'])
    await untilNoFinalizer(situation)
    expect(await situation.secret()).toEqual(before)
    expect(await situation.writesSince(before)).toBe(0)
  }
}

/** Gives a Secret away that was refused. */
type Give = (situation: Situation) => Promise<void>

const bySecret: Give = (situation) => situation.editSecret({ metadata: ADOPT })

/** The Secret is nobody’s, and is taken over at once, or when `give` has given it away. */
const takesOver = (spec: object, metadata: KubeMetadata, give?: Give, writes: number = 1): Play => {
  return async (situation) => {
    const before = await situation.foreignSecret({ password: 'theirs', mine: 'x' }, metadata)
    await situation.put({ password: 'one' })
    await applyBeside(situation, spec, metadata)
    if (give !== undefined) {
      await situation.untilReady('TargetConflict')
      await give(situation)
    }
    const after = await situation.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.metadata.labels).toMatchObject(metadata.labels ?? {})
    expect(after.metadata.ownerReferences).toEqual([await situation.reference()])
    expect(Object.keys(after.metadata.annotations ?? {})).not.toContain('alibabacloud.com/adopt')
    await situation.untilAsked('password')
    expect(await situation.writesSince(before)).toBe(writes)
    await untilNoFinalizer(situation)
    const events = [...(give === undefined ? [] : ['TargetConflict']), 'Adopted']
    await situation.untilEvents(events)
    // What comes now is an update like any other.
    await situation.put({ password: 'two' })
    await situation.untilSynced({ password: 'two', mine: 'x' })
    await situation.untilEvents([...events, 'Synced'])
  }
}

const WAYS = ['creationPolicy: Adopt', 'alibabacloud.com/adopt']

export const ownershipPlays: Plays<typeof OWNERSHIP> = {
  'none-owner': creates('Owner'),
  'none-adopt': creates('Adopt'),
  'none-merge': creates('Merge'),
  'ours-owner': updates('Owner'),
  'ours-adopt': updates('Adopt'),
  'ours-merge': updates('Merge'),
  'other-owner': refusesAnothers({}),
  'other-adopt': refusesAnothers({ creationPolicy: 'Adopt' }),
  'other-annotated': refusesAnothers({}, [], ADOPT),
  'other-merge': async (situation) => {
    const before = await anothers(situation)
    await situation.apply({ target: { creationPolicy: 'Merge' } }, situation.id, ['other'])
    await situation.untilSynced({ password: 'one', other: 'two' })
    await situation.put({ password: 'three' })
    await situation.untilSynced({ password: 'three', other: 'two' })
    await situation.put({ other: 'four' })
    const after = await situation.untilSynced({ password: 'three', other: 'four' })
    expect(after.metadata.ownerReferences).toEqual([await situation.reference(`${situation.id}-first`)])
    await situation.untilAsked('password')
    expect(await situation.writesSince(before)).toBe(3)
    await situation.untilEvents(['Synced', 'Synced'])
  },
  'other-merge-same': refusesAnothers({ creationPolicy: 'Merge' }, ['key password']),
  'unowned-owner': refuses('Owner', WAYS),
  'unowned-adopt': takesOver({ target: { creationPolicy: 'Adopt' } }, {}),
  'unowned-annotated': takesOver({}, ADOPT),
  'unowned-merge': async (situation) => {
    const before = await situation.foreignSecret({ mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge' } })
    const after = await situation.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.metadata.ownerReferences).toBeUndefined()
    await situation.untilAsked('password')
    expect(await situation.writesSince(before)).toBe(1)
    await situation.untilEvents(['Synced'])
  },
  'unowned-merge-same': refuses('Merge', ['key password']),
  'unowned-merge-asked': async (situation) => {
    const before = await situation.foreignSecret({ password: 'theirs', mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge' } })
    await situation.untilReady('TargetConflict')
    await situation.patch({ metadata: ADOPT })
    const after = await situation.untilSynced({ password: 'one', mine: 'x' })
    expect(after.metadata.ownerReferences).toBeUndefined()
    await situation.untilAsked('password')
    expect(await situation.writesSince(before)).toBe(1)
    await situation.untilEvents(['TargetConflict', 'Synced'])
  },
  'upstream-owner': refuses('Owner', WAYS, UPSTREAM),
  'upstream-adopt': takesOver({ target: { creationPolicy: 'Adopt' } }, UPSTREAM),
  'upstream-merge': refuses('Merge', ['key password'], UPSTREAM),
  'upstream-resource': takesOver({}, UPSTREAM, (situation) => situation.patch({ metadata: ADOPT })),
  'upstream-secret': takesOver({}, UPSTREAM, bySecret, 2),
}
