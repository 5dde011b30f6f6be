import { SecretSyncError, type TargetAction } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import type { CreateGenerator } from './generate/generated-plan.ts'
import { encodeGeneratedVersion } from './model/generated-version.ts'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { FakeRestarter } from './testing/fake-restarter.ts'
import { digester, NO_OBJECTS, valueOf } from './testing/fixtures.ts'
import { DAILY, DAY, generate, Generators, HOUR, ONE, startGenerating } from './testing/generating-engine.ts'

describe('a generated key', () => {
  it('is generated once, and never without a reason', async () => {
    const { clock, texts, upsert, writes, generators, statuses, events } = startGenerating()
    await upsert(ONE)
    await clock.advance(100 * DAY)
    expect([texts(), generators.generated, writes()]).toEqual([{ password: 'new-1' }, 1, ['create']])
    expect(statuses.at(-1)?.generated).toEqual([{ name: 'password', generatedTime: '2026-01-01T00:00:00Z' }])
    expect(events).toEqual(['Synced: Secret web: new value generated for key password'])
  })

  it('is kept by a process that knows only the target', async () => {
    const first = startGenerating()
    await first.upsert(DAILY)
    const { writer, generators } = first
    const clock = new ManualClock(first.clock.now() + 23 * HOUR)
    const second = startGenerating({ writer, generators, clock })
    await second.upsert(DAILY)
    await clock.advance(HOUR - 1)
    expect([second.texts(), second.writes()]).toEqual([{ password: 'new-1' }, ['create']])
    await clock.advance(1)
    expect([second.texts(), second.writes()]).toEqual([{ password: 'new-2' }, ['create', 'patch']])
  })

  it('is rotated at its interval, with one restart each', async () => {
    const restarter = new FakeRestarter()
    const { clock, texts, upsert, statuses } = startGenerating({ restarter })
    await upsert({ ...DAILY, restart: [{ kind: 'Deployment', name: 'web' }] })
    await clock.advance(DAY - 1)
    expect([texts(), restarter.calls.length]).toEqual([{ password: 'new-1' }, 0])
    await clock.advance(HOUR)
    expect([texts(), restarter.calls.length]).toEqual([{ password: 'new-2' }, 1])
    await clock.advance(DAY)
    expect([texts(), restarter.calls.length]).toEqual([{ password: 'new-3' }, 2])
    expect(statuses.at(-1)?.generated).toEqual([
      { name: 'password', generatedTime: '2026-01-03T00:00:00Z', renewalTime: '2026-01-04T00:00:00Z' },
    ])
  })

  it('is rotated without polling', async () => {
    const { clock, texts, upsert } = startGenerating({ defaults: { disablePolling: true } })
    await upsert(DAILY)
    await clock.advance(DAY)
    expect(texts()).toEqual({ password: 'new-2' })
  })

  it('does not change with other keys, which do not wait for it', async () => {
    const { clock, texts, upsert, values, engine, writes } = startGenerating({}, { db: 'one' })
    await upsert({ ...ONE, data: [{ key: 'db', name: 'url' }] })
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(INTERVAL)
    expect([texts(), writes()]).toEqual([{ url: 'two', password: 'new-1' }, ['create', 'patch']])
  })

  it('is independent of other generated keys', async () => {
    const { clock, texts, upsert } = startGenerating()
    await upsert({ generate: [generate({ rotationInterval: '24h' }), generate({}, 'salt')] })
    await clock.advance(DAY)
    expect(texts()).toEqual({ password: 'new-3', salt: 'new-2' })
    await upsert(
      { generate: [generate({ rotationInterval: '24h' }), generate({}, 'salt'), generate({}, 'more')] },
      { generation: 2 },
    )
    expect(texts()).toEqual({ password: 'new-3', salt: 'new-2', more: 'new-4' })
  })

  it('keeps its value when its settings change, unless the resource requests a new value', async () => {
    const { texts, upsert, writes } = startGenerating()
    await upsert(ONE)
    await upsert({ generate: [generate({ length: 64 })] }, { generation: 2 })
    expect([texts(), writes()]).toEqual([{ password: 'new-1' }, ['create']])
    await upsert({ generate: [generate({ length: 64, onSettingsChange: 'Generate' })] }, { generation: 3 })
    expect([texts(), writes()]).toEqual([{ password: 'new-2' }, ['create', 'patch']])
  })

  it('takes the value over from a KMS secret, which it replaces in the spec', async () => {
    const { texts, upsert } = startGenerating({}, { db: 'one' })
    await upsert({ data: [{ key: 'db', name: 'password' }] })
    await upsert(ONE, { generation: 2 })
    expect(texts()).toEqual({ password: 'one' })
  })

  it('keeps the value of an adopted Secret', async () => {
    const { texts, upsert, writer, events } = startGenerating()
    writer.putForeign('web')
    const key = Object.keys(writer.textsOf('web') ?? {})[0] ?? ''
    const before = writer.textsOf('web')?.[key]
    await upsert({ generate: [generate({}, key)], target: { creationPolicy: 'Adopt' } })
    expect([before === '', texts()]).toEqual([false, { [key]: before }])
    expect(events).toEqual([
      `Adopted: Secret web is now managed by this resource: kept the value that another user set for key ${key}`,
    ])
  })
})

