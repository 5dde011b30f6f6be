import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import type { CredentialProvider, CredentialRefresh, SecretSyncError } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { callsByResult, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type WorkerRoleOptions, workerRoleProvider } from './worker-role-provider.ts'

const signal = new AbortController().signal
const clock = new ManualClock(Date.now())
const METADATA = { role: 'node', tokenRequired: false, tokenService: true, sessionSeconds: 21_600, delayMs: 0 }

let simulator: Simulator
let metadataEndpoint: string
const open: { close(): Promise<unknown> }[] = []

beforeAll(async () => {
  simulator = await startSimulator({
    clock,
    seed: {
      roles: [
        { name: 'node', trust: { ecs: true } },
        { name: 'other', trust: { ecs: true } },
      ],
      metadata: METADATA,
    },
  })
  metadataEndpoint = new URL(simulator.metadata ?? '').host
})

afterAll(() => simulator.close())

beforeEach(async () => {
  await control('PUT', 'metadata', METADATA)
  await control('DELETE', 'faults')
  await control('DELETE', 'calls')
})

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

const control = simulatorControl(() => simulator.control)

const calls = (): Promise<Record<string, number>> => callsByResult(control)

function provider(options: WorkerRoleOptions = {}): CredentialProvider {
  const one = workerRoleProvider({ metadataEndpoint, clock, random: () => 0.5, ...options })
  open.push(one)
  return one
}

/** Listens on a free port; returns `127.0.0.1:PORT`. */
async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void

/** A service with custom responses that records its requests. */
async function service(respond: Respond): Promise<{ endpoint: string; asked: string[] }> {
  const asked: string[] = []
  const endpoint = await listen(
    createServer((request, response) => {
      const { method, url, headers } = request
      asked.push(`${method} ${url}${'x-aliyun-ecs-metadata-token' in headers ? ' with token' : ''}`)
      respond(request, response)
    }),
  )
  return { endpoint, asked }
}

const ROLES = '/latest/meta-data/ram/security-credentials/'
const CREDENTIAL = {
  AccessKeyId: 'STS.canary',
  AccessKeySecret: 'canary-secret',
  SecurityToken: 'canary-token',
  Expiration: '2099-01-01T06:00:00Z',
  LastUpdated: '2099-01-01T00:00:00Z',
  Code: 'Success',
}

/** An ECS metadata service with a custom response for one path. */
const ecsBut =
  (path: string, respond: Respond): Respond =>
  (request, response) => {
    if (request.url === path) respond(request, response)
    else if (request.method === 'PUT') response.end('canary-metadata-token')
    else if (request.url === ROLES) response.end('node')
    else response.end(JSON.stringify(CREDENTIAL))
  }

const respondWith =
  (status: number, body = '', headers: Record<string, string> = {}): Respond =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

