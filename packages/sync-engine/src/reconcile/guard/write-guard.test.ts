import {
  type BackendConnection,
  type OwnerRecord,
  SecretSyncError,
  type SecretWriter,
  type TargetAction,
} from '@ack-secret-manager/core'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { generatedOrigin } from '../../model/generated-version.ts'
import { compile } from '../../plan/compile.ts'
import type { SyncResource } from '../../model/resource.ts'
import { StaleReconcileError } from './stale-reconcile-error.ts'
import {
  connectionOf,
  digester,
  mapBackend,
  OWNER,
  recordOf,
  resourceOf,
  specOf,
  TARGET,
} from '../../testing/fixtures.ts'
import { type LiveOwner, WriteGuard } from './write-guard.ts'

const { signal } = new AbortController()
const spec = specOf({ data: [{ key: 'db', name: 'password' }] })
const web = resourceOf(spec)
const plan = (): ReturnType<typeof compile> =>
  compile(spec, 'default', () => ({ kind: 'ready', connection: connectionOf(mapBackend(new Map())) }), {
    intervalMs: 1,
    disablePolling: false,
  })
const secrets = [{ key: 'db', versionStage: 'ACSCurrent', versionId: 'v1' }]
const had = resourceOf(spec, {
  status: { conditions: [], dataSyncResults: [], secrets, target: { name: 'web', uid: 'u', keyCount: 1 } },
})
const waiting = resourceOf(spec, { status: { conditions: [], dataSyncResults: [], secrets } })

/** A guard with `now` as the cached resource and `live` as the owner on the API server; counts the live reads. */
function guard(
  now: SyncResource | undefined,
  live?: () => LiveOwner | undefined,
  key = 'kms|me',
  writer = new MemoryWriter(digester),
) {
  const applied: TargetAction[] = []
  const spied: SecretWriter = Object.assign(Object.create(writer) as SecretWriter, {
    ownedBy: writer.ownedBy.bind(writer),
    apply: (action: TargetAction) => {
      applied.push(action)
      return Promise.resolve(undefined)
    },
  })
  let reads = 0
  const connection: BackendConnection = connectionOf(mapBackend(new Map()), key)
  const made = new WriteGuard({
    writer: spied,
    resolveStore: () => ({ kind: 'ready', connection }),
    current: () => now,
    ...(live && {
      readOwner: () => {
        reads += 1
        return Promise.resolve(live())
      },
    }),
  })
  return { guard: made, applied, reads: () => reads }
}

function create(more: Parameters<typeof recordOf>[1] = {}): TargetAction {
  const record = recordOf({}, { creation: 'owner', deletion: 'delete', ...more })
  return { kind: 'create', target: TARGET, owner: OWNER, record, type: 'Opaque', set: new Map() } as never
}

it.each<[string, SyncResource | undefined]>([
  ['was deleted', undefined],
  ['has another uid', { ...web, uid: 'uid-new' }],
  ['is being deleted', { ...web, terminating: true }],
  ['has another generation', { ...web, generation: web.generation + 1 }],
  ['has another adopt annotation', { ...web, adopt: !web.adopt }],
])('refuses a write when the resource %s', async (_what, now) => {
  const { guard: one, applied } = guard(now)
  await expect(one.writerFor(web).apply(create(), { signal })).rejects.toBeInstanceOf(StaleReconcileError)
  expect(applied).toEqual([])
})

it.each([
  ['writes', 'kms|me', 1],
  ['refuses', 'kms|other', 0],
])('%s when the store is connected as %s', async (_what, key, writes) => {
  const { guard: one, applied } = guard(web, undefined, key)
  const writer = one.writerFor(web, await plan())
  const [result] = await Promise.allSettled([writer.apply(create(), { signal })])
  expect(result.status === 'rejected' && result.reason instanceof StaleReconcileError).toBe(writes === 0)
  expect(applied).toHaveLength(writes)
})

it.each<[string, SyncResource, TargetAction, number]>([
  ['a first Secret', web, create(), 0],
  ['an existing Secret', had, create(), 1],
  ['a Secret that was deleted while a source failed', waiting, create(), 1],
  ['a Secret that keeps no ownerReference, because it is retained', had, create({ deletion: 'retain' }), 0],
  ['a Secret that keeps no ownerReference, because it is merged', had, create({ creation: 'merge' }), 0],
  ['a Secret of another name than before', had, { ...create(), target: { ...TARGET, name: 'moved' } }, 1],
  ['a Secret for a resource without a uid', { ...had, uid: '' }, create(), 0],
  ['a replacement', web, { ...create(), kind: 'replace' } as never, 1],
  ['the completion of a replacement', web, { kind: 'finish', target: TARGET } as never, 1],
  ['a patch of a Secret without its ownerReference', web, { ...create(), kind: 'patch', remove: [] } as never, 1],
  ['the release of a former target', web, { kind: 'release', target: TARGET } as never, 1],
  ['a record', web, { ...create(), kind: 'record' } as never, 0],
])(
  'reads the owner from the API server before it writes %s, if required',
  async (_what, resource, action, expected) => {
    const { guard: one, applied, reads } = guard(resource, () => ({ uid: resource.uid, terminating: false }))
    await one.writerFor(resource).apply(action, { signal })
    expect([reads(), applied.length]).toEqual([expected, 1])
  },
)

