import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type AskOptions, type EventReader, TestServer } from '../testing/test-server.ts'

const ACTION = JSON.stringify({ action: 'suspend', namespace: 'shop', name: 'api', uid: 'u-1' })

describe('a server with a session', () => {
  let server: TestServer
  let acted = 0

  beforeAll(async () => {
    server = await TestServer.start({
      act: () => {
        acted += 1
        return Promise.resolve({ result: 'done', message: 'suspended' })
      },
    })
    await server.login()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const post = (headers: Readonly<Record<string, string>>, body = ACTION): Promise<Answer> =>
    server.page('actions', { method: 'POST', body, headers })
  const good = (): Record<string, string> => ({ origin: `http://${server.host}`, 'content-type': 'application/json' })

  it('serves the page, and changes what the page asks for', async () => {
    const page = await server.ask(server.base)
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await post(good())).toMatchObject({ status: 200, body: '{"result":"done","message":"suspended"}' })
    expect(acted).toBe(1)
  })

  it('sends the headers of security with every response', async () => {
    const answers = [await server.ask(server.base), await server.page('no-such'), await server.ask('/'), await post({})]
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      const policy = headers['content-security-policy'] ?? ''
      expect(policy).toMatch(/^default-src 'none';/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  it.each<[what: string, status: number, path: () => string, options: () => AskOptions]>([
    ['the API without a cookie', 401, () => server.api('stream'), () => ({})],
    ['the API with another cookie', 401, () => server.api('stream'), () => ({ headers: { cookie: 'acksm-ui=x' } })],
    ['the token a second time', 401, () => `/login?token=${server.token}`, () => ({})],
    ['a wrong token', 401, () => '/login?token=x', () => ({})],
    ['the token in a Referer', 401, () => server.api('stream'), () => ({ headers: { referer: server.server.url } })],
    ['the token as a query of the API', 401, () => `${server.api('stream')}?token=${server.token}`, () => ({})],
    [
      'the token as a bearer',
      401,
      () => server.api('stream'),
      () => ({ headers: { authorization: `Bearer ${server.token}` } }),
    ],
    ['a page below another path', 404, () => '/', () => ({})],
    ['a path that climbs', 404, () => `${server.base}../../../../etc/passwd`, () => ({})],
    ['an encoded path that climbs', 404, () => `${server.base}..%2f..%2f..%2fetc%2fpasswd`, () => ({})],
    ['a path with NUL', 404, () => `${server.base}index.html%00.js`, () => ({})],
    ['a path with a backslash', 400, () => `${server.base}..\\..\\etc\\passwd`, () => ({})],
    ['a doubled slash before the API', 404, () => `/${server.api('stream')}`, () => ({})],
    ['another name (DNS rebinding)', 403, () => server.base, () => ({ headers: { host: 'evil.example' } })],
    [
      'another name with the port',
      403,
      () => server.base,
      () => ({ headers: { host: `evil.example:${server.host.split(':')[1]}` } }),
    ],
    ['localhost', 403, () => server.base, () => ({ headers: { host: `localhost:${server.host.split(':')[1]}` } })],
    ['the address without the port', 403, () => server.base, () => ({ headers: { host: '127.0.0.1' } })],
    [
      'a page of another origin',
      403,
      () => server.api('stream'),
      () => ({ headers: { cookie: server.cookie, origin: 'https://evil.example' } }),
    ],
    [
      'an opaque origin',
      403,
      () => server.api('stream'),
      () => ({ headers: { cookie: server.cookie, origin: 'null' } }),
    ],
    [
      'another port of the address',
      403,
      () => server.api('stream'),
      () => ({ headers: { cookie: server.cookie, origin: 'http://127.0.0.1:1' } }),
    ],
    [
      'a script tag of another site',
      403,
      () => server.api('stream'),
      () => ({ headers: { cookie: server.cookie, 'sec-fetch-site': 'cross-site' } }),
    ],
    [
      'a page of another port',
      403,
      () => server.api('stream'),
      () => ({ headers: { cookie: server.cookie, 'sec-fetch-site': 'same-site' } }),
    ],
    ['a frame', 403, () => server.base, () => ({ headers: { 'sec-fetch-dest': 'iframe' } })],
    ['PUT', 405, () => server.api('actions'), () => ({ method: 'PUT', headers: { cookie: server.cookie } })],
    [
      'DELETE',
      405,
      () => server.api('externalsecrets/shop/api'),
      () => ({ method: 'DELETE', headers: { cookie: server.cookie } }),
    ],
    [
      'OPTIONS, which a preflight sends',
      405,
      () => server.api('actions'),
      () => ({ method: 'OPTIONS', headers: { cookie: server.cookie } }),
    ],
    ['TRACE', 405, () => server.base, () => ({ method: 'TRACE' })],
    [
      'a GET that claims to be a POST',
      404,
      () => server.api('actions'),
      () => ({ headers: { cookie: server.cookie, 'x-http-method-override': 'POST' } }),
    ],
    [
      'a name that is no name',
      404,
      () => server.api('externalsecrets/shop/..%2f..%2fsecrets'),
      () => ({ headers: { cookie: server.cookie } }),
    ],
  ])('refuses %s', async (_what, status, path, options) => {
    const answer = await server.ask(path(), options())
    expect(answer.status).toBe(status)
    // Neither the secrets of the session nor anything of the cluster.
    expect(answer.body).not.toContain(server.cookie.split('=')[1])
    expect(answer.body).not.toContain('externalsecrets')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it.each<[what: string, status: number, headers: () => Record<string, string>, body: string]>([
    ['without a cookie', 401, () => ({ ...good(), cookie: '' }), ACTION],
    ['from another origin', 403, () => ({ ...good(), origin: 'https://evil.example' }), ACTION],
    ['without an origin', 403, () => ({ 'content-type': 'application/json' }), ACTION],
    ['of a form', 415, () => ({ ...good(), 'content-type': 'text/plain' }), ACTION],
    ['of a form of another site', 403, () => ({ ...good(), 'sec-fetch-site': 'cross-site' }), ACTION],
    ['of 1 MiB', 413, good, JSON.stringify({ action: 'x'.repeat(1024 * 1024) })],
    ['that is not JSON', 400, good, '{'],
    ['with another action', 400, good, ACTION.replace('suspend', 'delete')],
    ['with a path as a name', 400, good, ACTION.replace('"api"', '"../../../api/v1/secrets/x"')],
    ['with a list', 400, good, `[${ACTION}]`],
    ['with a uid of markup', 400, good, ACTION.replace('u-1', '<b>')],
  ])('refuses a change %s', async (_what, status, headers, body) => {
    const before = acted
    expect((await post(headers(), body)).status).toBe(status)
    expect(acted).toBe(before)
  })

  it('refuses a body in chunks that is too large, and does not read on', async () => {
    const [hostname = '', port = ''] = server.host.split(':')
    const socket = connect(Number(port), hostname)
    const head = [
      `POST ${server.api('actions')} HTTP/1.1`,
      `Host: ${server.host}`,
      `Origin: http://${server.host}`,
      `Cookie: ${server.cookie}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    for (let chunk = 0; chunk < 4; chunk += 1) socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`)
    expect(await firstLine(socket)).toContain(' 413 ')
    socket.destroy()
  })

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['two hosts', 'Host: evil.example\r\n'],
    ['an obsolete line fold', 'X-A: b\r\n\tc: d\r\n\r\n'],
  ])('serves no request with %s', async (_what, extra) => {
    const before = acted
    const [hostname = '', port = ''] = server.host.split(':')
    const socket = connect(Number(port), hostname)
    const inner = `POST ${server.api('actions')} HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`
    socket.write(`POST ${server.api('actions')} HTTP/1.1\r\nHost: ${server.host}\r\n${extra}\r\n${inner}`)
    expect(await firstLine(socket)).toMatch(/ 4\d\d /)
    socket.destroy()
    expect(acted).toBe(before)
  })

  it('limits the open pages, and takes one more when one is closed', async () => {
    const readers: EventReader[] = []
    for (let index = 0; index < 4; index += 1) readers.push(await server.stream())
    expect(readers.map(({ status }) => status)).toEqual(Array(4).fill(200))
    const refused = await server.page('stream')
    expect([refused.status, refused.headers['content-type']]).toEqual([503, 'application/json'])
    readers[0]?.[Symbol.dispose]()
    await expect.poll(async () => (await server.stream()).status).toBe(200)
    for (const reader of readers) reader[Symbol.dispose]()
  })
})

it('opens once: not for a second browser, and again for the first', async () => {
  await using server = await TestServer.start()
  expect((await server.ask('/login')).status).toBe(401)
  const first = await server.login()
  expect([first.status, first.headers['set-cookie']?.[0]]).toEqual([
    303,
    expect.stringMatching(/^acksm-ui=[\w-]{43}; Path=\/[\w-]{22}\/; HttpOnly; SameSite=Strict$/),
  ])
  const url = `/login?token=${server.token}`
  expect((await server.ask(url)).status).toBe(401)
  expect((await server.ask(url, { headers: { cookie: server.cookie } })).status).toBe(303)
})

it('changes nothing with --read-only', async () => {
  let acted = 0
  await using server = await TestServer.start({
    session: { version: '0', context: '', apiServer: '', isReadOnly: true },
    act: () => {
      acted += 1
      return Promise.resolve({ result: 'done', message: '' })
    },
  })
  await server.login()
  const headers = { origin: `http://${server.host}`, 'content-type': 'application/json' }
  const { status, body } = await server.page('actions', { method: 'POST', body: ACTION, headers })
  expect([status, JSON.parse(body), acted]).toEqual([
    403,
    { error: { code: 'forbidden', message: 'the server was started with --read-only' } },
    0,
  ])
})

it('changes nothing in a namespace that it was not started for', async () => {
  const acted: string[] = []
  await using server = await TestServer.start({
    session: { version: '0', context: '', apiServer: '', isReadOnly: false, namespace: 'shop' },
    act: ({ namespace }) => {
      acted.push(namespace)
      return Promise.resolve({ result: 'done', message: '' })
    },
  })
  await server.login()
  const headers = { origin: `http://${server.host}`, 'content-type': 'application/json' }
  const post = (body: string): Promise<Answer> => server.page('actions', { method: 'POST', body, headers })
  expect((await post(ACTION.replace('"shop"', '"media"'))).status).toBe(403)
  expect(acted).toEqual([])
  expect((await post(ACTION)).status).toBe(200)
  expect(acted).toEqual(['shop'])
})

it('tells an open page that it ends, and ends', async () => {
  const server = await TestServer.start()
  await server.login()
  using reader = await server.stream()
  expect((await reader.next())?.event).toBe('snapshot')
  const closed = server[Symbol.asyncDispose]()
  expect(await reader.until(({ event }) => event === 'end')).toMatchObject({ data: {} })
  expect(await reader.next()).toBeUndefined()
  await closed
})

it('shows that the API server does not answer', async () => {
  await using server = await TestServer.start()
  await server.login()
  using reader = await server.stream()
  const isDown = ({ data }: { readonly data: unknown }): boolean =>
    (data as { readonly cluster?: { readonly state: string } }).cluster?.state === 'disconnected'
  const { data } = await reader.until(isDown)
  expect(data).toMatchObject({ cluster: { message: expect.stringMatching(/ECONNREFUSED|connect|reach/) as string } })
})

it('limits the connections', async () => {
  await using server = await TestServer.start()
  const [hostname = '', port = ''] = server.host.split(':')
  const sockets = Array.from({ length: 64 }, () => connect(Number(port), hostname))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const next = connect(Number(port), hostname)
  // Closed by the server, without a response.
  expect(await firstLine(next)).toBe('')
  for (const socket of sockets) socket.destroy()
  await expect.poll(async () => (await server.login().catch(() => undefined))?.status).toBe(303)
})

async function firstLine(socket: ReturnType<typeof connect>): Promise<string> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes('\r\n')) break
  }
  return text.split('\r\n')[0] ?? ''
}