describe('workerRoleProvider', () => {
  it('reads the role of the instance with a token', async () => {
    await control('PUT', 'metadata', { ...METADATA, tokenRequired: true })
    const refreshes: CredentialRefresh[] = []
    const credential = await provider({ onRefresh: (refresh) => refreshes.push(refresh) }).credential({ signal })
    expect(credential.accessKeyId).toMatch(/^STS\./)
    expect(credential.expiresAtMs).toBeLessThanOrEqual(clock.now() + 21_600_000)
    expect(Object.isFrozen(credential)).toBe(true)
    expect(await calls()).toEqual({ 'GetMetadataToken OK': 1, 'GetRoleName OK': 1, 'GetRoleCredential OK': 1 })
    expect(refreshes).toMatchObject([{ provider: 'worker-role', result: 'ok' }])
  })

  it('sends the requests that ECS documents', async () => {
    const { endpoint, asked } = await service(ecsBut('', respondWith(200)))
    await provider({ metadataEndpoint: endpoint }).credential({ signal })
    expect(asked).toEqual([`PUT /latest/api/token`, `GET ${ROLES} with token`, `GET ${ROLES}node with token`])
  })

  it('does not request the name of a configured role', async () => {
    await provider({ roleName: 'node' }).credential({ signal })
    expect(await calls()).toEqual({ 'GetMetadataToken OK': 1, 'GetRoleCredential OK': 1 })
  })

  it('makes one call for 200 callers', async () => {
    const one = provider()
    const credentials = await Promise.all(Array.from({ length: 200 }, () => one.credential({ signal })))
    expect(new Set(credentials).size).toBe(1)
    expect(await calls()).toMatchObject({ 'GetRoleCredential OK': 1 })
  })

  it('follows the rotation by ECS for ten days with a few requests', async () => {
    const one = provider()
    let stale = 0
    for (let minute = 0; minute < 10 * 24 * 60; minute += 30) {
      const { expiresAtMs = 0 } = await one.credential({ signal })
      if (expiresAtMs <= clock.now()) stale += 1
      await clock.advance(30 * 60_000)
    }
    expect(stale).toBe(0)
    // Sessions last six hours and are renewed half an hour before they expire.
    expect((await calls())['GetRoleCredential OK']).toBeLessThanOrEqual(48)
  })

  it('works without tokens only with allowV1', async () => {
    await control('PUT', 'metadata', { ...METADATA, tokenService: false })
    expect(await failureOf(provider().credential({ signal }))).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(/issues no tokens \(HTTP 404\).*needs allowMetadataV1 of the store/),
    })
    expect(await calls()).toEqual({ 'GetMetadataToken 404': 1 })
    expect(await provider({ allowV1: true }).credential({ signal })).toMatchObject({
      accessKeyId: expect.stringMatching(/^STS\./),
    })
  })

  it('limits the lifetime of a credential when the local clock is slow', async () => {
    const { endpoint } = await service(ecsBut('', respondWith(200)))
    const { expiresAtMs } = await provider({ metadataEndpoint: endpoint }).credential({ signal })
    expect(expiresAtMs).toBe(clock.now() + 6 * 3_600_000)
  })

  it('uses the new role when another one is attached', async () => {
    const one = provider()
    const first = await one.credential({ signal })
    await control('PUT', 'metadata', { ...METADATA, role: 'other' })
    one.invalidate(first)
    await one.credential({ signal })
    expect(((await control('GET', 'calls?groupBy=secret')) as { calls: { secret: string }[] }).calls).toContainEqual(
      expect.objectContaining({ secret: 'other' }),
    )
  })

  it('describes its identity', () => {
    expect(provider({ metadataEndpoint: '127.0.0.1:1' }).identity).toMatchObject({
      kind: 'worker-role',
      description: 'worker role of this node',
      issuer: '127.0.0.1:1',
    })
    const { description, account, fingerprint } = provider({ roleName: 'node' }).identity
    expect([description, account]).toEqual(['worker role node', `unknown ${fingerprint}`])
    const prints = [
      provider(),
      provider({ roleName: 'node' }),
      provider({ allowV1: true }),
      provider({ metadataEndpoint: '127.0.0.1:1' }),
    ].map(({ identity }) => identity.fingerprint)
    expect(new Set(prints).size).toBe(4)
    expect(provider().identity.fingerprint).toBe(prints[0])
  })

  it('ends with close', async () => {
    const { endpoint } = await service(() => undefined)
    const one = provider({ metadataEndpoint: endpoint })
    const failure = failureOf(one.credential({ signal }))
    await one.close()
    expect(await failure).toMatchObject({ code: 'Cancelled' })
  })
})

