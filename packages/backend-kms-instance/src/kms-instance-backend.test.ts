import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type ClientKey, parseClientKey } from '@ack-secret-manager/auth-aap'
import type { BackendIdentity, SecretBackend, SecretRef, SecretSyncError } from '@ack-secret-manager/core'
import { type Fault, issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { staticProvider } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { encodeFields } from './internal/protobuf.ts'
import { kmsInstanceBackend, type KmsInstanceSettings } from './kms-instance-backend.ts'
import { withGateway, withPlainServer } from './testing/own-gateway.ts'

const KEY = 'KAAP.demo'
const PASSWORD = canary('password')
const AK_SECRET = canary('access-key-secret')
const DATA = JSON.stringify({ password: `${canary('value')} ✓` })
const BINARY = new Uint8Array([0, 255, 10, 13, 0xc3, 0x28])
const TYPES = ['Generic', 'Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'] as const
const signal = new AbortController().signal

let endpoint: string
const backends = new OpenedBackends()
const { thrown } = backends

function clientKey(id = KEY): { clientKey: ClientKey } {
  const { file, password } = simulator.clientKeys[id] ?? { file: '', password: '' }
  return { clientKey: parseClientKey({ content: readFileSync(file), password: new TextEncoder().encode(password) }) }
}
const ram = (id = 'LTAI5tDemo', secret = AK_SECRET): BackendIdentity => ({ provider: staticProvider(id, secret) })

function backend(as: BackendIdentity, settings: Partial<KmsInstanceSettings> & { ca?: string } = {}): SecretBackend {
  return backends.add(kmsInstanceBackend({ endpoint, ca: certificate.intermediatePem, ...as, ...settings }))
}

/** The error of a read that must fail. */
const failure = (of: SecretBackend, ref: SecretRef = { name: 'app/db' }, until = signal): Promise<SecretSyncError> =>
  backends.failure(of, ref, until)

const control = simulatorControl(() => simulator.control)
const play = (fault: Fault): Promise<unknown> => control('POST', '/faults', { count: 1, ...fault })
const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))
const simulator = useFixture(() =>
  startSimulator({
    instanceCertificate: certificate,
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: AK_SECRET, allow: [{ actions: ['kms:*'], resources: ['*'] }] },
        { id: 'LTAI5tPoor', secret: AK_SECRET, allow: [] },
      ],
      instances: [
        {
          id: 'kst-demo',
          clientKeys: [
            { id: KEY, password: PASSWORD },
            { id: 'KAAP.aes', password: PASSWORD, encryption: 'aes' },
            { id: 'KAAP.poor', password: PASSWORD, secrets: ['other/*'] },
            { id: 'KAAP.gone', password: PASSWORD },
          ],
        },
      ],
      secrets: [
        {
          name: 'app/db',
          versions: [
            { id: 'v1', stages: ['ACSPrevious'], data: 'old' },
            { id: 'v2', stages: ['ACSCurrent', 'blue'], data: DATA },
          ],
        },
        {
          name: 'app/file',
          dataType: 'binary',
          versions: [{ id: 'v1', dataBase64: Buffer.from(BINARY).toString('base64') }],
        },
        ...TYPES.map((type) => ({
          name: `managed/${type}`,
          type,
          versions: [{ id: 'v1', data: `{"type":"${type}"}` }],
          ...(type === 'Generic'
            ? {}
            : { rotation: { automatic: true, interval: '604800s', next: '2030-01-01T00:00:00Z' } }),
        })),
      ],
    },
  }),
)
beforeAll(() => {
  endpoint = new URL(simulator.instance ?? '').host
})

afterEach(async () => {
  await control('DELETE', '/faults')
  await backends.close()
})

