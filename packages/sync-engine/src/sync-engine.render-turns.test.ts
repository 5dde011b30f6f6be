import { defined, type RenderRequest, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import { engineFixture } from './testing/engine-fixture.ts'
import { NO_OBJECTS } from './testing/fixtures.ts'

/** An engine with a renderer that takes the number of milliseconds in the template. */
function start(failures: SecretSyncError[] = [], concurrency: number = 16) {
  const clock = new ManualClock()
  const failed: string[] = []
  let renders = 0
  const render = async ({ templates }: RenderRequest): Promise<Sensitive<Uint8Array>[]> => {
    renders += 1
    const takesMs = Number(templates[0]?.text)
    await new Promise<void>((resolve) => clock.setTimeout(resolve, takesMs))
    const failure = failures.shift()
    if (failure) throw failure
    return templates.map(({ text }) => new Sensitive(new TextEncoder().encode(String(text))))
  }
  const fixture = engineFixture(
    { 'app/db': 'one' },
    {
      clock,
      queue: { concurrency },
      templating: { renderer: { render }, sources: NO_OBJECTS },
      observer: { failed: (key, { code }) => failed.push(`${key} ${code}`) },
    },
  )
  const upsert = (namespace: string, name: string, template?: string): void => {
    const target = template === undefined ? {} : { template: { data: { a: template } } }
    fixture.upsert({ data: [{ key: 'app/db', name: 'x' }], target }, { namespace, name, uid: name })
  }
  const written = (namespace: string): number => {
    const targets = fixture.writer.actions.map(({ target }) => target)
    return new Set(targets.filter((target) => target.namespace === namespace).map(({ name }) => name)).size
  }
  const reasons = () => fixture.statuses.map(({ conditions }) => conditions[0]?.reason)
  return { ...fixture, reasons, failed, upsert, written, renders: () => renders }
}

it('slow templates of one namespace delay no other namespace, and are all rendered eventually', async () => {
  const { clock, backend, failed, upsert, written } = start()
  for (let i = 0; i < 48; i += 1) upsert('slow', `slow-${i}`, '2000')
  await clock.advance(10)
  upsert('other', 'plain')
  upsert('other', 'templated', '0')
  await clock.advance(10)
  expect([written('other'), written('slow')]).toEqual([1, 0])
  await clock.advance(2_000)
  expect([written('other'), written('slow')]).toEqual([2, 1])
  await clock.advance(100_000)
  expect([written('slow'), failed]).toEqual([48, []])
  // Requeued resources cause no reads: there was one for all of them, and one after the interval.
  expect(backend.reads.length).toBeLessThanOrEqual(2)
})

it.each([1, 2, 3, 4, 5, 16])(
  'with %d workers, a namespace waits for few slow templates of another',
  async (workers) => {
    const { clock, upsert, written } = start([], workers)
    for (let i = 0; i < 48; i += 1) upsert('slow', `slow-${i}`, '2000')
    await clock.advance(10)
    for (let i = 0; i < 4; i += 1) {
      upsert('other', `templated-${i}`, '0')
      await clock.advance(6_000)
      expect(written('other')).toBe(i + 1)
    }
    await clock.advance(100_000)
    expect(written('slow')).toBe(48)
  },
)

it('slow templates of one namespace do not delay many fast ones of another', async () => {
  const { clock, failed, upsert, written } = start()
  for (let i = 0; i < 48; i += 1) upsert('slow', `slow-${i}`, '2000')
  await clock.advance(10)
  for (let i = 0; i < 60; i += 1) upsert('other', `brief-${i}`, '10')
  await clock.advance(10_000)
  expect([written('other'), failed]).toEqual([60, []])
  await clock.advance(200_000)
  expect([written('slow'), failed]).toEqual([48, []])
})

it('a namespace waits for no resource of another that is deleted before its turn', async () => {
  const { clock, engine, upsert, written } = start([], 1)
  for (let i = 0; i < 48; i += 1) upsert('slow', `slow-${i}`, '10')
  upsert('other', 'templated', '0')
  await clock.advance(5)
  for (let i = 0; i < 48; i += 1) engine.remove(`slow/slow-${i}`)
  await clock.advance(20)
  expect([written('other'), written('slow')]).toEqual([1, 0])
})

it('renders all resources of one change without pauses', async () => {
  const { clock, upsert, written } = start()
  for (let i = 0; i < 48; i += 1) upsert('default', `brief-${i}`, '10')
  await clock.advance(48 * 10)
  expect(written('default')).toBe(48)
})

it('retries templates that timed out when the renderer allows it, a limited number of times', async () => {
  const lost = (retryAfterMs?: number): SecretSyncError =>
    new SecretSyncError('TemplateError', 'a: it takes longer than 2000 ms', {
      facts: { field: 'a', ...defined({ retryAfterMs }) },
    })
  const { clock, reasons, upsert, written, renders } = start([lost(10_000), lost(60_000)])
  upsert('default', 'web', '0')
  await clock.advance(69_999)
  expect([renders(), reasons().at(-1)]).toEqual([2, 'TemplateError'])
  await clock.advance(1)
  expect([renders(), reasons().at(-1), written('default')]).toEqual([3, 'Synced', 1])
})

it('does not retry templates that timed out finally until something changes', async () => {
  const { clock, reasons, upsert, renders } = start([new SecretSyncError('TemplateError', 'a: it takes too long')])
  upsert('default', 'web', '0')
  await clock.advance(24 * 3_600_000)
  expect([renders(), reasons()]).toEqual([1, ['TemplateError']])
})
