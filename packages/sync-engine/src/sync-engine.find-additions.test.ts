import { SecretSyncError, Sensitive, type StoreQuery, type StoreResolution } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { bytes, connectionOf, digester, NO_OBJECTS } from './testing/fixtures.ts'
import { ListingManager } from './testing/listing-manager.ts'

const strip = { rewrite: [{ source: '^app/' }] }
const APP = { dataFrom: [{ find: { path: 'app' }, ...strip }] }
const TEMPLATE = { ...APP, target: { template: { data: { all: '{{ . }}' } } } }

/** An engine with a target of two found secrets, a and b. */
async function start(spec: object = APP, { writer = new MemoryWriter(digester), names = ['app/a', 'app/b'] } = {}) {
  const kms = new ListingManager(names)
  const forbidden = new Set<string>()
  const limit = { bytes: Infinity }
  const backend = {
    ...kms.backend,
    read: (...args: Parameters<typeof kms.backend.read>) =>
      forbidden.has(args[0].name)
        ? Promise.reject(new SecretSyncError('AccessDenied', `no permission for ${args[0].name}`))
        : kms.backend.read(...args),
  }
  const resolveStore = (_query: StoreQuery): StoreResolution => ({ kind: 'ready', connection: connectionOf(backend) })
  const render = async ({
    templates,
    data,
  }: {
    templates: readonly unknown[]
    data: ReadonlyMap<string, Sensitive<Uint8Array>>
  }) => {
    if (data.has('poison')) throw new SecretSyncError('TemplateError', 'no method for poison')
    const text = [...data].map(([key, value]) => `${key}=${Buffer.from(value.expose()).toString()}`).toSorted()
    return templates.map(() => new Sensitive(bytes(text.join(' '))))
  }
  const templating = { renderer: { render }, sources: NO_OBJECTS }
  const fixture = engineFixture({}, { resolveStore, templating, writer })
  fixture.upsert(spec)
  await fixture.clock.advance(5_000)
  const keys = (): Readonly<Record<string, string>> | undefined => writer.textsOf('web')
  const next = (): Promise<void> => fixture.clock.advance(INTERVAL + 1_000)
  return { ...fixture, kms, forbidden, limit, writer, keys, next }
}

const value = (name: string): string => `value of app/${name}`

