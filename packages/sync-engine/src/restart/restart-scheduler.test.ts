import { type RestartResult, SecretSyncError, Sensitive, type WorkloadRestarter } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { clearRestart } from './clear-restart.ts'
import type { SyncResource } from '../model/resource.ts'
import type { RestartRequest } from './restart-request.ts'
import { RestartScheduler } from './restart-scheduler.ts'
import { bytes, digester, OWNER, recordOf, resourceOf, specOf, TARGET } from '../testing/fixtures.ts'

const WINDOW = 5_000
const HOUR = 3_600_000
const { signal } = new AbortController()
const resource = resourceOf(specOf({ data: [{ key: 'app/db', name: 'a' }] }))
const ANY_TIME = { minIntervalMs: 0, window: undefined }
const workloads = [{ namespace: 'default', kind: 'Deployment', name: 'web', ...ANY_TIME } as const]
const pending = (change: string): RestartRequest => ({ resource, target: TARGET, ownerName: 'web', change, workloads })

/** A writer with a target whose record contains the due restart. */
async function writerWith(restartDue: string): Promise<MemoryWriter> {
  const writer = new MemoryWriter(digester)
  const record = recordOf({ a: '1' }, { restartDue })
  const set = new Map([['a', new Sensitive(bytes('1'))]])
  await writer.apply({ kind: 'create', target: TARGET, owner: OWNER, type: 'Opaque', set, record })
  return writer
}

const dueIn = async (writer: MemoryWriter) => (await writer.observe(TARGET))?.records.get('web')?.restartDue

/** The same target with a newer change, as another sync would leave it. */
async function renew(writer: MemoryWriter, restartDue: string): Promise<void> {
  const observed = await writer.observe(TARGET)
  if (!observed) throw new Error('no target')
  const preconditionsOf = { ifUid: observed.uid, ifResourceVersion: observed.resourceVersion }
  const record = recordOf({ a: '1' }, { restartDue })
  await writer.apply({ kind: 'record', target: TARGET, ownerName: 'web', record, ...preconditionsOf })
}

/** Restarts that each wait for `respond`. */
function restartsOn(writer: MemoryWriter, current: () => SyncResource | undefined = () => resource) {
  const changes: string[][] = []
  const open: ((result: RestartResult) => void)[] = []
  const restarter: WorkloadRestarter = {
    restart: (_workload, wanted) => {
      changes.push([...wanted.values()])
      return new Promise((resolve) => open.push(resolve))
    },
  }
  const clock = new ManualClock()
  const reporter = { recordEvent: () => undefined }
  const options = { restarter, writer, reporter, clock, current, random: () => 0.5, windowMs: WINDOW }
  const restarts = new RestartScheduler(options)
  const respond = async (): Promise<void> => {
    open.shift()?.({ kind: 'restarted', note: undefined })
    await clock.advance(0)
  }
  return { clock, restarts, changes, respond }
}

it('restarts again for a change during a restart', async () => {
  const writer = await writerWith('first')
  const { clock, restarts, changes, respond } = restartsOn(writer)
  restarts.schedule('default/web', pending('first'))
  await clock.advance(WINDOW)
  await renew(writer, 'second')
  restarts.schedule('default/web', pending('second'))
  await respond()
  expect(await dueIn(writer)).toBe('second')
  await clock.advance(WINDOW)
  expect(changes).toEqual([['first'], ['second']])
  await respond()
  expect([await dueIn(writer), await restarts.waitUntilTried(signal)]).toEqual([undefined, []])
  await restarts.close()
})

it('restarts again for a change while the former restart is being recorded', async () => {
  const writer = await writerWith('first')
  const { clock, restarts, changes, respond } = restartsOn(writer)
  const observe = writer.observe.bind(writer)
  const { promise: held, resolve: proceed } = Promise.withResolvers<void>()
  writer.observe = async (target) => {
    const observed = await observe(target)
    await held
    return observed
  }
  restarts.schedule('default/web', pending('first'))
  await clock.advance(WINDOW)
  await respond()
  writer.observe = observe
  await renew(writer, 'second')
  restarts.schedule('default/web', pending('second'))
  proceed()
  await clock.advance(WINDOW)
  expect([changes, await dueIn(writer)]).toEqual([[['first'], ['second']], 'second'])
  await respond()
  expect(await dueIn(writer)).toBeUndefined()
  await restarts.close()
})

const SUPERSEDED: readonly [string, SyncResource | undefined][] = [
  ['is gone', undefined],
  ['is another resource of the same name', { ...resource, uid: 'uid-new' }],
  ['has another spec, such as one that is suspended', { ...resource, generation: 2 }],
  ['is being deleted', { ...resource, terminating: true }],
  ['is no longer asked to adopt', { ...resource, adopt: true }],
]

it.each(SUPERSEDED)('restarts nothing for a resource that %s', async (_what, now) => {
  const writer = await writerWith('first')
  const { clock, restarts, changes } = restartsOn(writer, () => now)
  restarts.schedule('default/web', pending('first'))
  await clock.advance(3 * WINDOW)
  expect([changes, await dueIn(writer)]).toEqual([[], 'first'])
  await restarts.close()
})

it.each(SUPERSEDED)('records no restart of a resource that %s meanwhile', async (_what, next) => {
  const writer = await writerWith('first')
  let now: SyncResource | undefined = resource
  const { clock, restarts, changes, respond } = restartsOn(writer, () => now)
  restarts.schedule('default/web', pending('first'))
  await clock.advance(WINDOW)
  now = next
  await respond()
  await clock.advance(HOUR)
  expect([changes, await dueIn(writer)]).toEqual([[['first']], 'first'])
  await restarts.close()
})

