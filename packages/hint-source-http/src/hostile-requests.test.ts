import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { HEADERS_TIMEOUT_MS, MAX_BODY_BYTES, MAX_NEW, MAX_PENDING, MAX_STRANGERS } from './internal/limits.ts'
import { EventBridge, post, type SignedAs } from '@ack-secret-manager/test-support/event-bridge'
import { eventOf, TARGET, TestTarget, TOKEN } from './testing/test-target.ts'

let bridge: EventBridge
let stranger: string
beforeAll(async () => {
  bridge = await EventBridge.start(await issueServerCertificate(['127.0.0.1']))
  stranger = (await issueServerCertificate(['127.0.0.1'])).keyPem
})
afterAll(() => bridge[Symbol.asyncDispose]())

let target: TestTarget
beforeEach(async () => {
  bridge.fetched.length = 0
  bridge.respond = undefined
  target = new TestTarget(bridge)
  await target.receive()
})
afterEach(() => target[Symbol.asyncDispose]())

const SIGNATURE = 'x-eventbridge-signature-v2'
const HEADERS = ['timestamp', 'url', 'token'].map((name) => `x-eventbridge-signature-${name}`)

describe('a request of EventBridge', () => {
  it.each<[string, () => SignedAs]>([
    ['as the documentation signs it', () => ({})],
    ['as the reference code signs it', () => ({ hasLastLine: true })],
    ['of 50 seconds ago', () => ({ timestampMs: Date.now() - 50_000 })],
    ['of a clock that is ahead', () => ({ timestampMs: Date.now() + 50_000 })],
  ])('%s is taken', async (_what, as) => {
    expect([await target.send(eventOf('db'), as()), target.hinted, target.results]).toEqual([200, ['db'], ['taken']])
  })

  it('needs its certificate once', async () => {
    for (const name of ['a', 'b', 'c']) expect(await target.send(eventOf(name))).toBe(200)
    expect([target.hinted, bridge.fetched]).toEqual([['a', 'b', 'c'], ['/keys/eventbridge.pem']])
  })
})

describe('a forged request', () => {
  const forged: ReadonlyArray<[what: string, as: () => SignedAs]> = [
    ['signed by another key', () => ({ keyPem: stranger })],
    ['signed for another URL', () => ({ url: 'https://hooks.example.com/other' })],
    ['with a signature of zeros', () => ({ replaced: { [SIGNATURE]: Buffer.alloc(256).toString('base64') } })],
    // Earlier than the time of the signature, which is taken later.
    ['with a changed time', () => ({ replaced: { 'x-eventbridge-signature-timestamp': String(Date.now() - 1) } })],
  ]
  it.each(forged)('%s is refused', async (_what, as) => {
    expect([await target.send(eventOf('db'), as()), target.hinted]).toEqual([401, []])
  })

  it('with another body is refused', async () => {
    const headers = bridge.headers(eventOf('db'), { url: TARGET, token: TOKEN })
    expect([await post(target.port, eventOf('dx'), headers), target.hinted]).toEqual([401, []])
  })

  const cheap: ReadonlyArray<[what: string, as: SignedAs | (() => SignedAs)]> = [
    ['with another token', { token: 'another-token' }],
    ['of the older scheme', { method: 'HMAC-SHA1' }],
    ['of another version', { version: '2.0' }],
    ['without a signature', { replaced: { [SIGNATURE]: undefined } }],
    ['with a signature that is no base64', { replaced: { [SIGNATURE]: '%%%' } }],
    ['with a huge signature', { replaced: { [SIGNATURE]: 'A'.repeat(2_000) } }],
    ['with a time that is none', { replaced: { 'x-eventbridge-signature-timestamp': 'NaN' } }],
    ...HEADERS.map((name): [string, SignedAs] => [`without ${name}`, { replaced: { [name]: undefined } }]),
    ['of 90 seconds ago', () => ({ timestampMs: Date.now() - 90_000 })],
    ['of the future', () => ({ timestampMs: Date.now() + 90_000 })],
  ]
  it.each(cheap)('%s is refused before anything is fetched', async (_what, as) => {
    const signed = typeof as === 'function' ? as() : as
    expect([await target.send(eventOf('db'), signed), target.hinted, bridge.fetched]).toEqual([401, [], []])
  })

  it('that is no POST is refused', async () => {
    const headers = bridge.headers('', { url: TARGET, token: TOKEN })
    expect(await post(target.port, '', headers, { method: 'PUT' })).toBe(401)
  })
})