describe('an addition that cannot be made, while the others are refreshed', () => {
  it('because it may not be read', async () => {
    const { kms, forbidden, keys, next, ready, message } = await start()
    forbidden.add('app/c')
    kms.put('app/c')
    kms.put('app/a', undefined, 'new')
    await next()
    expect(keys()).toEqual({ a: 'new', b: value('b') })
    expect(ready()).toBe('False Degraded')
    expect(message()).toContain('no permission for app/c (not added; the other keys are refreshed)')
    forbidden.clear()
    await next()
    expect([keys(), ready()]).toEqual([{ a: 'new', b: value('b'), c: value('c') }, 'True Synced'])
  })

  it('because it may not be read: neither Block nor a template stops', async () => {
    for (const spec of [{ ...APP, onKeyFailure: 'Block' }, TEMPLATE]) {
      const { kms, forbidden, keys, next } = await start(spec)
      forbidden.add('app/c')
      kms.put('app/c')
      kms.put('app/a', undefined, 'new')
      await next()
      expect(Object.values(keys() ?? {}).join(' ')).toContain('new')
      expect(JSON.stringify(keys())).not.toContain('app/c')
    }
  })

  it('because its name gives no key of a Secret: other new secrets are added', async () => {
    const { kms, keys, next, ready, message } = await start()
    kms.put('app/..c')
    kms.put('app/d')
    await next()
    expect([keys(), ready()]).toEqual([{ a: value('a'), b: value('b'), d: value('d') }, 'False Degraded'])
    expect(message()).toContain('the key of secret app/..c is "..c"; change the rules of rewrite')
  })

  it('because a secret has its key', async () => {
    const { kms, keys, next, message } = await start(APP, { names: ['app/a', 'app/x_y'] })
    kms.put('app/x/y')
    kms.put('app/x_y', undefined, 'new')
    await next()
    expect(keys()).toEqual({ a: value('a'), x_y: 'new' })
    expect(message()).toContain('secrets app/x_y and app/x/y both become key x_y')
    // It takes the key over only when the owner does not exist any more.
    kms.secrets.delete('app/x_y')
    await next()
    await next()
    expect(keys()).toEqual({ a: value('a'), x_y: value('x/y') })
  })

  it('because an entry of data has its key', async () => {
    const { kms, keys, next, message } = await start(
      { ...APP, data: [{ key: 'other', name: 'c' }] },
      {
        names: ['app/a', 'other'],
      },
    )
    kms.put('app/c')
    kms.put('other', undefined, 'new')
    await next()
    expect(keys()).toEqual({ a: value('a'), c: 'new' })
    expect(message()).toContain('key c of app/c is also produced by other')
  })

  it('because an entry of data names the same secret: without a report', async () => {
    const data = [{ key: 'app/a', name: 'a', versionStage: 'ACSPrevious' }]
    const { keys, next, ready } = await start({ ...APP, data })
    await next()
    expect([keys(), ready()]).toEqual([{ a: value('a'), b: value('b') }, 'True Synced'])
  })

  it('because its key is empty', async () => {
    const { kms, keys, next, message } = await start({
      dataFrom: [{ find: { path: 'app' }, rewrite: [{ source: '^app/(gone)?' }] }],
    })
    kms.put('app/gone')
    kms.put('app/a', undefined, 'new')
    await next()
    expect(keys()).toEqual({ a: 'new', b: value('b') })
    expect(message()).toContain('the key of secret app/gone is ""')
  })

  it('because the Secret would be too large', async () => {
    const { kms, keys, next, message } = await start()
    for (const name of ['c', 'd', 'e']) kms.put(`app/${name}`, undefined, 'x'.repeat(500_000))
    kms.put('app/a', undefined, 'new')
    await next()
    expect(Object.keys(keys() ?? {})).toEqual(['a', 'b', 'c', 'd'])
    expect(keys()?.['a']).toBe('new')
    expect(message()).toContain('more than 1048576 bytes')
    kms.secrets.delete('app/c')
    await next()
    await next()
    expect(Object.keys(keys() ?? {}).toSorted()).toEqual(['a', 'b', 'd', 'e'])
  })

  it('because the template fails with the new key', async () => {
    const { kms, keys, next, message, ready } = await start(TEMPLATE)
    kms.put('app/poison')
    await next()
    kms.put('app/a', undefined, 'new')
    await next()
    expect(keys()).toEqual({ all: `a=new b=${value('b')}` })
    expect(message()).toContain('no method for poison')
    kms.secrets.delete('app/poison')
    await next()
    await next()
    expect(ready()).toBe('True Synced')
  })

  it('because another user has a key of this name in a merged Secret', async () => {
    const writer = new MemoryWriter(digester)
    writer.putForeign('web')
    const { kms, keys, next, message } = await start({ ...APP, target: { creationPolicy: 'Merge' } }, { writer })
    expect(keys()).toMatchObject({ a: value('a'), b: value('b') })
    writer.editForeign('web', { foreignKeys: new Set(['c']) })
    kms.put('app/c')
    await next()
    expect(keys()).not.toHaveProperty('c')
    expect(message()).toContain('another user or controller set key c')
  })

  it('because the list fails: with a template, too', async () => {
    const { kms, keys, next, message } = await start(TEMPLATE)
    kms.beforePage = () => kms.failures.push('AccessDenied')
    kms.put('app/c')
    kms.put('app/a', undefined, 'new')
    await next()
    expect(keys()).toEqual({ all: `a=new b=${value('b')}` })
    expect(message()).toContain('AccessDenied')
  })
})

describe('a new target', () => {
  it('waits for a secret that cannot be reached, and not for one that may not be read', async () => {
    const { kms, forbidden, keys, next, ready } = await start(
      { dataFrom: [{ find: { path: 'none' } }, ...APP.dataFrom] },
      { names: [] },
    )
    expect(keys()).toBeUndefined()
    for (const name of ['a', 'b']) kms.put(`app/${name}`)
    forbidden.add('app/b')
    await next()
    expect([keys(), ready()]).toEqual([{ a: value('a') }, 'False Degraded'])
  })
})

describe('a held secret that cannot be read', () => {
  it('keeps its key over any number of lists without it, and leaves when it does not exist', async () => {
    const { kms, forbidden, keys, next } = await start()
    forbidden.add('app/b')
    kms.secrets.delete('app/b')
    for (let at = 0; at < 5; at += 1) await next()
    expect(keys()).toEqual({ a: value('a'), b: value('b') })
    forbidden.clear()
    await next()
    await next()
    expect(keys()).toEqual({ a: value('a') })
  })
})

it('writes the record without a restart of workloads when only the find changes', async () => {
  const { upsert, clock, writer } = await start()
  const before = writer.actions.length
  upsert({ dataFrom: [{ find: { name: { prefix: 'app/' } }, ...strip }] }, { generation: 2 })
  await clock.advance(5_000)
  expect(writer.actions.slice(before)).toMatchObject([{ kind: 'patch', remove: [] }])
  expect(writer.actions.slice(before).flatMap((action) => ('set' in action ? [...action.set.keys()] : []))).toEqual([])
})