it('restarts for the changed resource once its sync requests a restart', async () => {
  const writer = await writerWith('first')
  const now = { ...resource, generation: 2 }
  const { clock, restarts, changes, respond } = restartsOn(writer, () => now)
  restarts.schedule('default/web', pending('first'))
  await clock.advance(WINDOW)
  restarts.schedule('default/web', { ...pending('first'), resource: now })
  await clock.advance(WINDOW)
  expect(changes).toEqual([['first']])
  await respond()
  expect(await dueIn(writer)).toBeUndefined()
  await restarts.close()
})

it('reports a restart whose response was lost', async () => {
  const writer = await writerWith('first')
  const events: string[] = []
  const clock = new ManualClock()
  const responses = [
    Promise.reject(new SecretSyncError('Unavailable', 'away')),
    Promise.resolve({ kind: 'done' } as const),
  ]
  responses[0]?.catch(() => undefined)
  const restarts = new RestartScheduler({
    restarter: { restart: () => responses.shift() ?? Promise.reject(new Error('restarted again')) },
    writer,
    reporter: { recordEvent: (_resource, { reason }) => events.push(reason) },
    clock,
    current: () => resource,
    random: () => 0.5,
    windowMs: WINDOW,
  })
  restarts.schedule('default/web', pending('first'))
  await clock.advance(3 * WINDOW)
  expect([events, await dueIn(writer)]).toEqual([['Restarted'], undefined])
  await restarts.close()
})

it('clears only the completed restart, not a newer one', async () => {
  const writer = await writerWith('second')
  await clearRestart(writer, pending('first'), signal)
  expect([await dueIn(writer), writer.actions.map(({ kind }) => kind)]).toEqual(['second', ['create']])
})

it('clears nothing if a newer restart became pending between its read and its write', async () => {
  const writer = await writerWith('first')
  const apply = writer.apply.bind(writer)
  writer.apply = async () => {
    writer.apply = apply
    await renew(writer, 'second')
    throw new SecretSyncError('Conflict', 'not as expected')
  }
  await clearRestart(writer, pending('first'), signal)
  expect(await dueIn(writer)).toBe('second')
})

it('gives up if the record changes at every attempt', async () => {
  const writer = await writerWith('first')
  writer.failures.push(...Array.from({ length: 5 }, () => new SecretSyncError('Conflict', 'not as expected')))
  await expect(clearRestart(writer, pending('first'), signal)).rejects.toMatchObject({ code: 'Conflict' })
  expect(await dueIn(writer)).toBe('first')
})

it('lets namespaces take turns, regardless of how many workloads of one are due', async () => {
  const { clock, restarts, changes, respond } = restartsOn(new MemoryWriter(digester))
  const schedule = (namespace: string, name: string): void =>
    restarts.schedule(`${namespace}/${name}`, {
      ...pending(`${namespace}/${name}`),
      workloads: [{ namespace, kind: 'Deployment', name, ...ANY_TIME }],
    })
  for (let index = 0; index < 20; index += 1) schedule('noisy', `w${index}`)
  schedule('quiet', 'web')
  await clock.advance(WINDOW)
  expect(changes).toHaveLength(4)
  for (let index = 0; index < 2; index += 1) await respond()
  expect(changes.flat()).toContain('quiet/web')
})

it('counts a workload as waiting while a new request is checked, and while the API server is unavailable', async () => {
  const writer = await writerWith('first')
  const clock = new ManualClock()
  let respond: () => Promise<RestartResult> = async () => ({
    kind: 'delayed',
    delay: { reason: 'rollout', rollout: 'failed' },
  })
  const restarter: WorkloadRestarter = { restart: () => respond() }
  const reporter = { recordEvent: () => undefined }
  const current = () => resource
  const options = { restarter, writer, reporter, clock, current, random: () => 0.5, windowMs: WINDOW }
  const restarts = new RestartScheduler(options)
  restarts.schedule('default/web', pending('first'))
  expect(restarts.waiting().rollout).toBe(0)
  await clock.advance(WINDOW)
  expect(restarts.waiting().rollout).toBe(1)
  await renew(writer, 'second')
  restarts.schedule('default/web', pending('second'))
  expect(restarts.waiting().rollout).toBe(1)
  respond = () => Promise.reject(new SecretSyncError('Unavailable', 'HTTP 503'))
  await clock.advance(WINDOW)
  expect(restarts.waiting().rollout).toBe(1)
  respond = async () => ({ kind: 'restarted', note: undefined })
  await clock.advance(HOUR)
  expect([restarts.waiting().rollout, await dueIn(writer)]).toEqual([0, undefined])
  await restarts.close()
})

it('checks a workload that waits again as soon as there is a new request', async () => {
  const writer = await writerWith('first')
  const clock = new ManualClock()
  let checks = 0
  const restarter: WorkloadRestarter = {
    restart: async () => {
      checks += 1
      return { kind: 'delayed', delay: { reason: 'window', untilMs: clock.now() + HOUR } }
    },
  }
  const reporter = { recordEvent: () => undefined }
  const current = () => resource
  const options = { restarter, writer, reporter, clock, current, random: () => 0.5, windowMs: WINDOW }
  const restarts = new RestartScheduler(options)
  restarts.schedule('default/web', pending('first'))
  await clock.advance(WINDOW)
  for (const change of ['second', 'third', 'fourth']) restarts.schedule('default/web', pending(change))
  await clock.advance(WINDOW - 1)
  expect(checks).toBe(1)
  await clock.advance(1)
  expect(checks).toBe(2)
  await restarts.close()
})