describe('the URL of a certificate', () => {
  const host = (): string => bridge.endpoint
  const urls: ReadonlyArray<[what: string, url: () => string]> = [
    ['another host', () => 'https://127.0.0.1:1/keys/eventbridge.pem'],
    ['the metadata service', () => 'https://100.100.100.200/latest/meta-data'],
    ['plain HTTP', () => `http://${host()}/keys/eventbridge.pem`],
    ['a file', () => 'file:///etc/passwd'],
    ['a user that looks like the host', () => `https://${host()}@evil.example.com/key.pem`],
    ['a user', () => `https://a:b@${host()}/key.pem`],
    ['a host that starts like it', () => `https://${host()}.evil.example.com/key.pem`],
    ['a query', () => `https://${host()}/key.pem?url=https://evil.example.com`],
    ['a fragment', () => `https://${host()}/key.pem#x`],
    ['an empty query', () => `https://${host()}/key.pem?`],
    ['an empty fragment', () => `https://${host()}/key.pem#`],
    ['a path that climbs', () => `https://${host()}/keys/../../key.pem`],
    ['an encoded path', () => `https://${host()}/%2e%2e/key.pem`],
    ['a path of 300 characters', () => `https://${host()}/${'a'.repeat(300)}`],
    ['no URL', () => 'certificate'],
  ]
  it.each(urls)('with %s is refused, and never fetched', async (_what, url) => {
    const status = await target.send(eventOf('db'), { certificateUrl: url() })
    expect([status, target.hinted, bridge.fetched]).toEqual([401, [], []])
  })
})

describe('a certificate', () => {
  const PEM = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
  it.each<[string, () => void]>([
    [
      'behind a redirect',
      () => (bridge.respond = (response) => response.writeHead(302, { location: bridge.certificateUrl }).end()),
    ],
    ['of 20 KB', () => (bridge.respond = (response) => response.end(bridge.certificate.chainPem.padEnd(20_000)))],
    ['without an end', () => (bridge.respond = (response) => response.write('-----BEGIN'))],
    ['of garbage', () => (bridge.respond = (response) => response.end(PEM('AAAA')))],
    ['that is a page', () => (bridge.respond = (response) => response.end('<html>'))],
    ['with a connection that is cut', () => (bridge.respond = (response) => response.destroy())],
  ])('%s is asked for again by EventBridge, and not fetched again at once', async (_what, arrange) => {
    arrange()
    expect([await target.send(), await target.send(), target.hinted]).toEqual([503, 503, []])
    expect([bridge.fetched.length, target.results]).toEqual([1, ['unverified', 'unverified']])
    expect(target.failures).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/^certificates of EventBridge at /)),
    )
  })
})

