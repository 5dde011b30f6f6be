import { defined, SecretSyncError } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { digester, NO_OBJECTS, valueOf } from './testing/fixtures.ts'

const HOUR = 3_600_000
/** The second read has happened by then. */
const A_SECOND_LOOK = 20_000
const data = [
  { key: 'db', name: 'password' },
  { key: 'token', name: 'token', optional: true },
]
const BOTH = { password: 'one', token: 'a' }

/** An engine with a polling interval of one hour. */
function start({ confirmAbsence, writer = new MemoryWriter(digester) }: StartOptions = {}) {
  const fixture = engineFixture(
    { db: 'one', token: 'a' },
    {
      writer,
      defaults: { intervalMs: HOUR },
      templating: { renderer: new TinyRenderer(), sources: NO_OBJECTS },
      ...defined({ confirmAbsence }),
    },
  )
  const { clock, values, engine } = fixture
  const upsert = async (spec: object = { data }): Promise<void> => {
    fixture.upsert(spec)
    await clock.advance(1_000)
  }
  const lose = async (name = 'token'): Promise<void> => {
    values.delete(name)
    engine.hint(name)
    await clock.advance(2_000)
  }
  return { ...fixture, upsert, lose }
}

interface StartOptions {
  readonly confirmAbsence?: boolean
  readonly writer?: MemoryWriter
}

describe('an optional secret that is not found', () => {
  it('keeps its key until a second read, which follows soon, and does not report the first', async () => {
    const { clock, writer, backend, statuses, events, upsert, lose } = start()
    await upsert()
    const before = [statuses.length, events.length]
    await lose()
    expect(writer.textsOf('web')).toEqual(BOTH)
    expect([statuses.length, events.length]).toEqual(before)
    const reads = backend.reads.length
    await clock.advance(A_SECOND_LOOK)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
    expect(backend.reads.slice(reads).filter((name) => name === 'token')).toHaveLength(1)
    expect(statuses.at(-1)?.conditions[0]).toMatchObject({ status: 'True', message: '1 key up to date' })
  })

  it('keeps its key if it exists again at the second read', async () => {
    const { clock, values, writer, upsert, lose } = start()
    await upsert()
    await lose()
    values.set('token', valueOf('b', 'v2'))
    await clock.advance(A_SECOND_LOOK)
    expect(writer.textsOf('web')).toEqual({ password: 'one', token: 'b' })
    expect(writer.actions.map((action) => (action.kind === 'patch' ? action.remove : []))).toEqual([[], []])
  })

  it('keeps its key while the second read fails', async () => {
    const { clock, values, writer, upsert, lose } = start()
    await upsert()
    await lose()
    values.set('token', () => {
      throw new SecretSyncError('Unavailable', 'away')
    })
    await clock.advance(HOUR / 4)
    expect(writer.textsOf('web')).toEqual(BOTH)
    values.delete('token')
    await clock.advance(HOUR / 4)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('lets other keys change meanwhile', async () => {
    const { values, engine, clock, writer, upsert, lose } = start()
    await upsert()
    await lose()
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(2_000)
    expect(writer.textsOf('web')).toEqual({ password: 'two', token: 'a' })
  })

  it('is omitted if it never existed', async () => {
    const { values, writer, upsert } = start()
    values.delete('token')
    await upsert()
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('is read twice by the next process as well', async () => {
    const first = start()
    await first.upsert()
    await first.engine.close()
    const { values, clock, writer, upsert } = start({ writer: first.writer })
    values.delete('token')
    await upsert()
    expect(writer.textsOf('web')).toEqual(BOTH)
    await clock.advance(A_SECOND_LOOK)
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })

  it('keeps rendered keys until a second read', async () => {
    const { clock, writer, upsert, lose } = start()
    const template = { data: { conf: 'db={{ .password }}' }, mergePolicy: 'Merge' }
    await upsert({ data, target: { template } })
    const before = writer.textsOf('web')
    expect(before).toMatchObject({ conf: expect.any(String), token: 'a' })
    await lose()
    expect(writer.textsOf('web')).toEqual(before)
    await clock.advance(A_SECOND_LOOK)
    expect(Object.keys(writer.textsOf('web') ?? {}).toSorted()).toEqual(['conf', 'password'])
  })

  it('loses its key at the first read of a run without a second one', async () => {
    const { writer, upsert, lose } = start({ confirmAbsence: false })
    await upsert()
    await lose()
    expect(writer.textsOf('web')).toEqual({ password: 'one' })
  })
})
