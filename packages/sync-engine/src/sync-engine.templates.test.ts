import { type ErrorCode, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { objectId, type TemplateObjectKeys } from './plan/template-plan.ts'
import type { ResourceKey, SyncResource } from './model/resource.ts'
import type { TemplateContent, TemplateSources } from './plan/template-sources.ts'
import { type EngineFixtureOptions, engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { valueOf } from './testing/fixtures.ts'

const url = { template: { data: { url: 'db://{{ .user }}:{{ .password }}' } } }
const data = [
  { key: 'app/user', name: 'user' },
  { key: 'app/db', name: 'password' },
]
const fromConfigMap = {
  template: { templateFrom: [{ configMap: { name: 'tpl', items: [{ key: 'k' }] } }] },
}

/** Objects that a test controls. */
class MapSources implements TemplateSources {
  /** By kind, namespace and name. */
  readonly objects = new Map<string, Record<string, string>>()
  readonly followed = new Map<ResourceKey, readonly string[]>()
  /** Errors that the next calls of `read` throw, one each. */
  readonly failures: SecretSyncError[] = []
  /** Namespaces that have used up their time. */
  readonly paused = new Set<string>()

  mayRead(namespace: string): boolean {
    return !this.paused.has(namespace)
  }

  read(resource: ResourceKey, objects: readonly TemplateObjectKeys[]): Promise<(TemplateContent | undefined)[]> {
    this.followed.set(resource, objects.map(objectId))
    const failure = this.failures.shift()
    if (failure) return Promise.reject(failure)
    return Promise.resolve(
      objects.map((object) => {
        const found = this.objects.get(objectId(object))
        return found && new Map(Object.entries(found).map(([key, text]) => [key, new Sensitive(Buffer.from(text))]))
      }),
    )
  }

  forget(resource: ResourceKey): void {
    this.followed.delete(resource)
  }
}

/** The real engine with a manager, renderer, template objects, target and clock that the test controls. */
function start(texts: Record<string, string>, options: EngineFixtureOptions = {}) {
  const renderer = new TinyRenderer()
  const sources = new MapSources()
  const fixture = engineFixture(texts, { templating: { renderer, sources }, ...options })
  const upsert = (target: unknown, more: Partial<SyncResource> = {}): void => fixture.upsert({ data, target }, more)
  const put = (content: Record<string, string> | undefined): void => {
    if (content) sources.objects.set('ConfigMap default/tpl', content)
    else sources.objects.delete('ConfigMap default/tpl')
  }
  return { ...fixture, renderer, sources, upsert, put }
}

const both = { 'app/user': 'tom', 'app/db': 'one' }

/** A resource with this target, `ms` after its first sync. */
async function synced(target: object, ms: number, configMap?: Record<string, string>) {
  const fixture = start(both)
  if (configMap) fixture.put(configMap)
  fixture.upsert(target)
  await fixture.clock.advance(ms)
  return fixture
}

describe('a resource with templates', () => {
  it('is written once, and causes no requests without a change', async () => {
    const { writer, renderer, ready } = await synced(url, 10 * INTERVAL)
    expect(writer.textsOf('web')).toEqual({ url: 'db://tom:one' })
    expect([writer.actions.length, renderer.requests.length, ready()]).toEqual([1, 1, 'True Synced'])
    expect(renderer.requests[0]?.seed).toBe('uid-web')
  })

  it('writes the rendered result of each new value', async () => {
    const { clock, values, writer, events } = await synced(url, INTERVAL)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ url: 'db://tom:two' })
    expect(events.at(-1)).toBe('Synced: Secret web: app/user version v1, app/db version v2')
  })

  it.each<[ErrorCode, string]>([
    ['NotFound', 'False Degraded'],
    ['AccessDenied', 'False Degraded'],
  ])('is not written while one input is missing (%s), not even keys of other inputs', async (code, expected) => {
    const { clock, values, writer, fail, ready, message } = await synced(
      { template: { ...url.template, mergePolicy: 'Merge' } },
      INTERVAL,
    )
    fail('app/db', code)
    values.set('app/user', valueOf('eve', 'v2'))
    await clock.advance(2 * INTERVAL)
    expect(writer.textsOf('web')).toEqual({ user: 'tom', password: 'one', url: 'db://tom:one' })
    expect(writer.actions).toHaveLength(1)
    expect(ready()).toBe(expected)
    expect(message()).toContain(': app/db: ')
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(2 * INTERVAL)
    expect(writer.textsOf('web')).toEqual({ user: 'eve', password: 'two', url: 'db://eve:two' })
    expect(ready()).toBe('True Synced')
  })

  it('does not report a short outage, and is Stale in a long one', async () => {
    const { clock, statuses, fail, ready } = await synced(url, INTERVAL)
    fail('app/db', 'Unavailable')
    await clock.advance(2 * INTERVAL)
    expect(statuses).toHaveLength(1)
    await clock.advance(2 * INTERVAL)
    // One of the two inputs is up to date.
    expect(ready()).toBe('False Degraded')
    fail('app/user', 'Unavailable')
    await clock.advance(10 * INTERVAL)
    expect(ready()).toBe('False Stale')
  })

  it('is first written when it is complete', async () => {
    const { clock, values, writer, upsert, ready } = start({ 'app/user': 'tom' })
    upsert({ template: { data: { name: '{{ .user }}' } } })
    await clock.advance(INTERVAL)
    expect([writer.actions.length, ready()]).toEqual([0, 'False Degraded'])
    values.set('app/db', valueOf('one'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ name: 'tom' })
  })

  it('is rendered again when its ConfigMap changes', async () => {
    const { clock, writer, engine, put } = await synced(fromConfigMap, INTERVAL, { k: 'one {{ .user }}' })
    put({ k: 'two {{ .user }}' })
    engine.templatesChanged(['default/web', 'default/unknown'])
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ k: 'two tom' })
    engine.templatesChanged(['default/web'])
    await clock.advance(INTERVAL)
    expect(writer.actions).toHaveLength(2)
  })

  it('waits without a worker while its namespace may not read its ConfigMap, and others go on', async () => {
    const { clock, writer, backend, sources, upsert, put, statuses } = start(both, { queue: { concurrency: 1 } })
    put({ k: 'one {{ .user }}' })
    sources.paused.add('default')
    upsert(fromConfigMap)
    upsert(url, { namespace: 'default', name: 'inline', uid: 'uid-inline' })
    await clock.advance(0)
    expect([writer.textsOf('web'), writer.textsOf('inline')]).toEqual([undefined, { url: 'db://tom:one' }])
    expect([...sources.followed.values()].flat()).toEqual([])
    expect([backend.reads.length, statuses.length]).toEqual([2, 1])
    sources.paused.clear()
    await clock.advance(10_000)
    expect(writer.textsOf('web')).toEqual({ k: 'one tom' })
  })

  it('reports a missing ConfigMap or key, keeps its content, and continues when it exists', async () => {
    const { clock, writer, engine, put, ready, message } = await synced(fromConfigMap, 0, { k: 'one {{ .user }}' })
    const missing: [Record<string, string> | undefined, string][] = [
      [undefined, 'ConfigMap default/tpl does not exist'],
      [{ other: 'x' }, 'ConfigMap default/tpl has no key k'],
      [{ k: '{{ .unknown }}' }, 'ConfigMap default/tpl[k]: line 1: there is no key unknown'],
    ]
    for (const [content, why] of missing) {
      put(content)
      engine.templatesChanged(['default/web'])
      await clock.advance(1_000)
      expect([ready(), message()]).toEqual(['False TemplateError', expect.stringContaining(why)])
      expect(writer.textsOf('web')).toEqual({ k: 'one tom' })
    }
    put({ k: 'two {{ .user }}' })
    engine.templatesChanged(['default/web'])
    await clock.advance(1_000)
    expect([ready(), writer.textsOf('web')]).toEqual(['True Synced', { k: 'two tom' }])
  })

  it('is rendered at most once a second for templates that change constantly', async () => {
    const { clock, renderer, engine } = await synced(fromConfigMap, 0, { k: 'x' })
    for (let tenth = 0; tenth < 100; tenth += 1) {
      engine.templatesChanged(['default/web'])
      await clock.advance(100)
    }
    await clock.advance(60_000)
    expect(renderer.requests.length).toBeGreaterThan(9)
    expect(renderer.requests.length).toBeLessThan(13)
    engine.templatesChanged(['default/web'])
    await clock.advance(0)
    const at = renderer.requests.length
    engine.templatesChanged(['default/web'])
    await clock.advance(999)
    expect(renderer.requests.length).toBe(at)
  })

  it('follows its template objects while it names them', async () => {
    const { clock, sources, engine, upsert } = await synced(fromConfigMap, 0, { k: 'x' })
    expect([...sources.followed]).toEqual([['default/web', ['ConfigMap default/tpl']]])
    upsert(url, { generation: 2 })
    await clock.advance(0)
    expect([...sources.followed]).toEqual([['default/web', []]])
    upsert(fromConfigMap, { generation: 3 })
    await clock.advance(0)
    upsert({}, { generation: 4 })
    await clock.advance(0)
    expect(sources.followed.size).toBe(0)
    upsert(fromConfigMap, { generation: 5 })
    await clock.advance(0)
    engine.remove('default/web')
    await clock.advance(0)
    expect(sources.followed.size).toBe(0)
  })

  it('sets and changes labels and annotations, and removes them when they leave the spec', async () => {
    const { clock, values, writer, upsert } = start(both)
    const metadata = (labels: Record<string, string>) => ({ template: { metadata: { labels } } })
    const record = () => writer.ownedBy('default', 'web')[0]?.records.get('web')?.metadata?.names
    upsert(metadata({ a: '{{ .user }}', b: 'x' }))
    await clock.advance(0)
    expect(writer.actions[0]).toMatchObject({
      metadata: new Map([
        ['labels/a', 'tom'],
        ['labels/b', 'x'],
      ]),
    })
    values.set('app/user', valueOf('eve', 'v2'))
    await clock.advance(2 * INTERVAL)
    expect(writer.actions[1]).toMatchObject({
      kind: 'patch',
      metadata: new Map([
        ['labels/a', 'eve'],
        ['labels/b', 'x'],
      ]),
    })
    upsert(metadata({ b: 'x' }), { generation: 2 })
    await clock.advance(0)
    expect(record()).toEqual(['labels/b'])
    upsert({}, { generation: 3 })
    await clock.advance(0)
    expect(record()).toBeUndefined()
    expect(writer.actions).toHaveLength(4)
    await clock.advance(10 * INTERVAL)
    expect(writer.actions).toHaveLength(4)
    expect(writer.textsOf('web')).toEqual({ user: 'eve', password: 'one' })
  })

  it('replaces read keys by rendered keys when templates are added, and the reverse', async () => {
    const { clock, writer, upsert } = await synced({}, 0)
    upsert(url, { generation: 2 })
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ url: 'db://tom:one' })
    upsert({}, { generation: 3 })
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ user: 'tom', password: 'one' })
  })

  it('is restored after a user changes a rendered key', async () => {
    const { clock, writer, events } = await synced(url, INTERVAL)
    writer.tamper('web', 'url')
    await clock.advance(0)
    expect(writer.textsOf('web')).toEqual({ url: 'db://tom:one' })
    expect(events.at(-1)).toContain('DriftCorrected')
  })

  it('reports a failure of the renderer, and continues when it recovers', async () => {
    const { clock, writer, renderer, upsert, ready } = start(both)
    renderer.failures.push(...Array.from({ length: 3 }, () => new SecretSyncError('Unavailable', 'the worker died')))
    upsert(url)
    await clock.advance(2_500)
    expect(ready()).toBe('False InternalError')
    await clock.advance(60_000)
    expect([ready(), writer.textsOf('web')]).toEqual(['True Synced', { url: 'db://tom:one' }])
  })

  it('does not delay other resources while its template loops, with one worker', async () => {
    const { clock, writer, renderer, upsert, values } = start(both, { queue: { concurrency: 1 } })
    const { promise: loop, resolve: endLoop } = Promise.withResolvers<void>()
    renderer.hold = loop
    upsert(url)
    await clock.advance(0)
    expect(renderer.requests).toHaveLength(1)
    upsert({}, { name: 'plain', namespace: 'neighbour' })
    await clock.advance(0)
    expect(writer.textsOf('plain', 'neighbour')).toEqual({ user: 'tom', password: 'one' })
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('plain', 'neighbour')).toEqual({ user: 'tom', password: 'two' })
    expect(renderer.requests).toHaveLength(1)
    endLoop()
    await clock.advance(1_000)
    expect(writer.textsOf('web')).toMatchObject({ url: expect.stringContaining('db://tom:') })
  })

  it('waits for an unavailable API server, and retries if permissions are missing', async () => {
    const { clock, writer, sources, upsert, put, ready } = start(both)
    put({ k: '{{ .user }}' })
    const forbidden = new SecretSyncError('TemplateError', 'forbidden', { facts: { httpStatus: 403 } })
    sources.failures.push(new SecretSyncError('Unavailable', 'away'), forbidden)
    upsert(fromConfigMap)
    await clock.advance(1_000)
    expect([ready(), writer.actions.length]).toEqual(['False TemplateError', 0])
    await clock.advance(60_000)
    expect([ready(), writer.textsOf('web')]).toEqual(['True Synced', { k: 'tom' }])
  })

  it('is refused without a renderer', async () => {
    const { clock, statuses, upsert } = engineFixture(both)
    upsert({ data, target: url })
    await clock.advance(0)
    expect(statuses[0]?.conditions[0]).toMatchObject({ status: 'False', reason: 'TemplateError' })
  })
})