describe('a flood', () => {
  const opened: Socket[] = []
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy()
  })
  async function open(): Promise<Socket> {
    const socket = connect(target.port, '127.0.0.1')
    socket.on('error', () => undefined)
    opened.push(socket)
    await once(socket, 'connect')
    return socket
  }
  /** Opens so many at a time that neither a busy machine is late with the first ones, nor the backlog of the server is full. */
  async function openMany(count: number): Promise<Socket[]> {
    const sockets: Socket[] = []
    while (sockets.length < count) {
      const length = Math.min(128, count - sockets.length)
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      sockets.push(...(await Promise.all(Array.from({ length }, open))))
    }
    return sockets
  }

  it('of connections that send nothing closes the oldest, and requests are taken', async () => {
    const openedMs: number[] = []
    const silent: Socket[] = []
    for (let at = 0; at <= MAX_STRANGERS; at += 1) {
      openedMs.push(performance.now())
      silent.push(await open())
    }
    const [oldest] = silent
    const closed = oldest && once(oldest.resume(), 'close')
    expect([await target.send(), target.hinted]).toEqual([200, ['db']])
    await closed
    // On a busy machine some have been open for so long that they are closed for another reason.
    const isYoung = (at: number): boolean => performance.now() - (openedMs[at] ?? 0) < HEADERS_TIMEOUT_MS - 500
    expect(silent.filter((socket, at) => socket.destroyed && isYoung(at)).length).toBeLessThanOrEqual(2)
  })

  it('of events whose connections are open before the first one is read, as of a load balancer, is taken', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const sockets = await openMany(2 * MAX_STRANGERS)
    const answered = sockets.map(async (socket, at) => {
      const event = eventOf(`db-${at}`)
      const headers = bridge.headers(event, { url: TARGET, token: TOKEN })
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`POST / HTTP/1.1\r\nhost: h\r\ncontent-length: ${event.length}\r\n${lines.join('')}\r\n${event}`)
      const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown]
      return String(answer).slice(0, 12)
    })
    expect(new Set(await Promise.all(answered))).toEqual(new Set(['HTTP/1.1 200']))
    expect(target.hinted).toHaveLength(sockets.length)
  })

  it('of new connections closes the oldest of the address with the most of them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const first = await open()
    // The server answers 408 to a connection whose headers are late.
    let answer = ''
    const closed = once(
      first.on('data', (bytes: Buffer) => void (answer += bytes.toString())),
      'close',
    )
    await openMany(MAX_NEW - 1)
    expect(first.destroyed).toBe(false)
    expect(await target.send()).toBe(200)
    await closed
    expect(answer).toBe('')
  })

  it('of slow headers ends after three seconds', async () => {
    const slow = await open()
    slow.write('POST / HTTP/1.1\r\nhost: h\r\nx-eventbridge-')
    const startedMs = performance.now()
    await once(slow.resume(), 'close')
    // Node's own deadline is a minute.
    expect(performance.now() - startedMs).toBeLessThan(40_000)
    expect(target.results).toEqual([])
  })

  it('of bytes is refused with 413, whatever length it names', async () => {
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, '.')
    expect(await target.send(body)).toBe(413)
    const headers = bridge.headers(body, { url: TARGET, token: TOKEN })
    const chunked = await open()
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    chunked.write(`POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n${lines.join('')}\r\n`)
    chunked.write(`${body.length.toString(16)}\r\n`)
    chunked.write(body)
    const [answer] = (await once(chunked, 'data')) as [Buffer]
    expect(answer.toString()).toContain('413')
    expect([target.hinted, bridge.fetched]).toEqual([[], []])
  })

  it('of headers is refused', async () => {
    const big = await open()
    big.write(`POST / HTTP/1.1\r\nhost: h\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)
    const [answer] = (await once(big, 'data')) as [Buffer]
    expect(answer.toString()).toContain('431')
  })

  it.each(['', 'expect: x\r\n'])('of second requests on one connection is cut, with header %j', async (header) => {
    const piped = await open()
    let answers = ''
    piped.on('data', (bytes: Buffer) => void (answers += bytes.toString()))
    piped.write(`GET / HTTP/1.1\r\nhost: h\r\n${header}\r\n`.repeat(50))
    await once(piped, 'close')
    expect(answers.split('HTTP/1.1 ').length - 1).toBeLessThanOrEqual(1)
    expect(target.results.length).toBeLessThanOrEqual(1)
  })
})

describe('a source', () => {
  it('that receives nothing, as on a standby, lets EventBridge repeat', async () => {
    await using standby = new TestTarget(bridge)
    await standby.listen()
    expect([await standby.send(), standby.results, bridge.fetched]).toEqual([503, ['standby'], []])
  })

  it('lets EventBridge repeat what is not taken over within five seconds, which is then no replay', async () => {
    const clock = new ManualClock(Date.now())
    await using slow = new TestTarget(bridge, { clock })
    await slow.listen()
    const stop = new AbortController()
    const receiving = slow.source.receive({ signal: stop.signal })
    const timestampMs = clock.now()
    const headers = bridge.headers(eventOf('db'), { url: TARGET, token: TOKEN, timestampMs })
    const sent = post(slow.port, eventOf('db'), headers)
    const { hints } = await receiving
    expect(hints).toHaveLength(1)
    await clock.advance(5_000)
    expect([await sent, slow.results]).toEqual([503, ['busy']])
    const again = slow.source.receive({ signal: stop.signal })
    const repeated = post(slow.port, eventOf('db'), headers)
    await (await again).confirm({ signal: stop.signal })
    expect(await repeated).toBe(200)
  })

  it('that is closed answers requests that wait, so EventBridge repeats them', async () => {
    // On this clock a receive waits forever.
    const clock = new ManualClock(Date.now())
    const closing = new TestTarget(bridge, { clock })
    await closing.listen()
    const stop = new AbortController()
    const receiving = closing.source.receive({ signal: stop.signal })
    stop.abort()
    await expect(receiving).rejects.toMatchObject({ code: 'Cancelled' })
    const sent = closing.send(eventOf('db'), { timestampMs: clock.now() })
    await closing.fetched(1)
    // A repeated request is read after those that came before it.
    expect(await post(closing.port, '', {}, { method: 'PUT' })).toBe(401)
    await closing[Symbol.asyncDispose]()
    expect(await sent).toBe(503)
  })

  it('refuses more requests than may wait', async () => {
    // On a busy machine the requests take longer than a connection may stay open.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const clock = new ManualClock(Date.now())
    await using full = new TestTarget(bridge, { clock })
    await full.listen()
    const { signal } = new AbortController()
    const receiveOne = full.source.receive({ signal })
    const timestampMs = clock.now()
    void full.send(eventOf('db-0'), { timestampMs })
    let received = (await receiveOne).hints.length
    for (let at = 1; at < MAX_PENDING; at += 1) {
      void full.send(eventOf(`db-${at}`), { timestampMs })
      received += (await full.source.receive({ signal })).hints.length
    }
    expect(received).toBe(MAX_PENDING)
    expect([await full.send(eventOf('db'), { timestampMs }), full.results]).toEqual([503, ['busy']])
  })

  it.each(['http://hooks.example.com/', 'https://a:b@hooks.example.com/', 'https://hooks.example.com/#a', 'hooks'])(
    'refuses the URL %s',
    async (url) => {
      const { HttpHintSource } = await import('./http-hint-source.ts')
      const options = {
        token: () => Promise.reject(new Error('unused')),
        scope: { account: '1', region: 'cn-hangzhou' },
      }
      expect(() => new HttpHintSource({ ...options, url })).toThrow('url: expected an HTTPS URL')
    },
  )
})