describe('an edit of a generated key', () => {
  it('is the new value: its age counts from then, and workloads restart once', async () => {
    const restarter = new FakeRestarter()
    const { clock, texts, upsert, writer, events, ready } = startGenerating({ restarter })
    await upsert({ ...DAILY, restart: [{ kind: 'Deployment', name: 'web' }] })
    await clock.advance(12 * HOUR)
    writer.tamper('web', 'password')
    await clock.advance(HOUR)
    expect([texts(), ready(), restarter.calls.length]).toEqual([{ password: 'tampered' }, 'True Synced', 1])
    expect(events.slice(1, 2)).toEqual(['Synced: Secret web: kept the value that another user set for key password'])
    await clock.advance(22 * HOUR)
    expect(texts()).toEqual({ password: 'tampered' })
    await clock.advance(2 * HOUR)
    expect([texts(), restarter.calls.length]).toEqual([{ password: 'new-2' }, 2])
  })

  it('also counts while another key is written', async () => {
    const { clock, texts, upsert, values, engine, writer } = startGenerating({}, { db: 'one' })
    await upsert({ ...ONE, data: [{ key: 'db', name: 'url' }] })
    const apply = writer.apply.bind(writer)
    writer.apply = (action: TargetAction) => {
      writer.apply = apply
      writer.tamper('web', 'password')
      return apply(action)
    }
    values.set('db', valueOf('two', 'v2'))
    engine.hint('db')
    await clock.advance(HOUR)
    expect(texts()).toEqual({ url: 'two', password: 'tampered' })
  })

  it('is reported even in the second in which the value was generated', async () => {
    const { clock, texts, upsert, writer, events } = startGenerating()
    await upsert(ONE)
    writer.tamper('web', 'password')
    await clock.advance(100)
    expect(texts()).toEqual({ password: 'tampered' })
    expect(events).toEqual([
      'Synced: Secret web: new value generated for key password',
      'Synced: Secret web: kept the value that another user set for key password',
    ])
  })

  it('backs off when it repeats', async () => {
    const { clock, upsert, writer, writes } = startGenerating()
    await upsert(ONE)
    for (let edit = 0; edit < 600; edit += 1) {
      writer.tamper('web', 'password', 'default', `edit-${edit}`)
      await clock.advance(1_000)
    }
    expect(writes().length).toBeLessThan(20)
  })

  it('does not count as new if only its field manager changed', async () => {
    const { clock, texts, upsert, writer } = startGenerating()
    await upsert(DAILY)
    await clock.advance(12 * HOUR)
    writer.tamper('web', 'password')
    writer.rewrite(
      'web',
      'password',
      'tampered',
      encodeGeneratedVersion({ generatedMs: clock.now() - 12 * HOUR, settings: '20' }),
    )
    await clock.advance(12 * HOUR)
    expect(texts()).toEqual({ password: 'new-2' })
  })

  it('that deletes the Secret ends in a new value', async () => {
    const { clock, texts, upsert, writer, events } = startGenerating()
    await upsert(ONE)
    writer.remove('web')
    await clock.advance(HOUR)
    expect(texts()).toEqual({ password: 'new-2' })
    expect(events.at(-1)).toContain('new value generated for key password')
  })
})

