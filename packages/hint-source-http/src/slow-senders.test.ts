import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { EventBridge } from '@ack-secret-manager/test-support/event-bridge'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { HEADERS_TIMEOUT_MS, MAX_STRANGERS, MAX_UNVERIFIED } from './internal/limits.ts'
import { eventOf, TARGET, TestTarget, TOKEN } from './testing/test-target.ts'

const [SLOW, OTHER] = ['127.0.0.1', '127.0.0.2']

const bridge = useFixture(async () => EventBridge.start(await issueServerCertificate(['127.0.0.1'])))

let target: TestTarget
const opened: Socket[] = []
beforeEach(listen)
afterEach(close)

async function listen(): Promise<void> {
  target = new TestTarget(bridge)
  await target.receive()
}

async function close(): Promise<void> {
  for (const socket of opened.splice(0)) socket.destroy()
  await target[Symbol.asyncDispose]()
}

async function open(localAddress: string, text: string): Promise<Socket> {
  const socket = connect({ port: target.port, host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  socket.resume()
  opened.push(socket)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** The head of a request with the token, and the first bytes of its body. */
function head(): string {
  const headers = bridge.headers(eventOf('slow'), { url: TARGET, token: TOKEN })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST / HTTP/1.1\r\nhost: h\r\ncontent-length: ${eventOf('slow').length}\r\n${lines.join('')}\r\n{`
}

it.each([
  ['slow headers', MAX_STRANGERS, () => 'POST / HTTP/1.1\r\nhost:'],
  ['slow bodies, with the token', MAX_UNVERIFIED, head],
])('a sender of %s loses its own oldest connections, and events are taken', async (_what, max, text) => {
  for (let isLate = true; isLate;) {
    const startedMs = performance.now()
    const other = await open(OTHER, text())
    const slow: Socket[] = []
    for (let at = 0; at < max; at += 1) slow.push(await open(SLOW, text()))
    await Promise.race(slow.map(async (socket) => socket.destroyed || once(socket, 'close')))
    expect([await target.send(), target.hinted]).toEqual([200, ['db']])
    const lost = slow.filter(({ destroyed }) => destroyed)
    const kept = [other.destroyed, slow.at(-1)?.destroyed]
    // Those that were open for so long are closed for another reason.
    isLate = performance.now() - startedMs > HEADERS_TIMEOUT_MS - 500
    if (isLate) {
      await close()
      await listen()
      continue
    }
    expect(kept).toEqual([false, false])
    expect(lost.length).toBeLessThanOrEqual(2)
  }
})

it('a slow body ends after five seconds, and counts as aborted', async () => {
  const startedMs = performance.now()
  const slow = await open(SLOW, head())
  await once(slow, 'close')
  expect(performance.now() - startedMs).toBeGreaterThan(4_500)
  // Node's own deadline is five minutes.
  expect(performance.now() - startedMs).toBeLessThan(40_000)
  expect([target.results, target.hinted, target.failures]).toEqual([['aborted'], [], []])
})
