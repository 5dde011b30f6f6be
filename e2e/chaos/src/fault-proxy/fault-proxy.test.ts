import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ProxyFault } from '../faults/fault.ts'
import { FaultProxy } from './fault-proxy.ts'

/** A loaded machine takes its time to connect. */
const PATIENCE = { timeout: 20_000 }
const EVENTS = ['{"type":"ADDED"}', '{"type":"MODIFIED"}']
const seen: string[] = []
/** Answers what was asked for last that waits for it. */
let answerLater = (): void => undefined
const server = createServer((request, response) => {
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(request.url?.includes('watch=true') === true ? `${EVENTS.join('\n')}\n` : '{"kind":"Whole"}')
  }
  if (request.url === '/later') answerLater = answer
  else answer()
  seen.push(request.url ?? '')
})
let proxy: FaultProxy

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy = await FaultProxy.open({ service: 'api', target, caPem: '' })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  server.close()
})

async function ask(path: string): Promise<string> {
  try {
    const answer = await fetch(`${proxy.url}${path}`, { headers: { connection: 'close' } })
    return `${answer.status} ${await answer.text()}`
  } catch {
    return 'failed'
  }
}

const DONE = ['/x']
it.each<[string, ProxyFault | undefined, string, readonly string[]]>([
  ['passes on what it is not told to spoil', undefined, '200 {"kind":"Whole"}', DONE],
  ['resets before anything is done', { kind: 'reset-before' }, 'failed', []],
  ['loses the answer to what was done', { kind: 'answer-lost' }, 'failed', DONE],
  ['resets in the middle of an answer', { kind: 'reset-mid-body' }, 'failed', DONE],
  ['answers late', { kind: 'latency', ms: 1 }, '200 {"kind":"Whole"}', DONE],
  ['answers piece by piece', { kind: 'slow-loris', pauseMs: 1 }, '200 {"kind":"Whole"}', DONE],
  ['answers what is no JSON', { kind: 'garbage' }, '200 <html>not what you asked for</html>', []],
  ['leaves other requests than watches alone', { kind: 'watch-cut' }, '200 {"kind":"Whole"}', DONE],
])('%s', async (_rule, fault, answer, done) => {
  seen.length = 0
  proxy.setFault(fault && { fault, every: 1 })
  expect(await ask('/x')).toBe(answer)
  expect(seen).toEqual(done)
  proxy.setFault(undefined)
})

it('refuses with a status, and says when to come again', async () => {
  proxy.setFault({ fault: { kind: 'status', status: 429, retryAfterSeconds: 2 }, every: 1 })
  const answer = await fetch(`${proxy.url}/x`, { headers: { connection: 'close' } })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2'])
  proxy.setFault(undefined)
})

it('refuses everything with 403 until that is over, and nothing of it is done', async () => {
  seen.length = 0
  proxy.forbid('')
  expect(await ask('/x')).toBe(
    '403 {"kind":"Status","apiVersion":"v1","status":"Failure","code":403,"reason":"Forbidden"}',
  )
  expect(seen).toEqual([])
  proxy.forbid(undefined)
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
})

it.each<[string, ProxyFault, RegExp]>([
  ['tells every event twice', { kind: 'watch-twice' }, /^200 (\{"type":"ADDED"\}\n){2}(\{"type":"MODIFIED"\}\n){2}$/],
  [
    'tells events late, and in their order',
    { kind: 'watch-lag', ms: 5 },
    /^200 \{"type":"ADDED"\}\n\{"type":"MODIFIED"\}\n$/,
  ],
  ['tells that the history is gone', { kind: 'watch-gone' }, /^200 .*"code":410.*\n$/],
  ['cuts a watch inside an event', { kind: 'watch-cut' }, /^failed$/],
])('%s', async (_rule, fault, answer) => {
  proxy.setFault({ fault, every: 1 })
  expect(await ask('/x?watch=true')).toMatch(answer)
  proxy.setFault(undefined)
})

it('says nothing while it is half open, and hangs up after that', async () => {
  proxy.setFault({ fault: { kind: 'half-open' }, every: 1 })
  const asked = ask('/x')
  await expect.poll(() => proxy.faulted.get('half-open'), PATIENCE).toBe(1)
  proxy.setFault(undefined)
  expect(await asked).toBe('failed')
})

it('holds a call back for as long as it is told to, and tells what came of it', async () => {
  seen.length = 0
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
  expect(seen).toEqual([])
  letGo()
  expect(await asked).toBe('200 {"kind":"Whole"}')
  expect([seen, statuses]).toEqual([DONE, [200]])
  proxy.hook = undefined
})

it('passes on what has come whole, also of one who hangs up before the answer', async () => {
  seen.length = 0
  const status = new Promise<number>((done) => {
    proxy.hook = { after: ({ path }, code) => path === '/later' && done(code) === undefined }
  })
  const hangUp = new AbortController()
  const asked = fetch(`${proxy.url}/later`, { method: 'PUT', body: 'whole', signal: hangUp.signal })
  await expect.poll(() => seen, PATIENCE).toEqual(['/later'])
  hangUp.abort()
  await expect(asked).rejects.toThrow('aborted')
  // By then the door has heard of it.
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
  answerLater()
  expect(await status).toBe(200)
  proxy.hook = undefined
})

it('ends who calls before a call is passed on, or when it is done', async () => {
  seen.length = 0
  proxy.hook = { before: () => true }
  expect(await ask('/x')).toBe('failed')
  expect(seen).toEqual([])
  proxy.hook = { after: () => true }
  expect(await ask('/x')).toBe('failed')
  expect(seen).toEqual(DONE)
  proxy.hook = undefined
})

it('sends requests to another server for a while, and hangs up on open ones at each change', async () => {
  await using opened = new AsyncDisposableStack()
  const other = createServer((_request, response) => void response.end('{"kind":"Older"}'))
  opened.defer(() => void other.close())
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  seen.length = 0
  const open = ask('/later')
  await expect.poll(() => seen, PATIENCE).toEqual(['/later'])
  proxy.redirect(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)
  expect(await open).toBe('failed')
  expect(await ask('/x')).toBe('200 {"kind":"Older"}')
  expect(seen).toEqual(['/later'])
  proxy.redirect(undefined)
  expect(await ask('/x')).toBe('200 {"kind":"Whole"}')
})
