import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { KubeClient } from './kube-client.ts'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'
import type { KubeClientOptions, KubeRequestStats } from './kube-request.ts'
import { fixedCredentials, json, type RawServer, rawServer } from '../testing/raw-server.ts'

const { signal } = new AbortController()
const path = '/api/v1/namespaces/app/secrets/db'
const secrets = '/api/v1/namespaces/app/secrets'
const FOUND = { kind: 'Secret', metadata: { name: 'db' } }
/** Nothing listens there. */
const CLOSED = 'http://127.0.0.1:1'
const WAIT = { timeout: 60_000, interval: 5 }

describe('KubeClient', () => {
  const open: AsyncDisposable[] = []
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]()
  })
  const serve = async (...args: Parameters<typeof rawServer>): Promise<RawServer> => {
    const server = await rawServer(...args)
    open.push(server)
    return server
  }
  const connect = (options: KubeClientOptions): KubeClient => {
    const client = new KubeClient(options)
    open.push(client)
    return client
  }

  it('sends method, query, body and credentials', async () => {
    const server = await serve((_request, response) => json(response, FOUND))
    const client = connect({ credentials: server.credentials })
    await client.mergePatch(path, { data: null }, { query: { dryRun: 'All', skipped: undefined }, signal })
    await client.delete(path, { preconditions: { uid: 'u-1' }, propagationPolicy: 'Background', signal })
    const [patch, removal] = server.seen
    expect(patch).toMatchObject({ method: 'PATCH', path, body: '{"data":null}' })
    expect(patch?.query.toString()).toBe('fieldManager=ack-secret-manager&dryRun=All')
    expect(patch?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/merge-patch+json',
      'user-agent': expect.stringMatching(/^ack-secret-manager\/\d+\.\d+\.\d+/),
    })
    // Without a length the API server would ignore the body and its precondition.
    expect(removal?.headers['content-length']).toBe(String(removal?.body.length))
    expect(JSON.parse(removal?.body ?? '')).toMatchObject({
      kind: 'DeleteOptions',
      preconditions: { uid: 'u-1' },
      propagationPolicy: 'Background',
    })
  })

  it.each([200, 404])(
    'knows the clock of the API server from a response with status %i, and between responses',
    async (status) => {
      const server = await serve((_request, response) => {
        response.setHeader('date', 'Thu, 01 Jan 2026 00:00:00 GMT')
        json(response, FOUND, status)
      })
      const clock = new ManualClock(0)
      const client = connect({ credentials: server.credentials, clock })
      expect(client.serverTimeMs).toBeUndefined()
      await client.get(path, { signal }).catch(() => undefined)
      await clock.advance(60_000)
      clock.jumpWallClock(1e9)
      expect(client.serverTimeMs).toBe(Date.UTC(2026, 0, 1, 0, 1))
    },
  )

  it('connects although a lookup takes longer than the deadline of each request', async () => {
    const server = await serve((_request, response) => json(response, FOUND))
    const pending: (() => void)[] = []
    const spy = vi.spyOn(dns, 'lookup').mockImplementation((_host: string, ...rest: unknown[]) => {
      const callback = rest.at(-1) as (error: null, addresses: dns.LookupAddress[]) => void
      pending.push(() => callback(null, [{ address: '127.0.0.1', family: 4 }]))
    })
    onTestFinished(() => spy.mockRestore())
    let connecting = 0
    const onConnect = (): void => void (connecting += 1)
    subscribe('undici:client:beforeConnect', onConnect)
    onTestFinished(() => void unsubscribe('undici:client:beforeConnect', onConnect))
    const credentials = fixedCredentials(server.url.replace('127.0.0.1', 'api.test'))
    const [slow, other] = [connect({ credentials }), connect({ credentials })]
    expect(await failureOf(slow.get(path, { signal, timeoutMs: 20 }))).toMatchObject({ code: 'Timeout' })
    const again = Promise.all([slow.get(path, { signal }), other.get(path, { signal })])
    await vi.waitFor(() => expect(connecting).toBe(3), WAIT)
    for (const answer of pending) answer()
    expect(await again).toEqual([FOUND, FOUND])
    expect(spy).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['connections', 0, 1],
    ['maxStreams', 1.5, 1],
    ['timeoutMs', Number.NaN, 1],
    ['maxBodyBytes', Number.NaN, 1],
    ['loginTimeoutMs', -1, 1],
    ['credentialsMaxAgeMs', Infinity, 1],
    ['maxThrottleRetries', -1, 0],
  ])('refuses the limit %s %d', (limit, value, least) => {
    const options = { credentials: fixedCredentials(CLOSED), [limit]: value }
    expect(() => new KubeClient(options)).toThrow(
      new RangeError(`${limit}: expected a whole number ≥ ${least}, got ${value}`),
    )
  })

  it('reads no larger body for a request than for the client', async () => {
    const server = await serve((_request, response) => json(response, { a: 'x'.repeat(2_000) }))
    const client = connect({ credentials: server.credentials, maxBodyBytes: 1_000 })
    expect(await failureOf(client.get(path, { maxBodyBytes: 10_000, signal }))).toMatchObject({
      code: 'InvalidResponse',
    })
    expect(await failureOf(client.get(path, { maxBodyBytes: Number.NaN, signal }))).toBeInstanceOf(RangeError)
    expect(server.seen).toHaveLength(1)
  })

  it('reports the bytes of a body, also of one that is too large', async () => {
    const object = { kind: 'Secret', metadata: { name: 'db' }, a: 'x'.repeat(2_000) }
    const server = await serve((_request, response) => json(response, object))
    const client = connect({ credentials: server.credentials })
    const read: number[] = []
    const onBodyRead = (bytes: number): void => void read.push(bytes)
    await client.get(path, { onBodyRead, signal })
    expect(read).toEqual([JSON.stringify(object).length])
    await failureOf(client.get(path, { maxBodyBytes: 1_000, onBodyRead, signal }))
    expect(read).toHaveLength(2)
    expect(read[1]).toBeGreaterThan(1_000)
  })

  const cycle: Record<string, unknown> = { spec: {} }
  cycle['spec'] = { parts: [{ owner: cycle }] }
  let deep: object = {}
  for (let level = 0; level < 100_000; level += 1) deep = { deep }
  it.each<[what: string, body: unknown, field: string, problem: string]>([
    ['a BigInt', { spec: { replicas: 3n } }, 'body.spec.replicas', 'JSON cannot hold a BigInt'],
    ['a cycle', cycle, 'body.spec.parts.0.owner', 'it contains itself'],
    ['too many levels', deep, 'body', 'it has more than 200 levels'],
    ['a function', () => 1, 'body', 'expected an object, got function'],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new TypeError('canary')
        },
      },
      'body',
      'a getter or toJSON method has thrown',
    ],
  ])('does not send a body with %s, and names the field', async (_what, body, field, problem) => {
    const server = await serve((_request, response) => json(response, FOUND))
    const client = connect({ credentials: server.credentials })
    const failure = await failureOf(client.create('/api/v1/namespaces/app/configmaps', body, { signal }))
    expect(failure).toMatchObject({
      code: 'InvalidSpec',
      message: `create configmaps app: not sent: ${field}: ${problem}`,
      facts: { field },
    })
    expect(server.seen).toEqual([])
  })

  it.each<[what: string, request: { readonly path?: string; readonly accept?: string }, sent: number]>([
    ['a path without a slash', { path: 'api/v1/pods' }, 0],
    ['a path with a space', { path: '/api/v1/a b' }, 0],
    ['a header with a line break', { accept: 'text/plain\r\nx: y' }, 0],
    ['a path with a malformed escape', { path: '/api/v1/namespaces/a%ZZ/pods/b' }, 1],
  ])('names %s', async (_what, request, sent) => {
    const server = await serve((_request, response) => json(response, { kind: 'Status', reason: 'BadRequest' }, 400))
    const client = connect({ credentials: server.credentials })
    const failure = await failureOf(client.request({ method: 'GET', path, signal, ...request }))
    if (sent === 0) {
      expect(failure).toMatchObject({
        code: 'Unavailable',
        message: expect.stringMatching(
          /: not sent, because its path or a header is malformed; check the token of the credentials$/,
        ),
      })
    } else expect(failure).toMatchObject({ status: 400 })
    expect(server.seen).toHaveLength(sent)
  })

  it('reuses its connections up to the limit', async () => {
    let waiting = 0
    let most = 0
    const server = await serve(async (_request, response) => {
      waiting += 1
      most = Math.max(most, waiting)
      await new Promise((resolve) => setImmediate(resolve))
      waiting -= 1
      json(response, FOUND)
    })
    const client = connect({ credentials: server.credentials, connections: 3 })
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => client.get(path, { signal })))
    }
    expect(server.connections()).toBe(3)
    expect(most).toBeLessThanOrEqual(3)
  })

  it('never sends what was cancelled while it waited for a connection, and keeps that connection', async () => {
    let respondToFirst = (): void => undefined
    const server = await serve((request, response) => {
      if (request.path !== '/first') return json(response, FOUND)
      respondToFirst = () => json(response, FOUND)
      return undefined
    })
    const client = connect({ credentials: server.credentials, connections: 1 })
    const first = client.get('/first', { signal })
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), WAIT)
    const stop = new AbortController()
    const cancelled = failureOf(client.mergePatch(path, {}, { signal: stop.signal }))
    const next = client.get('/next', { signal })
    await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    expect(await cancelled).toMatchObject({ code: 'Cancelled' })
    respondToFirst()
    await Promise.all([first, next])
    expect(server.seen.map(({ path: seen }) => seen)).toEqual(['/first', '/next'])
    expect(server.connections()).toBe(1)
  })

  it('opens watches on separate connections, so that they do not block requests', async () => {
    const server = await serve((request, response) => {
      if (!request.query.has('watch')) return json(response, FOUND)
      response.writeHead(200).flushHeaders()
      return undefined
    })
    const client = connect({ credentials: server.credentials, connections: 1 })
    const stop = new AbortController()
    for (let index = 0; index < 5; index += 1) {
      await client.stream({ path, query: { watch: true }, signal: stop.signal })
    }
    await client.get(path, { signal })
    expect(server.connections()).toBe(6)
    stop.abort()
  })

  describe('with rejected credentials', () => {
    const rotating = (server: { url: string }): KubeCredentialSource & { loads: boolean[] } => {
      const loads: boolean[] = []
      return {
        loads,
        description: 'a test',
        namespace: undefined,
        load: async ({ fresh }) => {
          loads.push(fresh)
          const headers = new Sensitive({ authorization: `Bearer token-${loads.length}` })
          return { server: server.url, tls: {}, headers }
        },
      }
    }

    it('reloads them once for all requests, retries writes too, and keeps its connections', async () => {
      const server = await serve((request, response) =>
        request.headers.authorization === 'Bearer token-2'
          ? json(response, FOUND)
          : json(response, { kind: 'Status', reason: 'Unauthorized', code: 401 }, 401),
      )
      const credentials = rotating(server)
      const client = connect({ credentials, connections: 4 })
      await Promise.all([
        client.create('/api/v1/namespaces/app/secrets', {}, { signal }),
        ...Array.from({ length: 7 }, () => client.get(path, { signal })),
        client.stream({ path, query: { watch: true }, signal }),
      ])
      expect(credentials.loads).toEqual([false, true])
      // Four of requests, and two of the watch: before and after the reload of the credentials.
      expect(server.connections()).toBeLessThanOrEqual(4 + 2)
    })

    it('does not run a login command for every rejected request', async () => {
      const server = await serve((_request, response) =>
        json(response, { kind: 'Status', reason: 'Unauthorized' }, 401),
      )
      const credentials = rotating(server)
      // Rejections some seconds after the last reload cause another one.
      const client = connect({ credentials, clock: new ManualClock() })
      for (let index = 0; index < 10; index += 1) {
        expect(await failureOf(client.get(path, { signal }))).toMatchObject({ status: 401, reason: 'Unauthorized' })
      }
      expect(credentials.loads).toEqual([false, true])
      expect(String(await failureOf(client.get(path, { signal })))).not.toContain('token-')
    })
  })

  it.each<[string, (client: KubeClient) => Promise<unknown>]>([
    ['a read', (client) => client.get(path, { signal })],
    ['a write', (client) => client.create('/api/v1/namespaces/app/secrets', {}, { signal })],
    ['a watch', (client) => client.stream({ path, query: { watch: true }, signal })],
  ])('opens a connection for %s with replaced credentials if it cannot open one', async (_what, call) => {
    const clock = new ManualClock()
    const server = await serve((_request, response) => json(response, FOUND))
    let source = fixedCredentials(CLOSED)
    const client = connect({ credentials: { ...source, load: (options) => source.load(options) }, clock })
    expect(await failureOf(call(client))).toMatchObject({ code: 'Unavailable' })
    source = server.credentials
    await clock.advance(2_000)
    await call(client)
    expect(server.seen).toHaveLength(1)
  })

  it('uses replaced credentials after a broken connection, and does not repeat a write', async () => {
    const clock = new ManualClock()
    const moved = await serve((_request, response) => json(response, FOUND))
    const former = await serve((_request, response) => void response.socket?.destroy())
    let source = former.credentials
    const client = connect({ credentials: { ...source, load: (options) => source.load(options) }, clock })
    await failureOf(client.get(path, { signal }))
    source = moved.credentials
    await clock.advance(2_000)
    expect(await failureOf(client.update(path, {}, { signal }))).toMatchObject({ code: 'Unavailable' })
    expect(moved.seen).toEqual([])
    await client.update(path, {}, { signal })
    expect(moved.seen).toHaveLength(1)
  })

  it('respects Retry-After of a 429, and retries only reads', async () => {
    const clock = new ManualClock()
    let refusals = 2
    const server = await serve((_request, response) => {
      refusals -= 1
      if (refusals < 0) json(response, FOUND)
      else json(response, { kind: 'Status', reason: 'TooManyRequests' }, 429, { 'retry-after': '7' })
    })
    const codes: number[] = []
    const client = connect({ credentials: server.credentials, clock, onRequest: ({ code }) => codes.push(code) })
    const reading = client.get(path, { signal })
    const answered = (...expected: number[]) => vi.waitFor(() => expect(codes).toEqual(expected), WAIT)
    await answered(429)
    await clock.advance(6_999)
    expect(server.seen).toHaveLength(1)
    await clock.advance(1)
    await answered(429, 429)
    await clock.advance(7_000)
    expect(await reading).toEqual(FOUND)
    refusals = 1
    expect(await failureOf(client.mergePatch(path, {}, { signal }))).toMatchObject({ status: 429, retryAfterMs: 7_000 })
  })

  it('returns a 429 at once if its Retry-After ends after the deadline', async () => {
    const server = await serve((_request, response) => {
      json(response, { kind: 'Status', reason: 'TooManyRequests' }, 429, { 'retry-after': '7' })
    })
    const client = connect({ credentials: server.credentials, clock: new ManualClock() })
    const failure = await failureOf(client.get(path, { signal, timeoutMs: 7_000 }))
    expect(failure).toMatchObject({ status: 429, retryAfterMs: 7_000 })
  })

  it('retries a read on a broken connection once, and never a write', async () => {
    let resets = 1
    const server = await serve((_request, response) => {
      resets -= 1
      if (resets >= 0) response.socket?.destroy()
      else json(response, FOUND)
    })
    const client = connect({ credentials: server.credentials })
    expect(await client.get(path, { signal })).toEqual(FOUND)
    resets = 2
    expect(await failureOf(client.get(path, { signal }))).toMatchObject({ code: 'Unavailable' })
    resets = 1
    expect(await failureOf(client.create('/api/v1/namespaces/app/secrets', {}, { signal }))).toMatchObject({
      code: 'Unavailable',
    })
    expect(server.seen).toHaveLength(5)
  })

  it.each<[string, string, Parameters<typeof rawServer>[0]]>([
    ['is not JSON', 'InvalidResponse', (_request, response) => void response.end('<html>canary-8d1f</html>')],
    ['is no object', 'InvalidResponse', (_request, response) => json(response, {})],
    ['is a list', 'InvalidResponse', (_request, response) => json(response, [FOUND])],
    [
      'is another object',
      'InvalidResponse',
      (_request, response) => json(response, { kind: 'Secret', metadata: { name: 'canary' } }),
    ],
    [
      'redirects elsewhere',
      'InvalidResponse',
      (_request, response) => json(response, { code: 302 }, 302, { location: CLOSED }),
    ],
    ['exceeds the limit', 'InvalidResponse', (_request, response) => json(response, { canary: 'x'.repeat(5_000) })],
    [
      'ends too early',
      'Unavailable',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"canary-8d1f":')
        setImmediate(() => response.socket?.destroy())
      },
    ],
    ['is not HTTP', 'InvalidResponse', (_request, response) => void response.socket?.end('SSH-2.0-canary-8d1f\r\n')],
    ['is empty', 'Unavailable', (_request, response) => void response.socket?.destroy()],
  ])('rejects a response that %s', async (_what, code, handler) => {
    const server = await serve(handler)
    const client = connect({ credentials: server.credentials, maxBodyBytes: 1_000 })
    const error = await failureOf(client.get(path, { signal }))
    expect(error).toMatchObject({ code, message: expect.stringContaining('get secrets app/db') })
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('canary')
  })

  it.each<[string, (client: KubeClient) => Promise<unknown>]>([
    ['create', (client) => client.create('/api/v1/namespaces/app/secrets', {}, { signal })],
    ['update', (client) => client.update(path, {}, { signal })],
    ['patch', (client) => client.mergePatch(path, {}, { signal })],
  ])('does not take the response of a proxy for a successful %s', async (verb, write) => {
    const server = await serve((_request, response) => json(response, { status: 'ok' }))
    const error = await failureOf(write(connect({ credentials: server.credentials })))
    expect(error).toMatchObject({ code: 'InvalidResponse', message: expect.stringContaining(`${verb} secrets app`) })
    expect(server.seen).toHaveLength(1)
  })

  it('fails at its deadline and on cancellation', async () => {
    const clock = new ManualClock()
    const server = await serve(() => {})
    const client = connect({ credentials: server.credentials, clock })
    const late = failureOf(client.get(path, { timeoutMs: 5_000, signal }))
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), WAIT)
    await clock.advance(5_000)
    expect(await late).toMatchObject({ code: 'Timeout', message: 'get secrets app/db: no response within 5000 ms' })
    const stop = new AbortController()
    const cancelled = failureOf(client.get(path, { signal: stop.signal }))
    await vi.waitFor(() => expect(server.seen).toHaveLength(2), WAIT)
    stop.abort()
    expect(await cancelled).toMatchObject({ code: 'Cancelled' })
    const stream = failureOf(client.stream({ path, timeoutMs: 5_000, signal }))
    await vi.waitFor(() => expect(server.seen).toHaveLength(3), WAIT)
    await clock.advance(5_000)
    expect(await stream).toMatchObject({ code: 'Timeout' })
  })

  describe.each<[string, unknown]>([
    ['no reason', undefined],
    ['a string', 'SIGTERM'],
    ['null', null],
    ['a number', 15],
    ['an object', { code: 'ECONNREFUSED' }],
    ['an error', new Error('canary')],
    ['an error with a code of the transport', Object.assign(new Error('canary'), { code: 'ETIMEDOUT' })],
    ['the reason of AbortSignal.timeout', new DOMException('canary', 'TimeoutError')],
  ])('fails as cancelled if the signal aborts with %s', (_what, reason) => {
    const cancelled = {
      code: 'Cancelled',
      message: expect.stringMatching(/^(?:get|watch) secrets app\/db: cancelled$/),
    }
    const silent = (): Promise<RawServer> => serve(() => {})
    type Call = (client: KubeClient, signal: AbortSignal) => Promise<unknown>
    const calls: [string, Call][] = [
      ['a request', (client, stop) => client.get(path, { signal: stop })],
      ['a stream', (client, stop) => client.stream({ path, signal: stop })],
    ]

    it.each(calls)('before %s', async (_call, call) => {
      const client = connect({ credentials: (await silent()).credentials })
      expect(await failureOf(call(client, AbortSignal.abort(reason)))).toMatchObject(cancelled)
    })

    it.each(calls)('during %s', async (_call, call) => {
      const server = await silent()
      const stop = new AbortController()
      const thrown = failureOf(call(connect({ credentials: server.credentials }), stop.signal))
      await vi.waitFor(() => expect(server.seen).toHaveLength(1), WAIT)
      stop.abort(reason)
      expect(await thrown).toMatchObject(cancelled)
    })

    it('while a stream is read', async () => {
      const server = await serve((_request, response) => response.writeHead(200).flushHeaders())
      const stop = new AbortController()
      const chunks = await connect({ credentials: server.credentials }).stream({ path, signal: stop.signal })
      const thrown = failureOf(chunks[Symbol.asyncIterator]().next())
      stop.abort(reason)
      expect(await thrown).toMatchObject(cancelled)
    })
  })

  it('names the fix if the API server does not listen', async () => {
    const client = connect({ credentials: fixedCredentials(CLOSED) })
    expect(await failureOf(client.get(path, { signal }))).toMatchObject({
      code: 'Unavailable',
      message: `get secrets app/db: the API server at ${new URL(CLOSED).host} cannot be reached (ECONNREFUSED); check that the API server is up and that this machine can reach it`,
    })
  })

  it('names the proxy of the kubeconfig, without its password', async () => {
    const credentials: KubeCredentialSource = {
      ...fixedCredentials('https://there:6443'),
      load: async (options) => ({
        ...(await fixedCredentials('https://there:6443').load(options)),
        proxyUrl: CLOSED.replace('://', '://user:canary-8d1f@'),
      }),
    }
    const { message } = (await failureOf(connect({ credentials }).get(path, { signal }))) as Error
    expect(message).toContain(`the API server at there:6443 through the proxy-url ${new URL(CLOSED).host} cannot be`)
    expect(message).not.toContain('canary')
  })

  describe('while a login command waits for a user', () => {
    const logIn = async (): Promise<{
      readonly client: KubeClient
      readonly clock: ManualClock
      readonly server: RawServer
      /** The user logs in. */
      readonly done: () => Promise<void>
    }> => {
      const server = await serve((_request, response) => json(response, { items: [] }))
      const login = Promise.withResolvers<Awaited<ReturnType<KubeCredentialSource['load']>>>()
      const clock = new ManualClock(0)
      const credentials = { ...server.credentials, load: () => login.promise }
      const client = connect({ credentials, clock, timeoutMs: 1_000, loginTimeoutMs: 60_000 })
      const done = async (): Promise<void> => login.resolve(await server.credentials.load({ signal, fresh: false }))
      return { client, clock, server, done }
    }

    it('the deadline of a request has not begun', async () => {
      const { client, clock, server, done } = await logIn()
      const calls = Promise.all([client.list(secrets, { signal }), client.stream({ path, signal })])
      await clock.advance(59_000)
      expect(server.seen).toHaveLength(0)
      await done()
      await calls
      expect(server.seen).toHaveLength(2)
    })

    it('a request ends with its signal, and with the deadline of the login', async () => {
      const { client, clock, server } = await logIn()
      const stop = new AbortController()
      const stopped = failureOf(client.list(secrets, { signal: stop.signal }))
      const late = failureOf(client.list(secrets, { signal }))
      stop.abort()
      expect(await stopped).toMatchObject({ code: 'Cancelled' })
      await clock.advance(60_000)
      expect(await late).toMatchObject({ code: 'Timeout', message: expect.stringContaining('loading credentials') })
      expect(server.seen).toHaveLength(0)
    })
  })

  it('ends all calls and watches on close', async () => {
    const server = await serve((request, response) => {
      if (request.query.has('watch')) response.writeHead(200).flushHeaders()
    })
    const client = connect({ credentials: server.credentials })
    const chunks = await client.stream({ path, query: { watch: true }, signal })
    const watching = failureOf(
      (async () => {
        for await (const chunk of chunks) expect.fail(`got ${chunk.byteLength} bytes`)
      })(),
    )
    const hanging = failureOf(client.get(path, { signal }))
    await vi.waitFor(() => expect(server.seen).toHaveLength(2), WAIT)
    await client.close()
    for (const error of [await watching, await hanging, await failureOf(client.get(path, { signal }))]) {
      expect(error).toMatchObject({ code: 'Cancelled' })
    }
  })

  it('closes the connection when a stream is not read to its end', async () => {
    let hungUp = false
    const server = await serve((_request, response) => {
      response.on('close', () => {
        hungUp = true
      })
      response.writeHead(200).write('one\n')
    })
    const client = connect({ credentials: server.credentials })
    for await (const chunk of await client.stream({ path, signal })) {
      expect(Buffer.from(chunk).toString()).toBe('one\n')
      break
    }
    await vi.waitFor(() => expect(hungUp).toBe(true), WAIT)
  })

  it('reports each attempt, also without a response', async () => {
    const requests: KubeRequestStats[] = []
    const answers = [401, 200, 0, 404]
    const server = await serve((_request, response) => {
      const status = answers.shift() ?? 500
      if (status === 0) response.socket?.destroy()
      else json(response, FOUND, status)
    })
    const client = connect({ credentials: server.credentials, onRequest: (request) => requests.push(request) })
    await client.list('/api/v1/secrets', { signal })
    await failureOf(client.mergePatch(`${path}/status`, {}, { signal }))
    await failureOf(client.stream({ path: '/api/v1/secrets', query: { watch: true }, signal }))
    expect(requests.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual([
      'list secrets 401',
      'list secrets 200',
      'patch secrets/status 0',
      'watch secrets 404',
    ])
  })

  it('reports the error of a failing credential source', async () => {
    const refusal = new SecretSyncError('Unauthenticated', 'kubeconfig x: no credentials')
    const client = connect({
      credentials: { description: 'x', namespace: undefined, load: () => Promise.reject(refusal) },
    })
    expect(await failureOf(client.get(path, { signal }))).toBe(refusal)
  })
})