describe('workerRoleProvider, bad input', () => {
  it.each<[string, WorkerRoleOptions, string]>([
    ['an ARN for a name', { roleName: 'acs:ram::1:role/node' }, 'roleName'],
    ['a path for a name', { roleName: '../node' }, 'roleName'],
    ['a URL', { metadataEndpoint: 'http://100.100.100.200' }, 'metadataEndpoint'],
    ['a path', { metadataEndpoint: '100.100.100.200/x' }, 'metadataEndpoint'],
    ['an obfuscated address', { metadataEndpoint: '0x64.100.100.200' }, 'metadataEndpoint'],
  ])('%s is rejected immediately', (_rule, options, field) =>
    expect(() => provider(options)).toThrowError(expect.objectContaining({ code: 'InvalidSpec', facts: { field } })),
  )

  it.each([0, -1, Number.NaN])('a deadline of %d ms is rejected immediately', (timeoutMs) => {
    expect(() => provider({ timeoutMs })).toThrow(`timeoutMs: expected a whole number ≥ 1, got ${timeoutMs}`)
  })

  const page = respondWith(200, '<html>canary-page sign in</html>', { 'content-type': 'text/html' })
  it.each<[string, string, Respond, string, RegExp]>([
    [
      'a page for a token',
      '/latest/api/token',
      page,
      'InvalidResponse',
      /the token request like the one of an ECS instance/,
    ],
    ['a page for the role', ROLES, page, 'InvalidResponse', /the request for the role name like the one of an ECS/],
    ['a page for a credential', `${ROLES}node`, page, 'InvalidResponse', /has no valid AccessKeyId: /],
    [
      'a redirect',
      ROLES,
      respondWith(302, '', { location: 'http://x/?canary' }),
      'InvalidResponse',
      /a redirect \(HTTP 302\)/,
    ],
    ['no role', ROLES, respondWith(404), 'Unauthenticated', /reports no RAM role: attach one to this instance/],
    ['an empty role', ROLES, respondWith(200, '\n'), 'Unauthenticated', /reports no RAM role/],
    [
      'a role of another machine',
      `${ROLES}node`,
      respondWith(404),
      'Unauthenticated',
      / says that role node is not attached to this/,
    ],
    ['its own token rejected', ROLES, respondWith(401), 'Unauthenticated', /rejects its own token \(HTTP 401\)/],
    ['throttling', ROLES, respondWith(429), 'Throttled', /throttles \(HTTP 429\)/],
    ['a failure', '/latest/api/token', respondWith(503), 'Unavailable', /reports an internal error \(HTTP 503\)/],
    [
      'a role that ECS may not assume',
      `${ROLES}node`,
      respondWith(200, '{"Code":"AssumeRoleUnauthorizedAccess","canary":1}'),
      'Unauthenticated',
      /worker role node: ECS could not assume it \(AssumeRoleUnauthorizedAccess\)/,
    ],
    [
      'half a credential',
      `${ROLES}node`,
      respondWith(200, JSON.stringify({ ...CREDENTIAL, SecurityToken: '' })),
      'InvalidResponse',
      /has no valid SecurityToken: /,
    ],
    [
      'a credential without expiry',
      `${ROLES}node`,
      respondWith(200, JSON.stringify({ ...CREDENTIAL, Expiration: 'never' })),
      'InvalidResponse',
      /has no valid Expiration: /,
    ],
    [
      'an endless response',
      ROLES,
      respondWith(200, 'canary'.repeat(20_000)),
      'InvalidResponse',
      /larger than 65536 bytes/,
    ],
    ['a cut connection', ROLES, (request) => request.socket.destroy(), 'Unavailable', /cut the connection \(name of/],
    [
      'a lost response to the token request',
      '/latest/api/token',
      (request) => request.socket.resetAndDestroy(),
      'Unavailable',
      /its response did not arrive \([A-Z_]+\): the hop limit is too low for pods/,
    ],
  ])('%s', async (_rule, path, respond, code, message) => {
    const { endpoint } = await service(ecsBut(path, respond))
    const failure = await failureOf(provider({ metadataEndpoint: endpoint }).credential({ signal }))
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it.each<[string, string, RegExp]>([
    ['the token', '/latest/api/token', /its response did not arrive \(no response within 2000 ms\): the hop limit/],
    ['the role', ROLES, /is too slow \(name of the role: no response within 2000 ms\)/],
    ['the credential', `${ROLES}node`, /is too slow \(credentials of role node: no response within 2000 ms\)/],
  ])('no response for %s', async (_rule, path, message) => {
    let asking: Promise<SecretSyncError> | undefined
    await new Promise<void>((arrived) => {
      asking = service(ecsBut(path, () => arrived())).then(({ endpoint }) =>
        failureOf(provider({ metadataEndpoint: endpoint }).credential({ signal })),
      )
    })
    await clock.advance(2_000)
    expect(await asking).toMatchObject({ code: 'Timeout', message: expect.stringMatching(message) })
  })

  it('continues without a token that does not arrive, with allowV1', async () => {
    const { endpoint, asked } = await service(ecsBut('/latest/api/token', (request) => request.socket.destroy()))
    await provider({ metadataEndpoint: endpoint, allowV1: true }).credential({ signal })
    expect(asked).toEqual([`PUT /latest/api/token`, `GET ${ROLES}`, `GET ${ROLES}node`])
  })

  it('no listener', async () => {
    // Port 1 has no listener; a port that was free a moment ago may be in use again.
    const unreachable = '127.0.0.1:1'
    for (const allowV1 of [false, true]) {
      expect(
        await failureOf(provider({ metadataEndpoint: unreachable, allowV1 }).credential({ signal })),
      ).toMatchObject({
        code: 'Unavailable',
        message: expect.stringMatching(/cannot be reached \(ECONNREFUSED\): is this an ECS instance/),
      })
    }
  })

  it('something that does not speak HTTP', async () => {
    const endpoint = await listen(createTcpServer((socket) => socket.end('SSH-2.0-canary\r\n')))
    const failure = await failureOf(provider({ metadataEndpoint: endpoint }).credential({ signal }))
    expect(failure).toMatchObject({
      code: 'InvalidResponse',
      message: expect.stringContaining('the response is not HTTP'),
    })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('canary')
  })
})
