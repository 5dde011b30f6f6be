import type { ObservedSecret, OwnerRecord, TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { describe, expect, it } from 'vitest'
import { engineFixture, heldValue, INTERVAL } from './testing/engine-fixture.ts'
import { APP, findFixture } from './testing/find-fixture.ts'
import { digester, type FakeValue, recordOf, valueOf } from './testing/fixtures.ts'

const spec = { data: [{ key: 'app/db', name: 'password' }] }
const KEY = 'default/web'

/** A writer whose writes end when the test says so. */
class SlowWriter extends MemoryWriter {
  gate: Promise<void> | undefined

  override async apply(action: TargetAction): Promise<ObservedSecret | undefined> {
    await this.gate
    return super.apply(action)
  }
}

/** An engine that shares resources with another process. */
function start({ value = valueOf('one') }: { readonly value?: FakeValue } = {}) {
  const writer = new SlowWriter(digester)
  const foreign = new Set<string>()
  const cleanups: string[] = []
  let mayCleanUp = true
  const fixture = engineFixture(
    { 'app/db': valueOf('one') },
    {
      writer,
      sharing: {
        isForeign: (key) => foreign.has(key),
        mayCleanUp: async (key) => {
          cleanups.push(key)
          return mayCleanUp
        },
      },
    },
  )
  fixture.values.set('app/db', value)
  return {
    ...fixture,
    writer,
    foreign,
    cleanups,
    refuseCleanUp: () => {
      mayCleanUp = false
    },
    give: () => {
      foreign.add(KEY)
      fixture.engine.release(KEY)
    },
  }
}

describe('a shared resource', () => {
  it('keeps target and status when it is released, and costs no more reads', async () => {
    const { clock, upsert, give, backend, writer, statuses, engine, values } = start()
    upsert(spec)
    await clock.advance(1_000)
    give()
    await engine.released()
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(5 * INTERVAL)
    expect(backend.reads).toEqual(['app/db'])
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(writer.actions).toHaveLength(1)
    expect(statuses).toHaveLength(1)
    expect(engine.stats()).toMatchObject({ resources: 0, sources: { sources: 0 } })
  })

  it('costs no more reads and lists if it is released while its target is observed', async () => {
    const { promise: observed, resolve: respond } = Promise.withResolvers<void>()
    class SlowReader extends MemoryWriter {
      override async observe(...request: Parameters<MemoryWriter['observe']>): Promise<ObservedSecret | undefined> {
        await observed
        return super.observe(...request)
      }
    }
    const foreign = new Set<string>()
    const sharing = { isForeign: (key: string) => foreign.has(key), mayCleanUp: async () => true }
    const { clock, engine, sync, kms } = findFixture(['app/db'], { writer: new SlowReader(digester), sharing })
    await sync(APP)
    foreign.add(KEY)
    engine.release(KEY)
    respond()
    await clock.advance(5_000)
    await engine.released()
    const before = [...kms.reads, ...kms.pages]
    await clock.advance(10 * INTERVAL)
    expect([...kms.reads, ...kms.pages]).toEqual(before)
    expect(engine.stats()).toMatchObject({ resources: 0, sources: { sources: 0 } })
  })

  it('is written without a rewrite when this process takes it again', async () => {
    const { clock, upsert, give, foreign, backend, writer, values } = start()
    upsert(spec)
    await clock.advance(1_000)
    give()
    await clock.advance(INTERVAL)
    foreign.clear()
    upsert(spec)
    await clock.advance(1_000)
    expect(backend.reads).toEqual(['app/db', 'app/db'])
    expect(writer.actions).toHaveLength(1)
    values.set('app/db', valueOf('two', 'v2'))
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'two' })
  })

  it('is not written after its release, however late its value arrives', async () => {
    const { held, respond } = heldValue(valueOf('late'))
    const { clock, upsert, give, writer, engine, statuses } = start({ value: held })
    upsert(spec)
    await clock.advance(1_000)
    give()
    await engine.released()
    respond()
    await clock.advance(INTERVAL)
    expect(writer.actions).toEqual([])
    expect(statuses).toEqual([])
  })

  it('is released once the write in progress has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { clock, upsert, give, writer, engine } = start()
    writer.gate = promise
    upsert(spec)
    await clock.advance(1_000)
    give()
    const order: string[] = []
    const released = (async () => {
      await engine.released()
      order.push('released')
    })()
    await clock.advance(5_000)
    order.push('write ends')
    resolve()
    await released
    expect(order).toEqual(['write ends', 'released'])
    expect(writer.actions).toHaveLength(1)
    await clock.advance(INTERVAL)
    expect(writer.actions).toHaveLength(1)
  })

  it('is left alone while it belongs to another process', async () => {
    const { clock, upsert, give, writer, engine, cleanups, backend } = start()
    upsert(spec)
    await clock.advance(1_000)
    give()
    writer.tamper('web', 'password')
    engine.recover()
    engine.storesChanged()
    await clock.advance(INTERVAL)
    expect(writer.textsOf('web')).toEqual({ password: 'tampered' })
    expect(writer.actions).toHaveLength(1)
    expect(cleanups).toEqual([])
    expect(backend.reads).toHaveLength(1)
  })

  it('is cleaned up after its deletion only if this process may clean up', async () => {
    const merge = { ...spec, target: { creationPolicy: 'Merge', deletionPolicy: 'Delete' } }
    for (const isAllowed of [true, false]) {
      const { clock, upsert, writer, engine, cleanups, refuseCleanUp } = start()
      writer.putForeign('web')
      upsert(merge)
      await clock.advance(1_000)
      expect(writer.textsOf('web')).toEqual({ theirs: 'x', password: 'one' })
      if (!isAllowed) refuseCleanUp()
      engine.remove(KEY)
      await clock.advance(INTERVAL)
      expect(cleanups).toEqual([KEY])
      expect(writer.textsOf('web')).toEqual(isAllowed ? { theirs: 'x' } : { theirs: 'x', password: 'one' })
    }
  })

  describe('that the engine does not know when it starts', () => {
    const mergeRecord = recordOf({ password: 'one' }, { creation: 'merge' })

    /** Targets of resources whose watch is behind, or that were deleted while no process ran. */
    async function recovered(records: Readonly<Record<string, OwnerRecord>>, isAllowed: boolean) {
      const fixture = start()
      if (!isAllowed) fixture.refuseCleanUp()
      for (const [name, record] of Object.entries(records)) {
        fixture.writer.putForeign(name)
        fixture.writer.editForeign(name, { records: new Map([[name, record]]) })
      }
      fixture.engine.recover()
      await fixture.clock.advance(INTERVAL)
      return fixture
    }

    it.each([
      ['keeps its merged keys while it may exist', false, 0],
      ['loses its merged keys once it is known to be gone', true, 1],
    ])('%s', async (_rule, isAllowed, releases) => {
      const { writer, cleanups } = await recovered({ web: mergeRecord }, isAllowed)
      expect(cleanups).toEqual([KEY])
      expect(writer.actions).toHaveLength(releases)
    })

    it('is not asked for if its target stays anyway', async () => {
      const retained = recordOf({ password: 'one' }, { deletion: 'retain' })
      const owned = recordOf({ password: 'one' })
      const { writer, cleanups } = await recovered({ retained, owned }, true)
      expect(cleanups).toEqual([])
      expect(writer.actions).toEqual([])
    })
  })
})
