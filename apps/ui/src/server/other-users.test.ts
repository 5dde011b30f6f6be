import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { TestServer } from '../testing/test-server.ts'

/** A user without any rights. */
const OTHER = 65_534
/** Why another user cannot be tried here. */
const REASON =
  process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'needs root, to run a process of another user'
const EXTERNAL = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

/** Sends a request, and prints the first line of the response, or `closed`. */
const CLIENT = `
const [options, request, leaves] = JSON.parse(process.argv[1])
const socket = require('node:net').connect(options, () => socket.write(request, () => leaves && socket.destroy()))
let text = ''
socket.on('data', (chunk) => (text += chunk))
socket.on('error', () => {})
socket.on('close', () => console.log(text.split('\\r\\n')[0] || 'closed'))
`

interface Attempt {
  /** Of `connect`. */
  readonly options?: Readonly<Record<string, string>>
  readonly request: string
  /** Closes the socket as soon as the request is sent. */
  readonly leaves?: boolean
}

/** What a process of a user gets from a server. */
async function as(
  uid: number,
  { host }: TestServer,
  { options = {}, request, leaves = false }: Attempt,
): Promise<string> {
  const target = { host: '127.0.0.1', port: Number(host.split(':')[1]), ...options }
  // A copy of this Node may be in a folder that the other user cannot enter.
  const child = spawn('/usr/bin/env', ['node', '-e', CLIENT, JSON.stringify([target, request, leaves])], {
    uid,
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
  await once(child, 'close')
  return out.trim()
}

const requestOf = (server: TestServer, path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${server.host}\r\nConnection: close\r\n\r\n`

describe('another user of the machine', () => {
  it.for<[how: string, options: Readonly<Record<string, string>>, leaves: boolean]>([
    ['directly', {}, false],
    ['from 127.0.0.2', { localAddress: '127.0.0.2' }, false],
    ['from the external address of the machine', { localAddress: EXTERNAL ?? '127.0.0.3' }, false],
    ['by IPv6', { host: '::ffff:127.0.0.1' }, false],
    ['and leaves at once', {}, true],
    ['by IPv6 and leaves at once', { host: '::ffff:127.0.0.1' }, true],
  ])('does not get the session with the link if it connects %s', async ([, options, leaves], { skip }) => {
    if (REASON !== undefined) return skip(REASON)
    const refused = Promise.withResolvers<number | undefined>()
    await using server = await TestServer.start({ onRefused: refused.resolve })
    const request = requestOf(server, `/login?token=${server.token}`)
    expect(await as(OTHER, server, { options, request, leaves })).toBe('closed')
    expect([OTHER, undefined]).toContain(await refused.promise)
    expect((await server.login()).status).toBe(303)
  })

  it('does not use up the connections of this user', async ({ skip }) => {
    if (REASON !== undefined) return skip(REASON)
    let refused = 0
    await using server = await TestServer.start({ onRefused: () => void (refused += 1) })
    const crowd = spawn(
      '/usr/bin/env',
      [
        'node',
        '-e',
        `for (let i = 0; i < 80; i += 1) require('node:net').connect(${server.host.split(':')[1]}, '127.0.0.1').on('error', () => {})
         process.stdin.resume()`,
      ],
      { uid: OTHER, cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    )
    try {
      await expect.poll(() => refused).toBeGreaterThanOrEqual(64)
      expect((await server.login()).status).toBe(303)
    } finally {
      crowd.kill()
    }
  })
})

it('serves root', async ({ skip }) => {
  if (REASON !== undefined) return skip(REASON)
  await using server = await TestServer.start()
  expect(await as(0, server, { request: requestOf(server, '/') })).toBe('HTTP/1.1 404 Not Found')
})
