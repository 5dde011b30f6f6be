import { useFixture } from '../use-fixture.ts'
import { beforeEach, expect, it } from 'vitest'
import { startTestServer } from '../test-server.ts'
import { FaultProxy } from './fault-proxy.ts'
import type { ProxyFault } from './proxy-fault.ts'

/** Connecting takes long on a loaded machine. */
const PATIENCE = { timeout: 60_000 }
const EVENTS = ['{"type":"ADDED"}', '{"type":"MODIFIED"}']
/** Responds to the last pending request. */
let respondLater = (): void => undefined
const seen = (): readonly string[] => server.seen.map(({ url }) => url)

const server = useFixture(() =>
  startTestServer((response, { path, query }) => {
    const respond = (): void => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(query.get('watch') === 'true' ? `${EVENTS.join('\n')}\n` : '{"kind":"Whole"}')
    }
    if (path === '/later') respondLater = respond
    else respond()
  }),
)
const proxy = useFixture(() => FaultProxy.open({ service: 'api', target: `http://${server.endpoint}`, caPem: '' }))
beforeEach(() => void server.seen.splice(0))

async function ask(path: string): Promise<string> {
  try {
    const result = await fetch(`${proxy.url}${path}`, { headers: { connection: 'close' } })
    return `${result.status} ${await result.text()}`
  } catch {
    return 'failed'
  }
}

const DONE = ['/x']
it.each<[string, ProxyFault | undefined, string, readonly string[]]>([
  ['forwards requests without a fault', undefined, '200 {"kind":"Whole"}', DONE],
  ['resets before the request is forwarded', { kind: 'reset-before' }, 'failed', []],
  ['loses the response of a processed request', { kind: 'response-lost' }, 'failed', DONE],
  ['resets in the middle of a response', { kind: 'reset-mid-body' }, 'failed', DONE],
  ['delays the response', { kind: 'latency', ms: 1 }, '200 {"kind":"Whole"}', DONE],
  ['sends the response in small pieces', { kind: 'slow-loris', pauseMs: 1 }, '200 {"kind":"Whole"}', DONE],
  ['responds with a page that is not JSON', { kind: 'garbage' }, '200 <html>unexpected page</html>', []],
  ['applies watch faults to watches only', { kind: 'watch-cut' }, '200 {"kind":"Whole"}', DONE],
])('%s', async (_rule, fault, result, done) => {
  proxy.setFault(fault && { fault, every: 1 })
  expect(await ask('/x')).toBe(result)
  expect(seen()).toEqual(done)
  proxy.setFault(undefined)
})

it('responds with a status and Retry-After', async () => {
  proxy.setFault({ fault: { kind: 'status', status: 429, retryAfterSeconds: 2 }, every: 1 })
  const result = await fetch(`${proxy.url}/x`, { headers: { connection: 'close' } })
  expect([result.status, result.headers.get('retry-after')]).toEqual([429, '2'])
  proxy.setFault(undefined)
})

it('responds 403 to everything while forbidden, and forwards nothing', async () => {
  proxy.forbid('')
  expect(await ask('/x')).toBe(
    '403 {"kind":"Status","apiVersion":"v1","status":"Failure","code":403,"reason":"Forbidden"}',
  )
  expect(seen()).toEqual([])
  proxy.forbid(undefined)
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
})

it.each<[string, ProxyFault, RegExp]>([
  ['sends every event twice', { kind: 'watch-twice' }, /^200 (\{"type":"ADDED"\}\n){2}(\{"type":"MODIFIED"\}\n){2}$/],
  [
    'delays events and keeps their order',
    { kind: 'watch-lag', ms: 5 },
    /^200 \{"type":"ADDED"\}\n\{"type":"MODIFIED"\}\n$/,
  ],
  ['reports an expired resourceVersion', { kind: 'watch-gone' }, /^200 .*"code":410.*\n$/],
  ['cuts a watch inside an event', { kind: 'watch-cut' }, /^failed$/],
])('%s', async (_rule, fault, result) => {
  proxy.setFault({ fault, every: 1 })
  expect(await ask('/x?watch=true')).toMatch(result)
  proxy.setFault(undefined)
})

it('sends nothing while half open, and closes the connection after that', async () => {
  proxy.setFault({ fault: { kind: 'half-open' }, every: 1 })
  const asked = ask('/x')
  await expect.poll(() => proxy.faulted.get('half-open'), PATIENCE).toBe(1)
  proxy.setFault(undefined)
  expect(await asked).toBe('failed')
})

it('holds a request until the hook releases it, and reports its status', async () => {
  let letGo = (): void => undefined
  const released = new Promise<void>((resolve) => (letGo = resolve))
  const statuses: number[] = []
  proxy.hook = {
    hold: () => released,
    after: (_call, status) => statuses.push(status) === 0,
  }
  const before = proxy.calls
  const asked = ask('/x')
  await expect.poll(() => proxy.calls, PATIENCE).toBeGreaterThan(before)
  expect(seen()).toEqual([])
  letGo()
  expect(await asked).toBe('200 {"kind":"Whole"}')
  expect([seen(), statuses]).toEqual([DONE, [200]])
  proxy.hook = undefined
})

it('forwards a complete request even if the client disconnects before the response', async () => {
  const status = new Promise<number>((done) => {
    proxy.hook = { after: ({ path }, code) => path === '/later' && done(code) === undefined }
  })
  const hangUp = new AbortController()
  const asked = fetch(`${proxy.url}/later`, { method: 'PUT', body: 'whole', signal: hangUp.signal })
  await expect.poll(seen, PATIENCE).toEqual(['/later'])
  hangUp.abort()
  await expect(asked).rejects.toThrow('aborted')
  // The proxy has noticed the disconnect by the end of this request.
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
  respondLater()
  expect(await status).toBe(200)
  proxy.hook = undefined
})

it('drops the caller before a request is forwarded, or after it is processed', async () => {
  proxy.hook = { before: () => true }
  expect(await ask('/x')).toBe('failed')
  expect(seen()).toEqual([])
  proxy.hook = { after: () => true }
  expect(await ask('/x')).toBe('failed')
  expect(seen()).toEqual(DONE)
  proxy.hook = undefined
})

it('forwards to another server for a while, and closes open connections at each change', async () => {
  await using other = await startTestServer((response) => response.end('{"kind":"Older"}'))
  const open = ask('/later')
  await expect.poll(seen, PATIENCE).toEqual(['/later'])
  proxy.redirect(`http://${other.endpoint}`)
  expect(await open).toBe('failed')
  expect(await ask('/x')).toBe('200 {"kind":"Older"}')
  expect(seen()).toEqual(['/later'])
  proxy.redirect(undefined)
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
})
