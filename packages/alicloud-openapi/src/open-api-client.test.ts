import { createHook } from 'node:async_hooks'
import type { ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import {
  type Credential,
  type CredentialProvider,
  type ErrorCode,
  type ErrorFacts,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { afterEach, describe, expect, it } from 'vitest'
import { OpenApiClient, type OpenApiClientOptions } from './open-api-client.ts'
import type { OpenApiCall } from './open-api-call.ts'
import { json, type Respond, startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'
import { startTlsFlood } from '@ack-secret-manager/test-support/tls-flood'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'

const signal = new AbortController().signal
const CREDENTIAL: Credential = {
  accessKeyId: 'STS.NTdemo',
  accessKeySecret: new Sensitive('canary-secret'),
  securityToken: new Sensitive('canary-token'),
}
const CALL: OpenApiCall = {
  action: 'GetSecretValue',
  version: '2016-01-20',
  as: CREDENTIAL,
  params: { SecretName: 'canary-parameter', VersionId: undefined, DryRun: false },
  what: 'KMS secret "app/db"',
  signal,
}

const open: AsyncDisposable[] = []

const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

async function setUp(
  respond: Respond,
  options: Partial<OpenApiClientOptions> = {},
  tls: ServerOptions = {},
): Promise<{ server: TestServer; client: OpenApiClient }> {
  const server = await startTestServer(respond, { key: certificate.keyPem, cert: certificate.chainPem, ...tls })
  const client = new OpenApiClient({ endpoint: server.endpoint, ca: certificate.rootPem, ...options })
  open.push(server, client)
  return { server, client }
}

/** Sends `start`, then `piece` again and again until the client closes the connection. */
function flood(start: string, piece: string): Respond {
  return ({ socket }) => {
    const pieces = Buffer.from(piece.repeat(10_000))
    const more = (): void => {
      while (socket?.write(pieces) === true);
    }
    socket?.on('drain', more).on('error', () => undefined)
    socket?.write(start)
    more()
  }
}

describe('OpenApiClient', () => {
  it('returns status, body and request id', async () => {
    const { client, server } = await setUp(json(200, { RequestId: '6A-1', SecretData: 'x' }))
    expect(await client.call(CALL)).toEqual({
      status: 200,
      requestId: '6A-1',
      body: { RequestId: '6A-1', SecretData: 'x' },
    })
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/?DryRun=false&SecretName=canary-parameter',
      body: '',
    })
    expect(server.seen[0]?.headers).toMatchObject({ 'user-agent': expect.stringMatching(/^ack-secret-manager\/\d/) })
  })

  it('keeps sensitive parameters out of URLs', async () => {
    const { client, server } = await setUp(json(200, {}))
    const params = { OIDCToken: new Sensitive('canary-oidc'), RoleArn: 'r' }
    await client.call({ ...CALL, params, paramsIn: 'form', as: 'anonymous' })
    const [seen] = server.seen
    expect(seen?.body).toBe('OIDCToken=canary-oidc&RoleArn=r')
    expect(seen?.url).toMatch(
      /^\/\?Action=GetSecretValue&Format=JSON&SignatureNonce=[0-9a-f]{32}&Timestamp=[\dTZ%A-]+&Version=2016-01-20$/,
    )
    expect(Object.keys(seen?.headers ?? {}).filter((name) => /^x-acs|authorization/.test(name))).toEqual([])
    await expect(client.call({ ...CALL, params })).rejects.toThrow(TypeError)
    expect(server.seen).toHaveLength(1)
  })

  it('names the credential if the deadline passes before there is one, and the endpoint after that', async () => {
    const silent: CredentialProvider = {
      identity: { kind: 'assume-role', fingerprint: 'r', description: 'role reader', account: '1', issuer: 'sts.test' },
      credential: ({ signal: until }) =>
        new Promise((_resolve, reject) => until.addEventListener('abort', () => reject(until.reason as Error))),
      invalidate: () => undefined,
      close: async () => undefined,
    }
    const { server, client } = await setUp(() => undefined)
    await expect(client.call({ ...CALL, as: silent, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'Timeout',
      message: `${CALL.what} at ${server.endpoint}: credentials of role reader: no response within 50 ms`,
      facts: { waitedMs: 50, issuer: 'sts.test' },
    })
    const ready = { ...silent, credential: () => Promise.resolve(CREDENTIAL) }
    await expect(client.call({ ...CALL, as: ready, timeoutMs: 50 })).rejects.toMatchObject({
      message: `${CALL.what} at ${server.endpoint}: no response within 50 ms`,
    })
  })

  it.each<[string, ErrorCode, ErrorFacts, ErrorFacts]>([
    ['names the issuer of a credential that is unavailable', 'Unavailable', {}, { issuer: 'sts.test' }],
    ['keeps the issuer that it depends on', 'Timeout', { issuer: 'metadata.test' }, { issuer: 'metadata.test' }],
    ['names no issuer that responds', 'Unauthenticated', { httpStatus: 403 }, { httpStatus: 403 }],
  ])('%s', async (_rule, code, facts, expected) => {
    const { client } = await setUp(json(200, {}))
    const failing: CredentialProvider = {
      identity: { kind: 'assume-role', fingerprint: 'r', description: 'role reader', account: '1', issuer: 'sts.test' },
      credential: () => Promise.reject(new SecretSyncError(code, 'no credential', { facts })),
      invalidate: () => undefined,
      close: async () => undefined,
    }
    expect((await failureOf(client.call({ ...CALL, as: failing }))).facts).toEqual(expected)
  })

  it('requests one credential per call and invalidates a refused one', async () => {
    let status = 200
    const { client } = await setUp((response, request) =>
      json(status, { Code: 'InvalidAccessKeyId.NotFound' })(response, request),
    )
    const events: unknown[] = []
    const provider: CredentialProvider = {
      identity: { kind: 'test', fingerprint: 'f', description: 'test', account: 'a' },
      credential: async () => {
        events.push('credential')
        return CREDENTIAL
      },
      invalidate: (credential) => events.push(credential),
      close: async () => undefined,
    }
    await client.call({ ...CALL, as: provider })
    expect(events).toEqual(['credential'])
    status = 404
    expect(await failureOf(client.call({ ...CALL, as: provider }))).toMatchObject({ code: 'Unauthenticated' })
    expect(events).toEqual(['credential', 'credential', CREDENTIAL])
  })

  it.each([
    ['has a newer one', ['STS.old', 'STS.new'], 'STS.new', ['STS.old', 'STS.new'], ['STS.old']],
    [
      'has a newer one, which is refused too',
      ['STS.old', 'STS.new'],
      'none',
      ['STS.old', 'STS.new'],
      ['STS.old', 'STS.new'],
    ],
    ['has no newer one', ['STS.old'], 'none', ['STS.old'], ['STS.old']],
  ])('retries a refused credential if the provider %s', async (_rule, ids, accepted, asked, refused) => {
    const { client, server } = await setUp((response, request) => {
      const isRight = String(request.headers.authorization).includes(`Credential=${accepted},`)
      json(isRight ? 200 : 404, isRight ? {} : { Code: 'InvalidAccessKeyId.NotFound' })(response, request)
    })
    const invalidated: string[] = []
    const provider: CredentialProvider = {
      identity: { kind: 'test', fingerprint: 'f', description: 'test', account: 'a' },
      credential: async () => ({ ...CREDENTIAL, accessKeyId: ids[Math.min(invalidated.length, ids.length - 1)] ?? '' }),
      invalidate: ({ accessKeyId }) => invalidated.push(accessKeyId),
      close: async () => undefined,
    }
    const [{ status }] = await Promise.allSettled([client.call({ ...CALL, as: provider, retryRefused: true })])
    expect(status).toBe(accepted === 'none' ? 'rejected' : 'fulfilled')
    const seen = server.seen.map(({ headers }) => /Credential=([\w.]+)/.exec(String(headers.authorization))?.[1])
    expect(seen).toEqual(asked)
    expect(invalidated).toEqual(refused)
  })

  it('passes on the failure of the provider, and names the request', async () => {
    const { client, server } = await setUp(json(200, {}))
    const provider: CredentialProvider = {
      identity: { kind: 'test', fingerprint: 'f', description: 'test', account: 'a' },
      credential: () => Promise.reject(new SecretSyncError('Unauthenticated', 'role x: refused')),
      invalidate: () => undefined,
      close: async () => undefined,
    }
    expect(await failureOf(client.call({ ...CALL, as: provider }))).toMatchObject({
      code: 'Unauthenticated',
      message: `KMS secret "app/db" at ${server.endpoint}: role x: refused`,
    })
    expect(server.seen).toEqual([])
  })

  it('reuses a few connections', async () => {
    const { client, server } = await setUp(json(200, {}), { maxConnections: 3 })
    await Promise.all(Array.from({ length: 50 }, () => client.call(CALL)))
    await client.call(CALL)
    expect(server.seen).toHaveLength(51)
    expect(server.connections()).toBeLessThanOrEqual(3)
    expect(new Set(server.seen.map(({ headers }) => headers['x-acs-signature-nonce'])).size).toBe(51)
  })

  it('limits the size of each response, not of all on a connection', async () => {
    const options = { maxConnections: 1, maxResponseBytes: 16_384 }
    const { client, server } = await setUp(json(200, { text: 'x'.repeat(16_000) }), options)
    for (let call = 0; call < 40; call += 1) await client.call(CALL)
    expect(server.connections()).toBe(1)
  })

  it('refuses further handshakes on a connection', async () => {
    const handshakes: string[] = []
    const again: Respond = (response) => {
      const socket = response.socket as TLSSocket
      socket.on('error', () => undefined)
      socket.renegotiate({}, (error) => {
        handshakes.push(error === null ? 'made' : 'refused')
        response.end('{}')
      })
    }
    const { client } = await setUp(again, {}, { maxVersion: 'TLSv1.2' })
    expect(await failureOf(client.call(CALL))).toMatchObject({ code: 'Unavailable' })
    expect(handshakes).not.toContain('made')
  })

  it.each(['tickets', 'key updates'] as const)('ends a connection with endless %s of TLS', async (kind) => {
    const server = await startTlsFlood(kind, { key: certificate.keyPem, cert: certificate.chainPem })
    const client = new OpenApiClient({ endpoint: server.endpoint, ca: certificate.rootPem, timeoutMs: 60_000 })
    open.push(server, client)
    expect(await failureOf(client.call(CALL))).toMatchObject({ code: 'InvalidResponse' })
    await server.closed
  })

  it('looks a name up once for all connections that wait for it', async () => {
    const { keyPem: key, chainPem: cert, rootPem: ca } = await issueServerCertificate(['localhost'])
    const server = await startTestServer(json(200, {}), { key, cert })
    const client = new OpenApiClient({ endpoint: `localhost:${server.port}`, ca })
    open.push(server, client)
    let lookups = 0
    const hook = createHook({ init: (_id, type) => void (lookups += type === 'GETADDRINFOREQWRAP' ? 1 : 0) }).enable()
    await Promise.all(Array.from({ length: 20 }, () => client.call(CALL)))
    hook.disable()
    expect([server.connections(), lookups]).toEqual([20, 1])
  })

  it('lets no server choose the group of a key exchange', async () => {
    const dhe = { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' } as const
    const { client, server } = await setUp(json(200, {}), {}, dhe)
    expect(await failureOf(client.call(CALL))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/: no TLS session \(ERR_SSL_.*_HANDSHAKE_FAILURE\)$/),
    })
    expect(server.refusals).toEqual(['ERR_SSL_NO_SHARED_CIPHER'])
  })

  it('rejects calls beyond its limit immediately', async () => {
    const { client } = await setUp(() => undefined, { maxPending: 2, timeoutMs: 60_000 })
    const waiting = [client.call(CALL), client.call(CALL)].map(failureOf)
    expect(await failureOf(client.call(CALL))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('2 calls are already pending'),
    })
    await client.close()
    for (const one of waiting) expect(await one).toMatchObject({ code: 'Cancelled' })
    expect(await failureOf(client.call(CALL))).toMatchObject({ code: 'Cancelled' })
  })

  it('is cancelled by its caller', async () => {
    const { client } = await setUp(() => undefined)
    const caller = new AbortController()
    const failure = failureOf(client.call({ ...CALL, signal: caller.signal }))
    caller.abort()
    expect(await failure).toMatchObject({ code: 'Cancelled' })
  })

  it.each([
    ['an endpoint with a path', { endpoint: 'kms.cn-hangzhou.aliyuncs.com/x' }, /^endpoint: expected HOST/],
    ['an endpoint with a scheme', { endpoint: 'https://kms.cn-hangzhou.aliyuncs.com' }, /^endpoint: expected HOST/],
    ['an obfuscated address', { endpoint: '0x7f.1' }, /^endpoint: expected HOST/],
    ['user info', { endpoint: 'a@127.0.0.1' }, /^endpoint: expected HOST/],
    ['no CA', { ca: 'no PEM' }, /^ca: expected PEM certificates/],
    [
      'half a CA',
      { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      /^ca: certificate 1 of 1 cannot be read$/,
    ],
  ])('refuses %s', (_rule, options, message) =>
    expect(() => new OpenApiClient({ endpoint: 'kms.cn-hangzhou.aliyuncs.com', ...options })).toThrowError(
      expect.objectContaining({ code: 'InvalidSpec', message: expect.stringMatching(message) }),
    ),
  )
})

describe('OpenApiClient over TLS', () => {
  it('trusts only the given CA', async () => {
    const { client } = await setUp(json(200, {}), { ca: (await issueServerCertificate(['127.0.0.1'])).rootPem })
    expect(await failureOf(client.call(CALL))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/its certificate is not trusted: provide its CA \([A-Z_]+\)$/),
    })
  })

  it('trusts an intermediate only with allowPartialTrustChain', async () => {
    const intermediate = certificate.chainPem.slice(certificate.chainPem.lastIndexOf('-----BEGIN'))
    const strict = await setUp(json(200, {}), { ca: intermediate })
    expect(await failureOf(strict.client.call(CALL))).toMatchObject({ code: 'Unavailable' })
    const partial = await setUp(json(200, {}), { ca: intermediate, allowPartialTrustChain: true })
    expect(await partial.client.call(CALL)).toMatchObject({ status: 200 })
  })

  it('accepts any certificate with rejectUnauthorized false', async () => {
    const { client } = await setUp(json(200, {}), {
      ca: (await issueServerCertificate(['127.0.0.1'])).rootPem,
      rejectUnauthorized: false,
    })
    expect(await client.call(CALL)).toMatchObject({ status: 200 })
  })

  it('refuses a certificate for another name', async () => {
    const other = await issueServerCertificate(['kms.example'])
    const server = await startTestServer(json(200, {}), { key: other.keyPem, cert: other.chainPem })
    const client = new OpenApiClient({ endpoint: server.endpoint, ca: other.rootPem })
    open.push(server, client)
    expect(await failureOf(client.call(CALL))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('its certificate is for another name: check the endpoint'),
    })
  })

  it('refuses TLS 1.1', async () => {
    const server = await startTestServer(json(200, {}), {
      key: certificate.keyPem,
      cert: certificate.chainPem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const client = new OpenApiClient({ endpoint: server.endpoint, ca: certificate.rootPem })
    open.push(server, client)
    expect(await failureOf(client.call(CALL))).toMatchObject({ code: 'Unavailable' })
    expect(server.seen).toEqual([])
  })

  it('refuses plain HTTP', async () => {
    const server = await startTestServer(json(200, {}))
    const client = new OpenApiClient({ endpoint: server.endpoint, ca: certificate.rootPem })
    open.push(server, client)
    expect(await failureOf(client.call(CALL))).toMatchObject({ code: 'Unavailable' })
  })
})

