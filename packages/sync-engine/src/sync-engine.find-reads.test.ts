import { describe, expect, it } from 'vitest'
import type { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { INTERVAL } from './testing/engine-fixture.ts'
import { APP, findFixture } from './testing/find-fixture.ts'

/** Lists are at least this far apart. */
const BETWEEN_LISTS = 11_000
/** No secret is read at its interval while a test runs. */
const RARELY = { rotationInterval: '24h' }

/** A Secret with four found keys, whose interval has not passed. */
async function synced(more: object = {}) {
  const fixture = findFixture(['app/a', 'app/b', 'app/c', 'app/d'])
  const { sync, kms, clock, engine } = fixture
  const spec = { ...APP, ...RARELY, ...more }
  await sync(spec)
  await clock.advance(BETWEEN_LISTS)
  kms.reads.length = 0
  /** A secret appears, and a hint asks for the list. */
  const add = async (name: string, value?: string): Promise<void> => {
    kms.put(name, undefined, value)
    engine.hint(name)
    await clock.advance(BETWEEN_LISTS)
  }
  return { ...fixture, spec, add }
}

describe('a list that changes', () => {
  it('causes reads of new secrets only', async () => {
    const { add, kms, keys, status, writer } = await synced()
    const writes = writer.actions.length
    await add('app/new')
    expect(kms.reads).toEqual(['app/new'])
    expect(Object.keys(keys() ?? {})).toEqual(['a', 'b', 'c', 'd', 'new'])
    expect(keys()).toMatchObject({ a: 'value of app/a', new: 'value of app/new' })
    expect(status()?.secrets).toHaveLength(5)
    const sets = writer.actions.slice(writes).map((action) => (action.kind === 'patch' ? [...action.set.keys()] : []))
    expect(sets).toEqual([['new']])
  })

  it('leaves the other secrets to their own interval', async () => {
    const { kms, add, keys, clock } = await synced({ rotationInterval: '120s' })
    await add('app/new')
    kms.put('app/a', undefined, 'changed')
    await clock.advance(INTERVAL)
    expect(keys()).toMatchObject({ a: 'changed', new: 'value of app/new' })
    for (const name of ['app/a', 'app/b', 'app/c', 'app/d']) {
      expect(kms.reads.filter((read) => read === name).length).toBeLessThanOrEqual(2)
    }
  })

  it('does not hide a value that has changed', async () => {
    const { kms, add, keys, engine } = await synced()
    kms.put('app/a', undefined, 'changed')
    engine.hint('app/a')
    await add('app/new')
    expect(keys()).toMatchObject({ a: 'changed', b: 'value of app/b', new: 'value of app/new' })
  })

  it('does not hide other bytes of a version that were read but not written', async () => {
    const { kms, keys, engine, clock, sync } = findFixture(['app/a', 'app/b', 'x'])
    const spec = { ...APP, ...RARELY, onKeyFailure: 'Block', data: [{ key: 'x' }] }
    const hint = async (name: string): Promise<void> => {
      engine.hint(name)
      await clock.advance(BETWEEN_LISTS)
    }
    await sync(spec)
    kms.denied.add('x')
    await hint('x')
    kms.secrets.set('app/a', { value: 'changed', version: 'value of app/a' })
    await hint('app/a')
    expect(keys()).toMatchObject({ a: 'value of app/a' })
    kms.denied.delete('x')
    await hint('x')
    expect(keys()).toMatchObject({ a: 'changed', x: 'value of x' })
  })

  it('restores a value that another user has edited, and leaves the others unread', async () => {
    const { kms, keys, writer, clock } = await synced()
    writer.tamper('web', 'a')
    await clock.advance(BETWEEN_LISTS)
    expect(keys()).toMatchObject({ a: 'value of app/a', b: 'value of app/b' })
    expect(kms.reads).toEqual(['app/a'])
  })

  it.each([
    ['deleted', (writer: MemoryWriter) => writer.removeForeign('web')],
    ['edited', (writer: MemoryWriter) => writer.tamper('web', 'a')],
  ])('reads everything when the Secret is %s while the new value is read', async (_what, change) => {
    const { kms, keys, writer, add } = await synced()
    kms.beforeRead = (name) => {
      if (name === 'app/new' && !kms.reads.includes(name)) change(writer)
    }
    await add('app/new')
    expect(keys()).toMatchObject({ a: 'value of app/a', d: 'value of app/d', new: 'value of app/new' })
    expect(kms.reads).toContain('app/a')
  })

  it('carries the values into a Secret that must be created again', async () => {
    const { kms, keys, add, writer } = await synced({ target: { immutable: true } })
    await add('app/new')
    expect(writer.actions.at(-1)).toMatchObject({ kind: 'replace', carry: ['a', 'b', 'c', 'd'] })
    expect(keys()).toMatchObject({ a: 'value of app/a', new: 'value of app/new' })
    expect(kms.reads).toEqual(['app/new'])
  })

  it('does not read secrets again that it may not read', async () => {
    const { kms, add, keys, ready } = await synced()
    kms.denied.add('app/denied')
    await add('app/denied')
    await add('app/new')
    await add('app/new2')
    expect(kms.reads).toEqual(['app/denied', 'app/new', 'app/new2'])
    expect(Object.keys(keys() ?? {})).toEqual(['a', 'b', 'c', 'd', 'new', 'new2'])
    expect(ready()).toBe('False Degraded')
  })

  it('counts the bytes of values that are not read', async () => {
    const most = 'x'.repeat(600 * 1024)
    const { kms, sync, spec, add, keys, message } = await synced()
    kms.put('app/a', undefined, most)
    await sync(spec, { refreshNow: 'now' })
    kms.reads.length = 0
    await add('app/big', most)
    expect(kms.reads).toEqual(['app/big'])
    expect(keys()).not.toHaveProperty('big')
    expect(message()).toContain('the values of the Secret would have more than 1048576 bytes')
  })

  it('creates a Secret that was deleted with all values', async () => {
    const { kms, keys, writer, add } = await synced()
    writer.removeForeign('web')
    await add('app/new')
    expect(Object.keys(keys() ?? {})).toEqual(['a', 'b', 'c', 'd', 'new'])
    expect(new Set(kms.reads)).toEqual(new Set(['app/a', 'app/b', 'app/c', 'app/d', 'app/new']))
  })
})
