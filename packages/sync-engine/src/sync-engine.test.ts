import { type ErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import type { ExternalSecretStatus } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { digester, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

const MINUTE = 60_000

const password = { data: [{ key: 'app/db', name: 'password' }] }
const two = { data: [...password.data, { key: 'app/token', name: 'token' }] }

/** An engine with one resource, `ms` after its first sync. */
async function synced(ms: number, writer: MemoryWriter = new MemoryWriter(digester)) {
  const fixture = engineFixture({ 'app/db': 'one' }, { writer })
  fixture.upsert(password)
  await fixture.clock.advance(ms)
  return fixture
}

describe('SyncEngine', () => {
  it('writes a new resource once, then makes only one read per interval', async () => {
    const { clock, backend, writer, statuses, events } = await synced(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    await clock.advance(INTERVAL)
    const settled = backend.reads.length
    await clock.advance(10 * INTERVAL)
    expect(backend.reads.length - settled).toBe(10)
    expect(writer.actions).toHaveLength(1)
    expect(statuses).toHaveLength(1)
    expect(events).toEqual(['Synced: Secret web: app/db version v1'])
  })

  it('follows a new version within an interval: one write, one status, one event', async () => {
    const { clock, values, writer, statuses, events } = await synced(INTERVAL)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    expect([writer.actions.length, statuses.length, events.length]).toEqual([2, 2, 2])
    expect(statuses[1]).toMatchObject({ secrets: [{ key: 'app/db', versionId: 'v2' }] })
  })

  it('sends an event once if only the response to its status was lost', async () => {
    const lost: ((status: ExternalSecretStatus) => void)[] = []
    const afterStatus = async (status: ExternalSecretStatus): Promise<void> => {
      const lose = lost.pop()
      if (!lose) return
      lose(status)
      throw new SecretSyncError('Unavailable', 'reset')
    }
    const { clock, events, statuses, fail, upsert, ready } = engineFixture({}, { afterStatus })
    // Like an event of the watch.
    lost.push((status) => upsert(password, { status, version: '2' }))
    fail('app/db', 'AccessDenied')
    upsert(password, { version: '1' })
    await clock.advance(INTERVAL)
    expect([statuses.length, ready()]).toEqual([1, 'False AccessDenied'])
    expect(events).toEqual([expect.stringMatching(/^AccessDenied: /)])
  })

  it('writes the status again after a lost response, even if it seems unchanged', async () => {
    let isLost = false
    const afterStatus = async (): Promise<void> => {
      if (isLost) throw new SecretSyncError('Unavailable', 'reset')
    }
    const { clock, values, statuses, fail, upsert, ready } = engineFixture({ 'app/db': 'one' }, { afterStatus })
    upsert(password)
    await clock.advance(INTERVAL)
    isLost = true
    fail('app/db', 'AccessDenied')
    await clock.advance(INTERVAL)
    expect(ready()).toBe('False AccessDenied')
    values.set('app/db', valueOf('one'))
    isLost = false
    await clock.advance(3 * INTERVAL)
    expect(ready()).toBe('True Synced')
    const settled = statuses.length
    await clock.advance(5 * INTERVAL)
    expect(statuses).toHaveLength(settled)
  })

  it('writes values that Block delayed during a short outage of another secret, as soon as it ends', async () => {
    const { clock, values, writer, fail, upsert, ready } = engineFixture({ 'app/db': 'one', 'app/token': 'a' })
    upsert({ ...two, onKeyFailure: 'Block' })
    await clock.advance(INTERVAL)
    fail('app/token', 'Unavailable')
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect([writer.textsOf('web'), ready()]).toEqual([{ password: 'one', token: 'a' }, 'True Synced'])
    values.set('app/token', valueOf('a'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'two', token: 'a' })
  })

  it('reads a secret once for many resources', async () => {
    const { clock, backend, upsert } = engineFixture({ 'app/db': 'one' })
    for (const name of ['a', 'b', 'c']) upsert(password, { name, uid: name })
    await clock.advance(INTERVAL)
    const before = backend.reads.length
    await clock.advance(INTERVAL)
    expect(backend.reads.length - before).toBe(1)
  })

  it('at the start, reads a secret once for all resources that wait for it', async () => {
    const { clock, backend, writer, engine, upsert } = engineFixture({ 'app/db': 'one' })
    for (let index = 0; index < 100; index += 1) upsert(password, { name: `r${index}`, uid: `u${index}` })
    await clock.advance(0)
    expect(writer.actions).toHaveLength(100)
    expect(backend.reads).toHaveLength(1)
    expect(engine.stats().sources.holdingPlaintext).toBe(0)
  })

  it('knows the writes of the former leader when it starts to lead', async () => {
    const leader = engineFixture({ 'app/db': 'one' })
    leader.upsert(password)
    await leader.clock.advance(0)
    await leader.engine.close()
    const standby = engineFixture({ 'app/db': 'one' }, { standby: true, writer: leader.writer })
    standby.upsert(password, { version: '1' })
    standby.upsert(password, { status: leader.statuses[0], version: '2' })
    standby.engine.start()
    await standby.clock.advance(0)
    expect([standby.statuses, standby.events]).toEqual([[], []])
    expect(standby.writer.actions).toHaveLength(1)
  })

  it.each<[ErrorCode, string, string]>([
    ['NotFound', 'False Degraded', 'SecretNotFound'],
    ['AccessDenied', 'False Degraded', 'AccessDenied'],
    ['Unauthenticated', 'False Degraded', 'AuthenticationFailed'],
  ])('keeps the last value of a key on %s, and updates the others', async (code, expected, named) => {
    const { clock, values, writer, statuses, upsert, fail, ready } = engineFixture({
      'app/db': 'one',
      'app/token': 'a',
    })
    upsert(two)
    await clock.advance(INTERVAL)
    fail('app/db', code)
    values.set('app/token', valueOf('b', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'one', token: 'b' })
    expect(ready()).toBe(expected)
    expect(statuses.at(-1)?.dataSyncResults).toMatchObject([{ ExternalSecretKey: 'app/db', status: 'Failed' }])
    expect(statuses.at(-1)?.conditions[0]?.message).toContain(named)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(6 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two', token: 'b' })
    expect(ready()).toBe('True Synced')
  })

  it('does not report an outage until the value is older than three intervals, then is Stale, then recovers', async () => {
    const { clock, values, writer, statuses, events, fail, ready } = await synced(INTERVAL)
    fail('app/db', 'Unavailable')
    await clock.advance(2 * INTERVAL)
    expect(statuses).toHaveLength(1)
    await clock.advance(2 * INTERVAL)
    expect(ready()).toBe('False Stale')
    await clock.advance(20 * INTERVAL)
    expect(statuses).toHaveLength(2)
    expect(events).toHaveLength(2)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    values.set('app/db', valueOf('one'))
    await clock.advance(6 * MINUTE)
    expect(ready()).toBe('True Synced')
    expect(writer.actions).toHaveLength(1)
  })

  it('is Stale if the first failure comes after three intervals, as from a manager that does not respond', async () => {
    const { clock, values, upsert, ready } = engineFixture({ 'app/db': 'one' })
    upsert({ ...password, rotationInterval: '1s' })
    await clock.advance(0)
    values.set('app/db', () => new Promise<never>(() => {}))
    await clock.advance(2_000)
    expect(ready()).toBe('True Synced')
    await clock.advance(10_000)
    expect(ready()).toBe('False Stale')
  })

  it('creates nothing before all keys are available', async () => {
    const { clock, values, writer, upsert, ready } = engineFixture({ 'app/db': 'one' })
    upsert(two)
    await clock.advance(INTERVAL)
    expect(writer.actions).toEqual([])
    expect(ready()).toBe('False Degraded')
    values.set('app/token', valueOf('t'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'one', token: 't' })
  })

  it('is Unavailable if the manager was unavailable from the start, and recovers with it', async () => {
    const { clock, values, writer, upsert, fail, ready } = engineFixture({})
    fail('app/db', 'Timeout')
    upsert(password)
    await clock.advance(MINUTE)
    expect(ready()).toBe('False Unavailable')
    values.set('app/db', valueOf('one'))
    await clock.advance(6 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('repairs repeated drift with backoff', async () => {
    const { clock, writer } = await synced(0)
    for (let second = 0; second < 3_600; second += 1) {
      if (writer.textsOf('web')?.['password'] === 'one') writer.tamper('web', 'password')
      await clock.advance(1_000)
    }
    const restored = writer.actions.length - 1
    expect(restored).toBeGreaterThan(10)
    expect(restored).toBeLessThan(25)
  })

  it.each(['Adopt', 'Merge'])(
    'backs off when another user keeps replacing a target with %s',
    async (creationPolicy) => {
      const { clock, writer, upsert } = engineFixture({ 'app/db': 'one' })
      writer.putForeign('web')
      upsert({ ...password, target: { creationPolicy } })
      for (let second = 0; second < 3_600; second += 1) {
        await clock.advance(1_000)
        if (writer.textsOf('web')?.['password'] === 'one') writer.replaceForeign('web')
      }
      expect(writer.actions.length).toBeGreaterThan(10)
      expect(writer.actions.length).toBeLessThan(25)
    },
  )

  it('does not change an unowned target, and creates its own after the deletion of that target', async () => {
    const { clock, writer, upsert, ready } = engineFixture({ 'app/db': 'one' })
    writer.putForeign('web')
    upsert(password)
    await clock.advance(0)
    expect(writer.actions).toEqual([])
    expect(ready()).toBe('False TargetConflict')
    writer.remove('web')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('reconciles at once when the target of another resource is deleted, whatever its name', async () => {
    const { clock, writer, upsert } = engineFixture({ 'app/db': 'one' })
    upsert({ ...password, target: { name: 'shared' } }, { name: 'first' })
    await clock.advance(0)
    upsert({ ...password, target: { name: 'shared' } }, { name: 'second', uid: 'uid-second' })
    await clock.advance(0)
    expect(writer.actions).toHaveLength(1)
    upsert({ ...password, target: { name: 'shared' }, suspend: true }, { name: 'first', generation: 2 })
    writer.remove('shared')
    await clock.advance(0)
    expect(writer.actions.map((action) => action.kind === 'create' && action.owner.name)).toEqual(['first', 'second'])
  })

  it('decides again when the target changed in between', async () => {
    const { clock, writer, upsert } = engineFixture({ 'app/db': 'one' })
    writer.failures.push(new SecretSyncError('Conflict', 'x'), new SecretSyncError('Conflict', 'x'))
    upsert(password)
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('completes a failed write when the target responds again', async () => {
    const { clock, writer, upsert, ready } = engineFixture({ 'app/db': 'one' })
    writer.failures.push(...Array.from({ length: 4 }, () => new SecretSyncError('Unavailable', 'API server away')))
    upsert(password)
    await clock.advance(5 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(ready()).toBe('True Synced')
  })

  it('does not change the target of a suspended or an invalid resource', async () => {
    const { clock, writer, backend, engine, upsert, ready } = await synced(0)
    upsert({ ...password, suspend: true }, { generation: 2 })
    await clock.advance(INTERVAL)
    const reads = backend.reads.length
    await clock.advance(10 * INTERVAL)
    expect(ready()).toBe('False Suspended')
    expect(engine.stats().ready).toEqual({ True: 0, False: 0, Suspended: 1, Unknown: 0 })
    expect(backend.reads.length).toBe(reads)
    engine.upsert({
      ...resourceOf(specOf(password), { generation: 3 }),
      spec: { ok: false, error: new SecretSyncError('InvalidSpec', 'spec.data[0].key: required') },
    })
    await clock.advance(0)
    expect(ready()).toBe('False InvalidSpec')
    expect(engine.stats().ready).toMatchObject({ False: 1, Suspended: 0 })
    expect(writer.actions).toHaveLength(1)
  })

  it('keeps values while their store is missing, and continues when it exists again', async () => {
    const { clock, store, writer, engine, ready } = await synced(0)
    const known = store.resolution
    store.resolution = { kind: 'error', error: new SecretSyncError('StoreNotFound', 'SecretStore kms does not exist') }
    engine.storesChanged()
    await clock.advance(0)
    expect(ready()).toBe('False StoreNotFound')
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    store.resolution = known
    engine.storesChanged()
    await clock.advance(0)
    expect(ready()).toBe('True Synced')
    expect(writer.actions).toHaveLength(1)
  })

  it('waits briefly for a store that is applied together with its resource', async () => {
    const { clock, store, statuses, events, engine, upsert, ready } = engineFixture({ 'app/db': 'one' })
    const known = store.resolution
    store.resolution = { kind: 'error', error: new SecretSyncError('StoreNotFound', 'SecretStore kms does not exist') }
    upsert(password)
    await clock.advance(1_999)
    expect([statuses, events]).toEqual([[], []])
    await clock.advance(1)
    expect(ready()).toBe('False StoreNotFound')
    store.resolution = known
    engine.storesChanged()
    await clock.advance(0)
    expect(ready()).toBe('True Synced')
  })

  it('releases nothing, at the start and later, in namespaces that it does not manage', async () => {
    const first = engineFixture({ 'app/db': 'one' })
    first.writer.putForeign('merged')
    first.upsert({ ...password, target: { creationPolicy: 'Merge' } }, { name: 'merged', uid: 'm' })
    await first.clock.advance(0)
    await first.engine.close()
    const second = engineFixture({}, { writer: first.writer, manages: (namespace) => namespace !== 'default' })
    first.writer.tamper('merged', 'password')
    await second.clock.advance(MINUTE)
    expect(first.writer.textsOf('merged')).toEqual({ theirs: 'x', password: 'tampered' })
  })

  it('reports drift that it cannot repair during an outage, and repairs it afterwards', async () => {
    const { clock, values, writer, fail, ready } = await synced(INTERVAL)
    fail('app/db', 'Unavailable')
    await clock.advance(INTERVAL)
    writer.tamper('web', 'password')
    await clock.advance(1_000)
    expect(ready()).toBe('False Unavailable')
    values.set('app/db', valueOf('one'))
    await clock.advance(6 * MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(ready()).toBe('True Synced')
  })

  it('becomes Stale in an outage that began before the process', async () => {
    const first = engineFixture({ 'app/db': 'one' })
    first.upsert(password)
    await first.clock.advance(0)
    await first.engine.close()
    const second = engineFixture({}, { writer: first.writer })
    second.fail('app/db', 'Unavailable')
    second.upsert(password, { status: first.statuses[0] })
    await second.clock.advance(2 * INTERVAL)
    expect(second.statuses).toEqual([])
    await second.clock.advance(2 * INTERVAL)
    expect(second.ready()).toBe('False Stale')
  })

  it('reports a write that keeps failing once, and its recovery', async () => {
    const { clock, writer, eventReasons, upsert, ready } = engineFixture({ 'app/db': 'one' })
    writer.failures.push(
      ...Array.from({ length: 6 }, () => new SecretSyncError('WriteFailed', 'namespace is being deleted')),
    )
    upsert(password)
    await clock.advance(20_000)
    expect(ready()).toBe('False WriteFailed')
    await clock.advance(10 * MINUTE)
    expect(ready()).toBe('True Synced')
    expect(eventReasons()).toEqual(['WriteFailed', 'Synced'])
  })

  it('recreates a Secret for another type', async () => {
    const { clock, writer, upsert } = await synced(0)
    upsert({ ...password, type: 'example.com/special' }, { generation: 2 })
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(writer.actions.map(({ kind }) => kind)).toEqual(['create', 'replace'])
  })

  it('stops reading for a deleted resource', async () => {
    const { clock, backend, engine } = await synced(0)
    engine.remove('default/web')
    await clock.advance(0)
    const reads = backend.reads.length
    await clock.advance(10 * INTERVAL)
    expect(backend.reads.length).toBe(reads)
    expect(engine.stats().sources.sources).toBe(0)
  })

  it('does not poll with polling disabled, but refreshes on request and repairs drift', async () => {
    const { clock, values, backend, writer, upsert } = engineFixture(
      { 'app/db': 'one' },
      { defaults: { disablePolling: true } },
    )
    upsert(password)
    await clock.advance(24 * 60 * MINUTE)
    expect(backend.reads).toHaveLength(1)
    values.set('app/db', valueOf('two', 'v2'))
    upsert(password, { refreshNow: 'now' })
    await clock.advance(MINUTE)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
    writer.tamper('web', 'password')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
  })

  it('reads a secret soon after a hint', async () => {
    const { clock, values, writer, engine } = await synced(INTERVAL)
    values.set('app/db', valueOf('two', 'v2'))
    engine.hint('app/db')
    await clock.advance(1_000)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
  })
})

describe.each([
  ['cached', true],
  ['not cached', false],
])('SyncEngine, while the records of targets are %s,', (_state, isCached) => {
  const writerOf = (): MemoryWriter => new MemoryWriter(digester, { isCached })

  it('repairs edits and deletions at once and from a fresh read', async () => {
    const { clock, backend, writer, events } = await synced(1_000, writerOf())
    const before = backend.reads.length
    writer.tamper('web', 'password')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(backend.reads.length).toBe(before + 1)
    await clock.advance(MINUTE)
    writer.remove('web')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(events.filter((event) => event.startsWith('DriftCorrected'))).toHaveLength(2)
  })

  it('releases the former target when the resource names another', async () => {
    const { clock, writer, upsert } = await synced(0, writerOf())
    upsert({ ...password, target: { name: 'other' } }, { generation: 2 })
    await clock.advance(0)
    expect(writer.textsOf('other')).toEqual({ password: 'one' })
    expect(writer.textsOf('web')).toBeUndefined()
  })

  it('adopts one Secret for the adopt annotation, and no second one under another name', async () => {
    const { clock, writer, upsert, ready } = engineFixture({ 'app/db': 'one' }, { writer: writerOf() })
    writer.putForeign('web')
    writer.putForeign('typo')
    upsert(password, { adopt: true })
    await clock.advance(0)
    expect(writer.textsOf('web')).toMatchObject({ password: 'one' })
    upsert({ ...password, target: { name: 'typo' } }, { adopt: true, generation: 2 })
    await clock.advance(0)
    expect(ready()).toBe('False TargetConflict')
    expect(writer.textsOf('typo')).toEqual({ theirs: 'x' })
    expect(writer.textsOf('web')).toMatchObject({ password: 'one' })
  })

  it('removes merged keys when the resource is deleted, and leaves owned targets to the garbage collector', async () => {
    const { clock, writer, engine, upsert } = engineFixture({ 'app/db': 'one' }, { writer: writerOf() })
    writer.putForeign('merged')
    upsert({ ...password, target: { creationPolicy: 'Merge' } }, { name: 'merged', uid: 'm' })
    upsert(password)
    await clock.advance(0)
    expect(writer.textsOf('merged')).toEqual({ theirs: 'x', password: 'one' })
    engine.remove('default/merged')
    engine.remove('default/web')
    await clock.advance(0)
    expect(writer.textsOf('merged')).toEqual({ theirs: 'x' })
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })
})