/** Repeats the whole request, like the gateway repeats signed text. */
const echo =
  (status: number, headers: Record<string, string> = {}): Respond =>
  (response, request) =>
    json(
      status,
      { Code: 'SignatureDoesNotMatch', RequestId: '6A-9', Message: JSON.stringify(request) },
      headers,
    )(response, request)

describe('OpenApiClient, failures', () => {
  const html: Respond = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>canary-body')
  it.each<[string, Respond, string, RegExp, object, Partial<OpenApiClientOptions>?]>([
    [
      'a refusal that repeats the request',
      echo(400),
      'Unauthenticated',
      /check the AccessKey secret \(SignatureDoesNotMatch, HTTP 400\)$/,
      { httpStatus: 400, remoteCode: 'SignatureDoesNotMatch', requestId: '6A-9' },
    ],
    [
      'throttling',
      json(429, { Code: 'Throttling.User' }, { 'retry-after': '7' }),
      'Throttled',
      /more calls than the quota/,
      { httpStatus: 429, remoteCode: 'Throttling.User', retryAfterMs: 7_000 },
    ],
    [
      'a denial by RAM',
      json(403, {
        Code: 'NoPermission',
        AccessDeniedDetail: { AuthAction: 'kms:GetSecretValue', AuthPrincipalDisplayName: 'canary' },
      }),
      'AccessDenied',
      /no RAM policy allows it; kms:GetSecretValue is missing \(NoPermission, HTTP 403\)$/,
      { httpStatus: 403, remoteCode: 'NoPermission', missingAction: 'kms:GetSecretValue' },
    ],
    [
      'a clock that is wrong',
      json(400, { Code: 'InvalidTimeStamp.Expired' }, { date: 'Thu, 01 Jan 2015 00:00:00 GMT' }),
      'Unauthenticated',
      /check this machine's clock, which is \d+ min ahead of the service's/,
      { httpStatus: 400, remoteCode: 'InvalidTimeStamp.Expired' },
    ],
    [
      'malformed codes',
      json(403, { Code: 'canary: <p>', RequestId: 'canary canary' }),
      'AccessDenied',
      /the endpoint forbids it \(HTTP 403\)$/,
      { httpStatus: 403 },
    ],
    ['an HTML page', html, 'InvalidResponse', /the response is not a JSON object \(HTTP 200\)/, { httpStatus: 200 }],
    ['a list', json(200, ['canary']), 'InvalidResponse', /not a JSON object/, { httpStatus: 200 }],
    [
      'bytes that are not UTF-8',
      (response) => response.end(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])),
      'InvalidResponse',
      /not a JSON object/,
      { httpStatus: 200 },
    ],
    [
      'a gateway without backend',
      (response) => response.writeHead(502).end('<p>canary-body'),
      'Unavailable',
      /the service reports an internal error \(HTTP 502\)/,
      { httpStatus: 502 },
    ],
    [
      'a redirect',
      (response) => response.writeHead(307, { location: 'https://127.0.0.1/?canary' }).end(),
      'InvalidResponse',
      /a redirect, which is not followed \(HTTP 307\)$/,
      { httpStatus: 307 },
    ],
    [
      'a response too large',
      json(200, { a: 'canary'.repeat(1_000) }),
      'InvalidResponse',
      /the response is larger than 1024 bytes$/,
      {},
      { maxResponseBytes: 1_024 },
    ],
    ['no response', () => undefined, 'Timeout', /no response within 50 ms$/, { waitedMs: 50 }, { timeoutMs: 50 }],
    [
      'half a response',
      (response) => response.writeHead(200, { 'content-length': '99' }).write('{"a":'),
      'Timeout',
      /no response within 50 ms$/,
      { waitedMs: 50 },
      { timeoutMs: 50 },
    ],
    [
      'headers too large',
      (response) => response.writeHead(200, { 'x-large': 'canary'.repeat(10_000) }).end('{}'),
      'InvalidResponse',
      /the headers of the response are too large$/,
      {},
    ],
    [
      'too many informational responses',
      (response) => response.socket?.write('HTTP/1.1 103 Early Hints\r\nlink: canary\r\n\r\n'.repeat(9)),
      'InvalidResponse',
      /the headers of the response are too large$/,
      {},
    ],
    [
      'too many small chunks',
      (response) => {
        response.writeHead(200)
        for (let bytes = 0; bytes < 2_000; bytes += 1) response.write(' ')
        response.end('{}')
      },
      'InvalidResponse',
      /the response has too many small chunks$/,
      {},
    ],
    ['blank lines without end', flood('', '\r\n'), 'InvalidResponse', /the response is larger than 262144 bytes$/, {}],
    [
      'a reason phrase without end',
      flood('HTTP/1.1 200 ', 'canary'),
      'InvalidResponse',
      /the response is larger than 262144 bytes$/,
      {},
    ],
    [
      'an extension of a chunk without end',
      flood('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'canary'),
      'InvalidResponse',
      /the response is larger than 262144 bytes$/,
      {},
    ],
    [
      'something that is not HTTP',
      (response) => response.socket?.end('SSH-2.0-canary\r\n'),
      'InvalidResponse',
      /the response is not HTTP$/,
      {},
    ],
    [
      'a connection that is cut',
      (response) => response.socket?.destroy(),
      'Unavailable',
      /the connection was cut \([A-Z_]+\)$/,
      {},
    ],
  ])('%s', async (_rule, respond, code, message, facts, options = {}) => {
    const { client, server } = await setUp(respond, options)
    for (const call of [CALL, { ...CALL, paramsIn: 'form' as const }]) {
      const failure = await failureOf(client.call(call))
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(failure.message).toContain(`KMS secret "app/db" at ${server.endpoint}: `)
      expect(failure.facts).toEqual(facts)
      const shown = inspect(failure, { depth: 10, showHidden: true })
      const signature = /Signature=(\w+)/.exec(String(server.seen.at(-1)?.headers.authorization))?.[1]
      for (const secret of ['canary', signature ?? 'canary', 'SignedHeaders', '/?']) expect(shown).not.toContain(secret)
    }
  })

  it('no listener', async () => {
    // Port 1 has no listener; a port that was free a moment ago may be in use again.
    const client = new OpenApiClient({ endpoint: '127.0.0.1:1' })
    open.push(client)
    expect(await failureOf(client.call(CALL))).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('nothing listens there: check the endpoint and its port (ECONNREFUSED)'),
    })
  })
})