it('does not read the owner before it patches a Secret that has its ownerReference', async () => {
  const writer = new MemoryWriter(digester)
  await writer.apply({ ...create({ creation: 'merge' }), target: { ...TARGET, name: 'another' } })
  await writer.apply(create())
  let reads = 0
  const one = new WriteGuard({
    writer,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(new Map())) }),
    current: () => web,
    readOwner: () => {
      reads += 1
      return Promise.resolve({ uid: web.uid, terminating: false })
    },
  })
  const held = writer.ownedBy('default', 'web').find(({ target }) => target.name === 'web')
  const patch = { ...create(), kind: 'patch', remove: [], ifResourceVersion: held?.resourceVersion }
  await one.writerFor(web).apply(patch as never, { signal })
  expect([reads, writer.actions.length]).toEqual([0, 3])
})

it('reads the owner from the API server before it patches a Secret that refers to an earlier owner of that name', async () => {
  const writer = new MemoryWriter(digester)
  await writer.apply({ ...create(), owner: { ...OWNER, uid: 'uid-former' } } as never)
  const one = new WriteGuard({
    writer,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(new Map())) }),
    current: () => web,
    readOwner: () => Promise.resolve(undefined),
  })
  const patch = { ...create(), kind: 'patch', remove: [] }
  await expect(one.writerFor(web).apply(patch as never, { signal })).rejects.toMatchObject({ code: 'WriteFailed' })
  expect(writer.actions).toHaveLength(1)
})

it.each<[string, LiveOwner | undefined]>([
  ['was deleted:', undefined],
  ['is being deleted:', { uid: had.uid, terminating: true }],
  ['was deleted and created again:', { uid: 'uid-new', terminating: false }],
])('refuses an ownerReference to an owner that, according to the API server, %s', async (why, live) => {
  const { guard: one, applied } = guard(had, () => live)
  const failure = await failureOf(one.writerFor(had).apply(create(), { signal }))
  expect(failure).toBeInstanceOf(SecretSyncError)
  expect(failure).toMatchObject({ code: 'WriteFailed', message: expect.stringContaining(why) })
  expect(applied).toEqual([])
})

const KEYS = { db: 'one', token: 'two' }
const secret = generatedOrigin('password')
const generated = recordOf(
  {},
  { keys: new Map([...recordOf(KEYS).keys].map(([name, key]) => [name, { ...key, secret }])) },
)

it.each<[string, OwnerRecord, OwnerRecord, readonly string[], readonly string[], number]>([
  ['removes a key', recordOf(KEYS), recordOf({ db: 'one' }), [], ['token'], 0],
  ['drops a key from the record', recordOf(KEYS), recordOf({ db: 'one' }), [], [], 0],
  ['takes a key from another origin', generated, recordOf(KEYS), ['db'], [], 0],
  ['replaces a generated value', generated, generated, ['db'], [], 0],
  ['only adds a key', recordOf({ db: 'one' }), recordOf(KEYS), ['token'], [], 1],
  ['writes a new version of a value', recordOf(KEYS), recordOf(KEYS), ['db'], [], 1],
])(
  'refuses a patch by an outdated spec if it loses content: one that %s',
  async (_what, held, record, set, remove, writes) => {
    const writer = new MemoryWriter(digester)
    await writer.apply({ ...create(), record: held } as never)
    const { guard: one, applied } = guard(
      web,
      () => ({ uid: web.uid, terminating: false, generation: 2 }),
      'kms|me',
      writer,
    )
    const patch = { ...create(), kind: 'patch', record, set: new Map(set.map((key) => [key, undefined])), remove }
    const [result] = await Promise.allSettled([one.writerFor(web).apply(patch as never, { signal })])
    const message = 'ExternalSecret default/web: generation 2 is not in the cache yet: its Secret is not changed'
    expect(result).toMatchObject(writes === 1 ? { status: 'fulfilled' } : { reason: { code: 'WriteFailed', message } })
    expect(applied).toHaveLength(writes)
  },
)

it('finishes a replacement although the API server has a newer spec', async () => {
  const { guard: one, applied } = guard(web, () => ({ uid: web.uid, terminating: false, generation: 2 }))
  await one.writerFor(web).apply({ kind: 'finish', target: TARGET } as never, { signal })
  expect(applied).toHaveLength(1)
})

it('refuses a write of a resource that changes while its owner is read', async () => {
  let now: SyncResource | undefined = had
  const writer = new MemoryWriter(digester)
  const one = new WriteGuard({
    writer,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(mapBackend(new Map())) }),
    current: () => now,
    readOwner: () => {
      now = { ...had, generation: had.generation + 1 }
      return Promise.resolve({ uid: had.uid, terminating: false })
    },
  })
  await expect(one.writerFor(had).apply(create(), { signal })).rejects.toBeInstanceOf(StaleReconcileError)
  expect(writer.actions).toEqual([])
})

it('releases nothing of a deleted resource if a new resource has its name', async () => {
  const used = guard(web)
  await expect(used.guard.writerForDeleted('default/web').apply(create(), { signal })).rejects.toBeInstanceOf(
    StaleReconcileError,
  )
  const free = guard(undefined)
  await free.guard.writerForDeleted('default/web').apply(create(), { signal })
  expect([used.applied.length, free.applied.length]).toEqual([0, 1])
})