describe('a generated value is not lost', () => {
  it('when every KMS secret of the target is deleted', async () => {
    const { clock, texts, upsert, values } = startGenerating({ cleanUp: true }, { db: 'one' })
    await upsert({ ...ONE, data: [{ key: 'db', name: 'url' }] })
    values.set('db', () => {
      throw new SecretSyncError('NotFound', 'no such secret', { facts: { absent: true } })
    })
    await clock.advance(DAY)
    expect(texts()).toEqual({ url: 'one', password: 'new-1' })
  })

  it('when the Secret is recreated for another type', async () => {
    const { texts, upsert, writes } = startGenerating()
    await upsert(ONE)
    await upsert({ ...ONE, type: 'kubernetes.io/basic-auth' }, { generation: 2 })
    expect([texts(), writes()]).toEqual([{ password: 'new-1' }, ['create', 'replace']])
  })

  it('when a crash has left the Secret in its replacement, which cannot be finished yet', async () => {
    const writer = new MemoryWriter(digester)
    writer.begun.push({ target: { namespace: 'default', name: 'web' }, ownerName: 'web', deletion: 'delete' })
    writer.failures.push(
      ...Array.from({ length: 3 }, () => new SecretSyncError('WriteFailed', 'a webhook refuses the Secret')),
    )
    const { clock, upsert, writes, generators } = startGenerating({ writer })
    await upsert(ONE)
    await clock.advance(100)
    expect([generators.generated, writes()]).toEqual([0, []])
    await clock.advance(HOUR)
    expect(writes()[0]).toBe('finish')
  })

  it('from the status while a failing source prevents the record of an edit', async () => {
    const { clock, upsert, values, writer, statuses } = startGenerating({}, { db: 'one' })
    await upsert({ ...ONE, data: [{ key: 'db', name: 'url' }], onKeyFailure: 'Block' })
    values.set('db', () => {
      throw new SecretSyncError('AccessDenied', 'no permission')
    })
    await clock.advance(INTERVAL)
    writer.tamper('web', 'password')
    await clock.advance(HOUR)
    expect(new Set(statuses.map((status) => JSON.stringify(status.generated))).size).toBe(1)
  })

  it('when the Secret gets another name', async () => {
    const { clock, texts, upsert, writer, generators } = startGenerating()
    await upsert(DAILY)
    await clock.advance(HOUR)
    await upsert({ ...DAILY, target: { name: 'moved' } }, { generation: 2 })
    expect([texts(), writer.textsOf('moved'), generators.generated]).toEqual([undefined, { password: 'new-1' }, 1])
    await clock.advance(23 * HOUR)
    expect(writer.textsOf('moved')).toEqual({ password: 'new-2' })
  })

  it('when a renewal fails, which is reported and retried', async () => {
    const { clock, texts, upsert, generators, ready, message, statuses } = startGenerating()
    await upsert(DAILY)
    generators.failures.push(...Array.from({ length: 90 }, () => new SecretSyncError('AccessDenied', 'no permission')))
    await clock.advance(DAY + HOUR)
    expect([texts(), ready()]).toEqual([{ password: 'new-1' }, 'False AccessDenied'])
    expect(message()).toContain('no permission (last values kept)')
    expect(statuses.at(-1)?.generated).toEqual(statuses[0]?.generated)
    expect(generators.failures.length).toBeLessThan(60)
    expect(generators.failures.length).toBeGreaterThan(10)
    await clock.advance(HOUR)
    expect([texts(), ready()]).toEqual([{ password: 'new-2' }, 'True Synced'])
  })

  it('when another replica has generated one at the same time', async () => {
    const generators = new Generators()
    const writer = new MemoryWriter(digester)
    const apply = writer.apply.bind(writer)
    const other = startGenerating({ writer, generators })
    let raced = false
    writer.apply = async (action: TargetAction) => {
      if (!raced) {
        raced = true
        await other.upsert(ONE)
      }
      return apply(action)
    }
    const { clock, texts, upsert, writes } = startGenerating({ writer, generators })
    await upsert(ONE)
    await clock.advance(HOUR)
    expect([generators.generated, texts(), writes()]).toEqual([2, { password: 'new-2' }, ['create']])
  })
})

describe('templates', () => {
  const templating = {
    renderer: new TinyRenderer(),
    sources: NO_OBJECTS,
  }

  it('use the value, which stays in the Secret although they replace other keys', async () => {
    const { clock, texts, upsert, values, engine } = startGenerating({ templating }, { user: 'tom' })
    const spec = { generate: [generate({ rotationInterval: '24h' })], data: [{ key: 'user', name: 'user' }] }
    await upsert({ ...spec, target: { template: { data: { url: 'db://{{ .user }}:{{ .password }}' } } } })
    expect(texts()).toEqual({ password: 'new-1', url: 'db://tom:new-1' })
    values.set('user', valueOf('eve', 'v2'))
    engine.hint('user')
    await clock.advance(INTERVAL)
    expect(texts()).toEqual({ password: 'new-1', url: 'db://eve:new-1' })
    await clock.advance(DAY)
    expect(texts()).toEqual({ password: 'new-2', url: 'db://eve:new-2' })
  })

  it('must not produce the key itself', async () => {
    const { clock, texts, upsert, ready, message } = startGenerating({ templating })
    await upsert({ ...ONE, target: { template: { data: { password: '{{ .password }}-more' } } } })
    await clock.advance(HOUR)
    expect([texts(), ready()]).toEqual([undefined, 'False DuplicateKey'])
    expect(message()).toBe(
      'spec.generate[0].name: key password is also produced by spec.target.template; rename one of them',
    )
  })
})

describe('is refused', () => {
  it('in a command without generators', async () => {
    const fixture = engineFixture()
    fixture.upsert(ONE)
    await fixture.clock.advance(0)
    expect([fixture.ready(), fixture.writer.actions.length]).toEqual(['False InvalidSpec', 0])
  })

  it('with the field, if no value can have the settings', async () => {
    const createGenerator: CreateGenerator = () => {
      throw new SecretSyncError('InvalidSpec', 'password.alphabet: too short', {
        facts: { field: 'password.alphabet' },
      })
    }
    const fixture = engineFixture({}, { createGenerator })
    fixture.upsert(ONE)
    await fixture.clock.advance(0)
    expect([fixture.ready(), fixture.message()]).toEqual([
      'False InvalidSpec',
      'spec.generate[0].password.alphabet: too short',
    ])
  })
})