describe.each([
  ['a client key', () => clientKey()],
  ['a client key in AES', () => clientKey('KAAP.aes')],
  ['a RAM identity', () => ram()],
])('with %s', (_who, as) => {
  it('reads a text by stage and by version', async () => {
    const by = backend(as())
    const value = await by.read({ name: 'app/db' }, { signal })
    expect(textOf(value)).toBe(DATA)
    expect(value).toMatchObject({
      versionId: 'v2',
      type: 'Generic',
      dataType: 'text',
      requestId: expect.stringMatching(/./),
    })
    expect([...value.versionStages].sort()).toEqual(['ACSCurrent', 'blue'])
    expect(textOf(await by.read({ name: 'app/db', versionStage: 'ACSPrevious' }, { signal }))).toBe('old')
    expect(textOf(await by.read({ name: 'app/db', versionId: 'v1' }, { signal }))).toBe('old')
  })

  it('reads a binary value byte by byte', async () => {
    const value = await backend(as()).read({ name: 'app/file' }, { signal })
    expect(value.dataType).toBe('binary')
    expect(value.bytes.expose()).toEqual(BINARY)
  })

  it.each(TYPES)('reads a secret of type %s with its rotation settings', async (type) => {
    const value = await backend(as()).read({ name: `managed/${type}` }, { signal })
    expect(value.type).toBe(type)
    expect(JSON.parse(textOf(value))).toEqual({ type })
    if (type === 'Generic') expect(value.rotation).toBeUndefined()
    else {
      expect(value.rotation).toMatchObject({
        automatic: true,
        intervalMs: 604_800_000,
        nextMs: Date.UTC(2030, 0, 1),
      })
    }
  })

  it('reports that a secret or version does not exist', async () => {
    const by = backend(as())
    const error = await failure(by, { name: 'app/nothing' })
    expect(error).toMatchObject({
      code: 'NotFound',
      facts: { httpStatus: 404, remoteCode: 'Forbidden.ResourceNotFound', absent: true },
    })
    expect(error.facts.requestId).toMatch(/./)
    expect(error.message).toMatch(/^KMS secret "app\/nothing" at 127\.0\.0\.1:\d+: no such secret or version/)
    expect(await failure(by, { name: 'app/db', versionId: 'v9' })).toMatchObject({ code: 'NotFound' })
  })

  it.each([
    ['throttle', 'Throttled'],
    ['http503', 'Unavailable'],
    ['garbage', 'InvalidResponse'],
    ['deny', 'AccessDenied'],
    ['reset', 'Unavailable'],
  ] as const)('reports the fault %s as %s, and recovers', async (fault, code) => {
    const by = backend(as())
    await play({ fault })
    expect(await failure(by)).toMatchObject({ code })
    expect(textOf(await by.read({ name: 'app/db' }, { signal }))).toBe(DATA)
  })

  it('reports the requested pause', async () => {
    await play({ fault: 'throttle', ms: 3_000 })
    expect(await failure(backend(as()))).toMatchObject({ code: 'Throttled', facts: { retryAfterMs: 3_000 } })
  })

  it('times out when the gateway hangs', async () => {
    await play({ fault: 'hang' })
    expect(await failure(backend(as(), { timeoutMs: 300 }))).toMatchObject({ code: 'Timeout' })
  })

  it('is cancelled by its caller and by close, and not before', async () => {
    const by = backend(as())
    await play({ fault: 'hang', count: 2 })
    const stop = new AbortController()
    const stopped = failure(by, { name: 'app/db' }, stop.signal)
    const closed = failure(by)
    stop.abort()
    expect(await stopped).toMatchObject({ code: 'Cancelled' })
    await by.close()
    expect(await closed).toMatchObject({ code: 'Cancelled' })
    expect(await failure(by)).toMatchObject({ code: 'Cancelled' })
  })

  it('rejects reads beyond maxPending', async () => {
    const by = backend(as(), { maxPending: 1 })
    const first = by.read({ name: 'app/db' }, { signal })
    expect(await failure(by)).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('1 reads are already pending'),
    })
    expect(textOf(await first)).toBe(DATA)
  })

  // Trusted CA of the client, and chain that the gateway sends.
  it.each([
    ['the intermediate', 'a chain', true],
    ['the intermediate', 'a leaf', true],
    ['the root', 'a chain', true],
    ['the root', 'a leaf', false],
    ['both', 'a leaf', true],
    ['base64 of the intermediate', 'a leaf', true],
  ] as const)('trusting %s, with %s from the gateway: trusted: %s', async (trusting, sent, trusted) => {
    const { chainPem, intermediatePem, rootPem } = certificate
    const ca = {
      'the intermediate': intermediatePem,
      'the root': rootPem,
      both: intermediatePem + rootPem,
      'base64 of the intermediate': Buffer.from(intermediatePem).toString('base64'),
    }[trusting]
    const cert = sent === 'a chain' ? chainPem : chainPem.slice(0, chainPem.indexOf('-----BEGIN', 1))
    // The response does not matter, only whether the gateway was called.
    const listener: RequestListener = (_request, response) => response.writeHead(503).end()
    await withGateway({ certificate, cert }, listener, async (at) => {
      const error = await failure(backend(as(), { endpoint: at, ca }))
      expect(error.code).toBe('Unavailable')
      if (trusted) expect(error.facts.httpStatus).toBe(503)
      else {
        expect(error.message).toMatch(
          /its certificate is not trusted: set ca to .*CA.*\(UNABLE_TO_GET_ISSUER_CERT_LOCALLY\)$/,
        )
      }
    })
  })

  it('trusts no other CA, except with ignoreSSL', async () => {
    const other = await issueServerCertificate(['127.0.0.1'])
    expect(await failure(backend(as(), { ca: other.intermediatePem }))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('its certificate is not trusted'),
    })
    const by = backend(as(), { ca: other.intermediatePem, ignoreSSL: true })
    expect(textOf(await by.read({ name: 'app/db' }, { signal }))).toBe(DATA)
  })

  it('requires a matching name, TLS and a listener', async () => {
    const elsewhere = await issueServerCertificate(['elsewhere.example'])
    await withGateway(
      { certificate: elsewhere },
      () => undefined,
      async (at) => {
        const error = await failure(backend(as(), { endpoint: at, ca: elsewhere.rootPem }))
        expect(error).toMatchObject({ code: 'Unavailable', message: expect.stringContaining('for another name') })
      },
    )
    await withPlainServer(async (at) => {
      expect(await failure(backend(as(), { endpoint: at }))).toMatchObject({ code: 'Unavailable' })
    })
    // Port 1 has no listener; a port that was free a moment ago may be in use again.
    const error = await failure(backend(as(), { endpoint: '127.0.0.1:1' }))
    expect(error).toMatchObject({ code: 'Unavailable', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('rejects a response above maxResponseBytes', async () => {
    await withGateway(
      { certificate },
      (_request, response) => response.end('x'.repeat(2_000)),
      async (at) => {
        const error = await failure(backend(as(), { endpoint: at, maxResponseBytes: 1_000 }))
        expect(error).toMatchObject({
          code: 'InvalidResponse',
          message: expect.stringContaining('larger than 1000 bytes'),
        })
      },
    )
  })

  it.each([
    ['a page', 200, '<html>canary</html>', 'InvalidResponse'],
    ['nothing', 200, '', 'InvalidResponse'],
    ["a proxy's page", 404, '<html>canary</html>', 'InvalidResponse'],
    ["a proxy's page", 502, '<html>canary</html>', 'Unavailable'],
    ['a redirect', 302, '', 'InvalidResponse'],
    ['no content', 204, '', 'InvalidResponse'],
  ])('rejects %s with status %i', async (_rule, status, body, code) => {
    await withGateway(
      { certificate },
      (_request, response) => response.writeHead(status).end(body),
      async (at) => {
        expect(await failure(backend(as(), { endpoint: at }))).toMatchObject({ code })
      },
    )
  })
})

describe('a client key', () => {
  it('without permission: AccessDenied with identity, action and secret', async () => {
    const error = await failure(backend(clientKey('KAAP.poor')))
    expect(error).toMatchObject({ code: 'AccessDenied', facts: { remoteCode: 'Forbidden.NoPermission' } })
    expect(error.message).toMatch(
      /"app\/db" at \S+ client key KAAP.poor may not call kms:GetSecretValue on this secret/,
    )
  })

  it('that was deleted: Unauthenticated, although the status is 404', async () => {
    const by = backend(clientKey('KAAP.gone'))
    await control('DELETE', '/clientKeys/KAAP.gone')
    const error = await failure(by)
    expect(error).toMatchObject({ code: 'Unauthenticated', facts: { httpStatus: 404, remoteCode: 'Unauthorized' } })
    expect(error.message).toContain('client key KAAP.gone is rejected: the instance does not know the client key')
  })

  it('that is closed: Cancelled without a request', async () => {
    const key = clientKey()
    key.clientKey.close()
    const error = await failure(backend(key, { endpoint: '127.0.0.1:1' }))
    expect(error).toMatchObject({
      code: 'Cancelled',
      message: expect.stringMatching(/"app\/db" at \S+ client key KAAP.demo is closed$/),
    })
  })

  it("that signs with another's key: Unauthenticated", async () => {
    const { clientKey: key } = clientKey()
    const { clientKey: other } = clientKey('KAAP.aes')
    const mixed = { keyId: key.keyId, identity: key.identity, sign: (bytes: Uint8Array) => other.sign(bytes) }
    expect(await failure(backend({ clientKey: mixed }))).toMatchObject({
      code: 'Unauthenticated',
      facts: { remoteCode: 'SignatureNotMatch' },
    })
  })

  it('on a machine with a wrong clock: Unauthenticated with the skew', async () => {
    const clock = {
      now: () => Date.now() - 3_600_000,
      monotonic: () => 0,
      setTimeout: () => ({ cancel: () => undefined }),
    }
    const error = await failure(backend(clientKey(), { clock }))
    expect(error).toMatchObject({ code: 'Unauthenticated', facts: { remoteCode: 'RequestTimeTooSkewed' } })
    expect(error.message).toMatch(/check this machine's clock, which is 60 min behind/)
  })

  it('survives the closing of an idle connection', async () => {
    const result = encodeFields([
      [1, 'app/db'],
      [3, 'x'],
      [4, 'text'],
      [6, 'v1'],
    ])
    const sockets: unknown[] = []
    const listener: RequestListener = (request, response) => {
      sockets.push(request.socket)
      // A gateway that closes an idle connection when the next request arrives.
      if (sockets.length === 3) request.socket.destroy()
      else response.end(result)
    }
    await withGateway({ certificate }, listener, async (at) => {
      const by = backend(clientKey(), { endpoint: at })
      for (let round = 0; round < 3; round += 1) {
        expect(textOf(await by.read({ name: 'app/db' }, { signal }))).toBe('x')
        // The read resolves shortly before the connection is free again.
        await setImmediate()
      }
    })
    expect(sockets.map((socket) => sockets.indexOf(socket))).toEqual([0, 0, 0, 3])
  })

  it('is not resent when an idle connection is closed within a response', async () => {
    const result = encodeFields([
      [1, 'app/db'],
      [3, 'x'],
      [4, 'text'],
      [6, 'v1'],
    ])
    const sockets: unknown[] = []
    const listener: RequestListener = (request, response) => {
      sockets.push(request.socket)
      if (sockets.length !== 2) return void response.end(result)
      response.writeHead(200, { 'content-length': result.length })
      response.write(result.subarray(0, 4), () => request.socket.destroy())
    }
    await withGateway({ certificate }, listener, async (at) => {
      const by = backend(clientKey(), { endpoint: at })
      await by.read({ name: 'app/db' }, { signal })
      await setImmediate()
      expect(await failure(by)).toMatchObject({ code: 'Unavailable' })
    })
    expect(sockets.map((socket) => sockets.indexOf(socket))).toEqual([0, 0])
  })

  it('is not resent when a new connection is closed', async () => {
    let requests = 0
    await withGateway(
      { certificate },
      (request) => {
        requests += 1
        request.socket.destroy()
      },
      async (at) => {
        expect(await failure(backend(clientKey(), { endpoint: at }))).toMatchObject({ code: 'Unavailable' })
        expect(requests).toBe(1)
      },
    )
  })

  it.each([
    [
      'no data',
      [
        [4, 'text'],
        [6, 'v1'],
      ],
      'SecretData',
    ],
    [
      'no data type',
      [
        [3, 'canary'],
        [6, 'v1'],
      ],
      'SecretDataType',
    ],
    [
      'no version',
      [
        [3, 'canary'],
        [4, 'text'],
      ],
      'VersionId',
    ],
    [
      'another secret',
      [
        [1, 'app/other'],
        [3, 'canary'],
        [4, 'text'],
        [6, 'v1'],
      ],
      'another secret',
    ],
    [
      'bad base64',
      [
        [3, 'canary!'],
        [4, 'binary'],
        [6, 'v1'],
      ],
      'SecretData',
    ],
  ] as const)('rejects a response with %s, naming the field and not its content', async (_rule, fields, named) => {
    await withGateway(
      { certificate },
      (_request, response) => response.end(encodeFields(fields)),
      async (at) => {
        const error = await failure(backend(clientKey(), { endpoint: at }))
        expect(error).toMatchObject({ code: 'InvalidResponse', message: expect.stringContaining(named) })
      },
    )
  })

  it('never shows the message of an error response, which may repeat the request', async () => {
    const body = encodeFields([
      [2, 'Weird canary code'],
      [3, 'canary message'],
      [4, 'canary\nid'],
    ])
    await withGateway(
      { certificate },
      (_request, response) => response.writeHead(500).end(body),
      async (at) => {
        expect(await failure(backend(clientKey(), { endpoint: at }))).toMatchObject({
          code: 'Unavailable',
          facts: { httpStatus: 500 },
        })
      },
    )
  })
})

describe('a RAM identity', () => {
  it('without permission: AccessDenied with identity, action and secret', async () => {
    const error = await failure(backend(ram('LTAI5tPoor')))
    expect(error).toMatchObject({ code: 'AccessDenied', facts: { remoteCode: 'Forbidden.NoPermission' } })
    expect(error.message).toMatch(
      /"app\/db" at \S+ AccessKey LTAI5tPoor may not call kms:GetSecretValue on this secret: no RAM policy/,
    )
  })

  it.each([
    ['unknown', 'LTAI5tUnknown', AK_SECRET],
    ['with the wrong secret', 'LTAI5tDemo', 'canary-wrong'],
  ])('%s: Unauthenticated, and invalidates the credential', async (_rule, id, secret) => {
    const provider = staticProvider(id, secret)
    const error = await failure(backend({ provider }))
    expect(error).toMatchObject({ code: 'Unauthenticated' })
    expect(error.message).toContain(`AccessKey ${id} is rejected: `)
    expect(provider.refused).toHaveLength(1)
  })
})

it.each(['timeoutMs', 'connectTimeoutMs', 'maxConnections', 'maxPending', 'keepAliveMs', 'maxResponseBytes'])(
  'rejects %s that is not a positive whole number',
  (name) => {
    for (const value of [0, -1, 1.5, Number.NaN]) {
      expect(() => backend(ram(), { [name]: value })).toThrowError(RangeError)
    }
  },
)

it('keeps every error of this file free of secrets, at any depth', () => {
  expect(thrown.length).toBeGreaterThan(50)
  const seen = inspect(thrown, { depth: 20, showHidden: true })
  for (const secret of ['canary', 'Bearer ', 'Signature=', 'ACS3-HMAC']) expect(seen).not.toContain(secret)
})
