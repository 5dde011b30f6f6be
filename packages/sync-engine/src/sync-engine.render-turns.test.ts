import { defined, type RenderRequest, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { afterEach, expect, it } from 'vitest'
import { RateLimits } from './sources/read-queue/rate-limit.ts'
import { SyncEngine } from './sync-engine.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, valueOf } from './testing/fixtures.ts'

let close: (() => Promise<void>) | undefined
afterEach(async () => close?.())

/** An engine with a renderer that takes the number of milliseconds in the template. */
function start(failures: SecretSyncError[] = []) {
  const clock = new ManualClock()
  const writer = new MemoryWriter(digester)
  const statuses: string[] = []
  const failed: string[] = []
  let renders = 0
  const backend = mapBackend(new Map([['app/db', valueOf('one')]]))
  const render = async ({ templates }: RenderRequest): Promise<Sensitive<Uint8Array>[]> => {
    renders += 1
    const takesMs = Number(templates[0]?.text)
    await new Promise<void>((resolve) => clock.setTimeout(resolve, takesMs))
    const failure = failures.shift()
    if (failure) throw failure
    return templates.map(({ text }) => new Sensitive(new TextEncoder().encode(String(text))))
  }
  const engine = new SyncEngine({
    writer,
    digester,
    clock,
    random: () => 0.5,
    resolveStore: () => ({ kind: 'ready', connection: connectionOf(backend) }),
    templating: { renderer: { render }, sources: { read: () => Promise.resolve([]), forget: () => undefined } },
    defaults: { intervalMs: 120_000, disablePolling: false },
    sources: { rateLimits: new RateLimits({ qps: 0 }) },
    observer: { failed: (key, { code }) => failed.push(`${key} ${code}`) },
    reporter: {
      writeStatus: (_resource, { conditions }) => Promise.resolve(void statuses.push(String(conditions[0]?.reason))),
      recordEvent: () => undefined,
    },
  })
  close = () => engine.close()
  engine.start()
  const upsert = (namespace: string, name: string, template?: string): void => {
    const target = template === undefined ? {} : { template: { data: { a: template } } }
    const spec = specOf({ data: [{ key: 'app/db', name: 'x' }], target })
    engine.upsert(resourceOf(spec, { namespace, name, uid: name }))
  }
  const written = (namespace: string): number =>
    new Set(writer.actions.filter(({ target }) => target.namespace === namespace).map(({ target }) => target.name)).size
  return { clock, backend, statuses, failed, upsert, written, renders: () => renders }
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
  const { clock, statuses, upsert, written, renders } = start([lost(10_000), lost(60_000)])
  upsert('default', 'web', '0')
  await clock.advance(69_999)
  expect([renders(), statuses.at(-1)]).toEqual([2, 'TemplateError'])
  await clock.advance(1)
  expect([renders(), statuses.at(-1), written('default')]).toEqual([3, 'Synced', 1])
})

it('does not retry templates that timed out finally until something changes', async () => {
  const { clock, statuses, upsert, renders } = start([new SecretSyncError('TemplateError', 'a: it takes too long')])
  upsert('default', 'web', '0')
  await clock.advance(24 * 3_600_000)
  expect([renders(), statuses]).toEqual([1, ['TemplateError']])
})
