import { type SecretGenerator, SecretSyncError, Sensitive, type TargetAction } from '@ack-secret-manager/core'
import { parseExternalSecret } from '@ack-secret-manager/resources'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { digester, NO_OBJECTS, resourceOf, specOf } from './testing/fixtures.ts'

function start(options = {}) {
  const counter = { generated: 0 }
  const createGenerator = (): SecretGenerator => ({
    kind: 'password',
    settings: '20',
    generate: () =>
      Promise.resolve({ value: new Sensitive<Uint8Array>(Buffer.from(`new-${(counter.generated += 1)}`)) }),
  })
  const writer = new MemoryWriter(digester)
  return { ...engineFixture({}, { createGenerator, writer, ...options }), writer, counter }
}

const PASSWORD = { generate: [{ name: 'password', password: {} }] }

describe('a generated value', () => {
  it.each([
    ['a third name', 'c'],
    ['back to the first', 'web'],
  ])(
    'is that of the current Secret after a rename to %s, while the deletion of the first one fails',
    async (_to, name) => {
      const { writer, upsert, clock } = start()
      upsert(PASSWORD)
      await clock.advance(1_000)
      const apply = writer.apply.bind(writer)
      let isDenied = true
      writer.apply = (action: TargetAction) =>
        isDenied && action.kind === 'release' && action.target.name === 'web'
          ? Promise.reject(new SecretSyncError('WriteDenied', 'a webhook denies the deletion'))
          : apply(action)
      upsert({ ...PASSWORD, target: { name: 'b' } }, { generation: 2 })
      await clock.advance(10_000)
      writer.tamper('b', 'password', 'default', 'edited-in-b')
      await clock.advance(600_000)
      isDenied = false
      upsert({ ...PASSWORD, target: { name } }, { generation: 3 })
      await clock.advance(10_000)
      expect(writer.textsOf(name)).toEqual({ password: 'edited-in-b' })
    },
  )

  it('stays while the spec has a field of a newer version', async () => {
    const { engine, writer, upsert, clock, ready, message } = start()
    upsert(PASSWORD)
    await clock.advance(1_000)
    const spec = { generate: [{ name: 'password', futurePassword: {} }] }
    const parsed = parseExternalSecret({
      apiVersion: 'alibabacloud.com/v1alpha1',
      kind: 'ExternalSecret',
      metadata: { namespace: 'default', name: 'web', generation: 2 },
      spec,
    })
    if (parsed.ok) throw new Error('the field is known')
    engine.upsert({ ...resourceOf(specOf(PASSWORD)), generation: 2, spec: { ok: false, error: parsed.error } })
    await clock.advance(86_400_000)
    expect([ready(), message()]).toEqual(['False InvalidSpec', expect.stringContaining('spec.generate[0]')])
    expect(writer.textsOf('web')).toEqual({ password: 'new-1' })
  })

  it('moves to a Secret that is adopted with the same key', async () => {
    const { writer, upsert, clock } = start()
    const theirs = { generate: [{ name: 'theirs', password: {} }] }
    upsert(theirs)
    await clock.advance(1_000)
    writer.putForeign('other')
    upsert({ ...theirs, target: { name: 'other', creationPolicy: 'Adopt' } }, { generation: 2 })
    await clock.advance(10_000)
    expect(writer.textsOf('other')).toEqual({ theirs: 'new-1' })
  })

  it('is not generated while a Secret of another name is being recreated', async () => {
    const { engine, writer, upsert, clock } = start({ standby: true })
    writer.begun.push({ target: { namespace: 'default', name: 'web' }, ownerName: 'web', deletion: 'delete' })
    const apply = writer.apply.bind(writer)
    writer.apply = (action: TargetAction) =>
      action.kind === 'finish'
        ? Promise.reject(new SecretSyncError('WriteDenied', 'a webhook denies the Secret'))
        : apply(action)
    upsert({ ...PASSWORD, target: { name: 'moved' } })
    engine.start()
    await clock.advance(60_000)
    expect(writer.textsOf('moved')).toBeUndefined()
  })

  it('waits for a Secret that is being recreated, and reports the failure in the condition', async () => {
    const { engine, writer, upsert, clock, ready, message } = start({ standby: true })
    writer.begun.push({ target: { namespace: 'default', name: 'web' }, ownerName: 'web', deletion: 'delete' })
    const apply = writer.apply.bind(writer)
    writer.apply = (action: TargetAction) =>
      action.kind === 'finish'
        ? Promise.reject(new SecretSyncError('WriteDenied', 'webhook policy.example.com denied the request: no owner'))
        : apply(action)
    upsert(PASSWORD)
    engine.start()
    await clock.advance(60_000)
    expect([ready(), message()]).toEqual([
      'False WriteFailed',
      'Secret default/web is being recreated, which fails: webhook policy.example.com denied the request: no owner',
    ])
  })

  it.each([
    ['a ServiceAccount', { controller: { kind: 'ServiceAccount', name: 'other', uid: 'uid-other' } }],
    ['a system', { type: 'kubernetes.io/service-account-token' }],
    ['no owner, without adoption', {}],
  ])('is never the value of a Secret of %s, which a template could reveal', async (_owner, foreign) => {
    const seen: string[] = []
    const renderer = new TinyRenderer()
    const render = renderer.render.bind(renderer)
    renderer.render = (request) => {
      seen.push(Buffer.from(request.data.get('theirs')?.expose() ?? []).toString())
      return render(request)
    }
    const templating = { renderer, sources: NO_OBJECTS }
    const { writer, upsert, clock, ready } = start({ templating })
    writer.putForeign('web')
    writer.editForeign('web', foreign)
    upsert({
      generate: [{ name: 'theirs', password: {} }],
      target: { template: { data: { a: '{{ .theirs }}' } } },
    })
    await clock.advance(1_000)
    expect(seen).toEqual(['new-1'])
    expect(ready()).toContain('TargetConflict')
  })
})
