import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import {
  type Credential,
  type CredentialProvider,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import kms, { GetSecretValueRequest } from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { type Fault, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { kmsEndpointBackend, type KmsEndpointOptions } from './kms-endpoint-backend.ts'
import { kmsEndpointConnection } from './kms-endpoint-connection.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms

const SECRET = canary('access-key-secret')
const TOKEN = canary('security-token')
const DATA = JSON.stringify({ password: `${canary('value')} ✓` })
const TYPES = ['Generic', 'Rds', 'RAMCredentials', 'ECS', 'PolarDB', 'Redis'] as const
const BINARY = new Uint8Array([0, 255, 10, 13, 0xc3, 0x28])
const ALL = [{ actions: ['kms:*'], resources: ['*'] }]

let endpoint: string
const backends = new OpenedBackends()
const { thrown } = backends

const signal = new AbortController().signal

function provider(accessKeyId = 'LTAI5tDemo', secret = SECRET, token?: string): CredentialProvider {
  return accessKeyProvider({
    accessKeyId,
    accessKeySecret: new Sensitive(secret),
    ...(token === undefined ? {} : { securityToken: new Sensitive(token) }),
  })
}

function backend(options: Partial<KmsEndpointOptions> = {}): SecretBackend {
  return backends.add(kmsEndpointBackend({ endpoint, provider: provider(), ...options }))
}

/** The error of a read that must fail. */
const failure = (of: SecretBackend, ref: SecretRef = { name: 'app/db' }, until = signal): Promise<SecretSyncError> =>
  backends.failure(of, ref, until)

const control = simulatorControl(() => simulator.control)

const play = (fault: Fault): Promise<unknown> => control('POST', '/faults', { count: 1, ...fault })

const simulator = useFixture(() =>
  startSimulator({
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: SECRET, allow: ALL },
        { id: 'LTAI5tPoor', secret: SECRET, allow: [] },
        { id: 'STS.demo', secret: SECRET, securityToken: TOKEN, allow: ALL },
        { id: 'STS.old', secret: SECRET, securityToken: TOKEN, expiration: '2020-01-01T00:00:00Z', allow: ALL },
      ],
      quota: { getSecretValuePerSecond: 100_000 },
      secrets: [
        {
          name: 'app/db',
          versions: [
            { id: 'v1', stages: ['ACSPrevious'], data: 'old' },
            { id: 'v2', stages: ['ACSCurrent'], data: DATA },
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
  endpoint = new URL(simulator.kms).host
})

afterEach(async () => {
  await control('DELETE', '/faults')
  await backends.close()
})

describe('before the CA is trusted', () => {
  it('reports the untrusted certificate and the remedy', async () => {
    const error = await failure(backend())
    expect(error.code).toBe('Unavailable')
    expect(error.message).toMatch(/certificate is not trusted.*NODE_EXTRA_CA_CERTS.*\((UNABLE_TO|SELF_SIGNED)/)
  })
})

describe('with the CA trusted', () => {
  useTrusted(() => simulator.caPem)

  describe('reads', () => {
    it('a text as UTF-8, with its version', async () => {
      const value = await backend().read({ name: 'app/db' }, { signal })
      expect(textOf(value)).toBe(DATA)
      expect(value).toMatchObject({ versionId: 'v2', versionStages: ['ACSCurrent'], type: 'Generic', dataType: 'text' })
      expect(value.requestId).toMatch(/^[\w-]{36}$/)
    })

    it('a binary value byte by byte', async () => {
      const value = await backend().read({ name: 'app/file' }, { signal })
      expect([...value.bytes.expose()]).toEqual([...BINARY])
      expect(value.dataType).toBe('binary')
    })

    it.each(TYPES)('a secret of type %s', async (type) => {
      const value = await backend().read({ name: `managed/${type}` }, { signal })
      expect(value.type).toBe(type)
      expect(textOf(value)).toBe(`{"type":"${type}"}`)
    })

    it('rotation settings', async () => {
      const value = await backend().read({ name: 'managed/Rds' }, { signal })
      expect(value.rotation).toMatchObject({ automatic: true, intervalMs: 604_800_000, nextMs: Date.UTC(2030, 0, 1) })
    })

    it.each<[string, SecretRef, string]>([
      ['a stage', { name: 'app/db', versionStage: 'ACSPrevious' }, 'old'],
      ['a version', { name: 'app/db', versionId: 'v1' }, 'old'],
      ['a version rather than a stage', { name: 'app/db', versionId: 'v1', versionStage: 'ACSCurrent' }, 'old'],
      ['by ARN', { name: 'acs:kms:cn-hangzhou:1234567890123456:secret/app/db' }, DATA],
    ])('%s', async (_rule, ref, text) => expect(textOf(await backend().read(ref, { signal }))).toBe(text))

    it('as a temporary identity', async () => {
      const value = await backend({ provider: provider('STS.demo', SECRET, TOKEN) }).read(
        { name: 'app/db' },
        { signal },
      )
      expect(value.versionId).toBe('v2')
    })

    it('with one consistent credential, even if it changes often', async () => {
      const both = [provider(), provider('STS.demo', SECRET, TOKEN)]
      let turn = 0
      const changing: CredentialProvider = {
        ...provider(),
        credential: (options) => {
          turn += 1
          return (both[turn % 2] as CredentialProvider).credential(options)
        },
      }
      const one = backend({ provider: changing })
      const values = await Promise.all(Array.from({ length: 40 }, () => one.read({ name: 'app/db' }, { signal })))
      expect(values.every((value) => value.versionId === 'v2')).toBe(true)
    })

    it('a response that takes longer than connectTimeoutMs', async () => {
      // A busy machine takes half a second to connect.
      await play({ fault: 'slow', ms: 2_400 })
      expect((await backend({ connectTimeoutMs: 2_000 }).read({ name: 'app/db' }, { signal })).versionId).toBe('v2')
    })
  })

  describe('checks access without reading', () => {
    const dryRuns = async (): Promise<string[]> => {
      const { calls } = (await control('GET', '/calls')) as { calls: Array<{ result: string }> }
      return calls.map(({ result }) => result)
    }

    it.each<[string, CredentialProvider, SecretRef, object, string]>([
      ['that access is allowed', provider(), { name: 'app/db' }, { allowed: true }, 'DryRunOperationError'],
      [
        'that access is denied, with the identity',
        provider('LTAI5tPoor'),
        { name: 'app/db' },
        {
          allowed: false,
          code: 'AccessDenied',
          message: expect.stringContaining('AccessKey LTAI5tPoor may not call kms:GetSecretValue on secret/app/db'),
        },
        'AccessDeniedError',
      ],
      [
        'that the secret does not exist',
        provider(),
        { name: 'app/none' },
        {
          allowed: false,
          code: 'NotFound',
          message: expect.stringContaining('check the name, version stage and version id'),
        },
        'ValidationError',
      ],
    ])('%s', async (_rule, who, ref, expected, result) => {
      await control('DELETE', '/calls')
      expect(await backend({ provider: who }).checkAccess?.(ref, { signal })).toEqual(expected)
      expect(await dryRuns()).toEqual([result])
    })

    it.each<[string, CredentialProvider, Fault | undefined, string]>([
      ['that the credential is rejected', provider('LTAI5tNone'), undefined, 'Unauthenticated'],
      ['with an unavailable service', provider(), { fault: 'http503' }, 'Unavailable'],
    ])('%s', async (_rule, who, fault, code) => {
      if (fault) await play(fault)
      const asking = backend({ provider: who }).checkAccess?.({ name: 'app/db' }, { signal })
      await expect(asking).rejects.toMatchObject({ code })
    })
  })

  describe('fails with', () => {
    it.each<[string, SecretRef, Partial<SecretSyncError>]>([
      ['NotFound for an unknown secret', { name: 'app/none' }, { code: 'NotFound' }],
      ['NotFound for an unknown version', { name: 'app/db', versionId: 'v9' }, { code: 'NotFound' }],
    ])('%s, status, code and request id', async (_rule, ref, expected) => {
      const error = await failure(backend(), ref)
      expect(error).toMatchObject(expected)
      expect(error.facts).toMatchObject({ httpStatus: 404, remoteCode: 'Forbidden.ResourceNotFound', absent: true })
      expect(error.facts.requestId).toMatch(/^[\w-]{36}$/)
      expect(error.message).toContain(`KMS secret "${ref.name}" at ${endpoint}: no such secret or version`)
    })

    it('AccessDenied, naming action, resource and identity', async () => {
      const error = await failure(backend({ provider: provider('LTAI5tPoor') }))
      expect(error).toMatchObject({
        code: 'AccessDenied',
        facts: { httpStatus: 403, remoteCode: 'Forbidden.NoPermission' },
      })
      expect(error.message).toContain('AccessKey LTAI5tPoor may not call kms:GetSecretValue on secret/app/db')
    })

    it.each([
      ['an unknown AccessKey', provider('LTAI5tNone'), /^InvalidAccessKeyId/],
      ['a wrong secret', provider('LTAI5tDemo', 'canary-wrong'), /^SignatureDoesNotMatch$/],
      ['an expired session', provider('STS.old', SECRET, TOKEN), /^InvalidSecurityToken\.Expired$|^InvalidAccessKeyId/],
      ['a wrong token', provider('STS.demo', SECRET, 'canary-wrong'), /^InvalidSecurityToken/],
      ['a missing token', provider('STS.demo'), /SecurityToken/],
    ])('Unauthenticated for %s, and invalidates the credential', async (_rule, who, remoteCode) => {
      const refused: Credential[] = []
      const telling = { ...who, invalidate: (credential: Credential) => refused.push(credential) }
      const error = await failure(backend({ provider: telling }))
      expect(error.code).toBe('Unauthenticated')
      expect(error.facts.remoteCode).toMatch(remoteCode)
      expect(error.facts.httpStatus).toBeGreaterThanOrEqual(400)
      expect(error.message).toContain(who.identity.description)
      expect(refused).toEqual([await who.credential({ signal })])
    })

    it('retries once with a new credential, and reports no error', async () => {
      const given = [provider('STS.gone', SECRET, TOKEN), provider()]
      const refused: string[] = []
      const renewing = {
        identity: provider().identity,
        credential: (options: { signal: AbortSignal }) => (given[refused.length] ?? provider()).credential(options),
        invalidate: ({ accessKeyId }: Credential) => void refused.push(accessKeyId),
        close: async () => undefined,
      }
      const one = backend({ provider: renewing })
      expect((await one.read({ name: 'app/db' }, { signal })).versionId).toBe('v2')
      expect(refused).toEqual(['STS.gone'])
    })

    it('does not retry again when the new credential is rejected too', async () => {
      const given = ['STS.gone', 'STS.gone2', 'LTAI5tDemo'].map((id) => provider(id, SECRET, TOKEN))
      const refused: string[] = []
      const renewing = {
        identity: provider().identity,
        credential: (options: { signal: AbortSignal }) => (given[refused.length] ?? provider()).credential(options),
        invalidate: ({ accessKeyId }: Credential) => void refused.push(accessKeyId),
        close: async () => undefined,
      }
      expect((await failure(backend({ provider: renewing }))).code).toBe('Unauthenticated')
      expect(refused).toEqual(['STS.gone', 'STS.gone2'])
    })

    it.each<[Fault, Partial<SecretSyncError>]>([
      [{ fault: 'throttle' }, { code: 'Throttled', facts: { httpStatus: 429 } }],
      [
        { fault: 'throttle', ms: 3_000 },
        { code: 'Throttled', facts: { httpStatus: 429, retryAfterMs: 3_000 } },
      ],
      [{ fault: 'http503' }, { code: 'Unavailable', facts: { httpStatus: 503 } }],
      [{ fault: 'deny' }, { code: 'AccessDenied', facts: { httpStatus: 403 } }],
      [{ fault: 'garbage' }, { code: 'InvalidResponse', facts: { httpStatus: 200 } }],
      [{ fault: 'reset' }, { code: 'Unavailable', message: expect.stringContaining('ECONNRESET') }],
    ])('the meaning of %j', async (fault, expected) => {
      await play(fault)
      const refused: Credential[] = []
      const who = { ...provider(), invalidate: (credential: Credential) => refused.push(credential) }
      const one = backend({ provider: who })
      expect(await failure(one)).toMatchObject(expected)
      expect(refused).toEqual([])
      // The next read makes one call, so nothing was retried or blocked.
      expect((await one.read({ name: 'app/db' }, { signal })).versionId).toBe('v2')
    })

    it('Timeout when the response does not come', async () => {
      await play({ fault: 'hang' })
      const error = await failure(backend({ timeoutMs: 200 }))
      expect(error).toMatchObject({ code: 'Timeout', message: expect.stringContaining('no response within 200 ms') })
    })

    it('Cancelled when the caller aborts', async () => {
      await play({ fault: 'hang' })
      const stop = new AbortController()
      const failing = failure(backend(), { name: 'app/db' }, stop.signal)
      stop.abort()
      expect((await failing).code).toBe('Cancelled')
      expect((await failure(backend(), { name: 'app/db' }, AbortSignal.abort())).code).toBe('Cancelled')
    })

    it('InvalidResponse when the response is too large', async () => {
      const error = await failure(backend({ maxResponseBytes: 100 }))
      expect(error).toMatchObject({
        code: 'InvalidResponse',
        message: expect.stringContaining('larger than 100 bytes'),
      })
    })

    it('Unavailable when nothing listens', async () => {
      // Port 1 has no listener; a port that was free a moment ago may be in use again.
      const error = await failure(backend({ endpoint: '127.0.0.1:1' }))
      expect(error).toMatchObject({ code: 'Unavailable', message: expect.stringContaining('(ECONNREFUSED)') })
    })

    it('Unavailable when the name does not resolve', async () => {
      // A resolver repeats a lost query after seconds.
      const error = await failure(backend({ endpoint: 'kms.invalid', connectTimeoutMs: 60_000, timeoutMs: 60_000 }))
      expect(error).toMatchObject({ code: 'Unavailable', message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) })
    }, 90_000)

    it('Unavailable when the server does not speak TLS', async () => {
      const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const error = await failure(backend({ endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}` }))
      server.close()
      expect(error).toMatchObject({ code: 'Unavailable', message: expect.stringMatching(/TLS|cut/) })
    })

    it('the error of the provider', async () => {
      const mute = {
        ...provider(),
        credential: async () => Promise.reject(new SecretSyncError('Unauthenticated', 'no key yet')),
      }
      expect(await failure(backend({ provider: mute }))).toMatchObject({
        code: 'Unauthenticated',
        message: expect.stringMatching(/^KMS secret "app\/db" at .*: no key yet$/),
      })
    })
  })

  describe('sockets', () => {
    let server: Server
    const open = new Set<Socket>()
    let [total, mostAtOnce] = [0, 0]
    let forward = true
    beforeAll(async () => {
      // A TCP relay in front of the simulator, which counts connections.
      server = createServer((socket) => {
        open.add(socket)
        total += 1
        mostAtOnce = Math.max(mostAtOnce, open.size)
        socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
        if (!forward) return void socket.resume()
        const there = connect(Number(endpoint.split(':')[1]), '127.0.0.1')
        there.on('error', () => socket.destroy()).on('close', () => socket.destroy())
        socket.on('close', () => there.destroy())
        return void socket.pipe(there).pipe(socket)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
    })
    afterEach(() => {
      total = 0
      mostAtOnce = 0
      forward = true
    })
    afterAll(() => server.close())
    const watched = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`
    const allClosed = (): Promise<unknown> => Promise.all([...open].map((socket) => once(socket, 'close')))

    it('are reused, and closed with the last backend of the endpoint', async () => {
      const [first, second] = [backend({ endpoint: watched() }), backend({ endpoint: watched() })]
      await first.read({ name: 'app/db' }, { signal })
      // undici reuses a connection one turn of the event loop after its response.
      await setImmediate()
      await second.read({ name: 'app/db' }, { signal })
      expect(mostAtOnce).toBe(1)
      await setImmediate()
      await first.close()
      await second.read({ name: 'app/db' }, { signal })
      expect(mostAtOnce).toBe(1)
      const closed = allClosed()
      await second.close()
      await closed
    })

    it('are limited to maxConnections for all backends of the endpoint', async () => {
      const two = [1, 2].map(() => backend({ endpoint: watched(), maxConnections: 3 }))
      await Promise.all(
        two.flatMap((one) => Array.from({ length: 20 }, () => one.read({ name: 'app/db' }, { signal }))),
      )
      expect(mostAtOnce).toBeLessThanOrEqual(3)
      const closed = allClosed()
      await Promise.all(two.map((one) => one.close()))
      await closed
    })

    it('are closed when no connection is established', async () => {
      forward = false
      const error = await failure(backend({ endpoint: watched(), connectTimeoutMs: 100 }))
      expect(error).toMatchObject({ code: 'Timeout', message: expect.stringContaining('no connection within 100 ms') })
      await allClosed()
    })

    it('are not shared with another limit, CA or deadline', async () => {
      const options = { endpoint: watched() }
      const all = [{}, { maxConnections: 2 }, { ca: simulator.caPem }, { connectTimeoutMs: 4_000 }].map((change) =>
        backend({ ...options, ...change }),
      )
      for (const one of all) await one.read({ name: 'app/db' }, { signal })
      expect(open.size).toBe(4)
      const closed = allClosed()
      await Promise.all(all.map((one) => one.close()))
      await closed
    })

    it('keep reads waiting until their deadline, then are free for the next', async () => {
      // Deadlines end one after the other on a busy machine, so that a read that waits may still get its turn.
      await play({ fault: 'hang', count: 10 })
      const one = backend({ endpoint: watched(), maxConnections: 1, timeoutMs: 1_000 })
      const next = backend({ endpoint: watched(), maxConnections: 1 })
      for (const error of await Promise.all(Array.from({ length: 10 }, () => failure(one)))) {
        expect(error).toMatchObject({ code: 'Timeout', message: expect.stringContaining('no response within 1000 ms') })
      }
      await control('DELETE', '/faults')
      expect((await next.read({ name: 'app/db' }, { signal })).versionId).toBe('v2')
      // The read that hangs loses its connection; those that wait for it cost none.
      expect(total).toBeLessThan(5)
    })

    it('stay open for the other backends when one is closed during a read', async () => {
      const [first, second] = [backend({ endpoint: watched() }), backend({ endpoint: watched() })]
      await second.read({ name: 'app/db' }, { signal })
      await play({ fault: 'hang' })
      const connected = once(server, 'connection')
      const failing = failure(first)
      const other = second.read({ name: 'app/db' }, { signal })
      await connected
      await first.close()
      expect((await other).versionId).toBe('v2')
      expect((await failing).code).toBe('Cancelled')
      expect((await second.read({ name: 'app/db' }, { signal })).versionId).toBe('v2')
    })

    it('are closed with the backend, which cancels its reads', async () => {
      await play({ fault: 'hang' })
      const one = backend({ endpoint: watched() })
      const connected = once(server, 'connection')
      const failing = failure(one)
      await connected
      await one.close()
      expect((await failing).code).toBe('Cancelled')
      await allClosed()
      expect((await failure(one)).code).toBe('Cancelled')
      await one.close()
    })
  })

  describe('options', () => {
    it.each(['timeoutMs', 'connectTimeoutMs', 'maxPending', 'maxConnections', 'maxResponseBytes'] as const)(
      '%s must be a whole number ≥ 1',
      (name) => expect(() => backend({ [name]: 0 })).toThrow(`${name}: expected a whole number ≥ 1, got 0`),
    )
  })

  describe('connection', () => {
    const connection = (change = {}) => {
      const made = kmsEndpointConnection({ region: 'cn-hangzhou', provider: provider(), ...change })
      backends.add(made.backend)
      return made
    }

    it('has the endpoint of the VPC by default, and the account of the identity', () => {
      const { key, kind, quota } = connection()
      const { account } = provider().identity
      expect({ kind, quota }).toEqual({ kind: 'kms-endpoint', quota: { account, region: 'cn-hangzhou' } })
      expect(JSON.parse(key)).toEqual([
        'kms-endpoint',
        'kms-vpc.cn-hangzhou.aliyuncs.com',
        provider().identity.fingerprint,
      ])
      expect(key).not.toContain('canary')
    })

    it.each([
      ['kms-vpc.cn-beijing.aliyuncs.com', 'cn-beijing'],
      ['kms.cn-beijing.aliyuncs.com', 'cn-beijing'],
      ['kst-demo.cryptoservice.kms.aliyuncs.com', 'kst-demo.cryptoservice.kms.aliyuncs.com'],
    ])('uses the quota of its endpoint: %s', (at, region) => {
      const { account } = provider().identity
      expect(connection({ endpoint: at }).quota).toEqual({ account, region })
    })

    it.each(['127.0.0.1:8443', 'kms.cn-beijing.aliyuncs.com.example', 'kms.cn-beijing.example'])(
      'shares no quota with the KMS of its region: %s',
      (at) => {
        expect(connection({ endpoint: at }).quota).toMatchObject({ region: 'cn-hangzhou', endpoint: at })
      },
    )

    it.each([
      ['equal for the same endpoint and identity', {}, true],
      ['equal however the port is written', { endpoint: 'kms-vpc.cn-hangzhou.aliyuncs.com:443' }, true],
      ['different for another endpoint', { endpoint: 'kms.cn-hangzhou.aliyuncs.com' }, false],
      [
        'different for another secret of the same AccessKey id',
        { provider: provider('LTAI5tDemo', 'canary-other') },
        false,
      ],
    ])('key: %s', (_rule, change, equal) => expect(connection(change).key === connection().key).toBe(equal))
  })

  describe('redaction', () => {
    const FORBIDDEN = /canary|Signature=|SecurityToken=|AccessKeyId=|https?:\/\/|string to sign/i
    const shown = (error: unknown): string => inspect(error, { depth: 10, showHidden: true })

    it('keeps every error of this file free of secrets, tokens, signatures, URLs and values', () => {
      expect(thrown.length).toBeGreaterThan(20)
      for (const error of thrown) expect(shown(error)).not.toMatch(FORBIDDEN)
    })

    it('keeps backends and connections free of secrets too', async () => {
      const made = kmsEndpointConnection({
        region: 'cn-hangzhou',
        endpoint,
        provider: provider('STS.demo', SECRET, TOKEN),
      })
      backends.add(made.backend)
      const value = await made.backend.read({ name: 'app/db' }, { signal })
      expect(shown([made, value])).not.toMatch(FORBIDDEN)
    })

    it('would detect the errors of the SDK itself', async () => {
      const config = { endpoint, accessKeyId: 'STS.demo', accessKeySecret: SECRET, securityToken: TOKEN }
      const client = new KmsClient(new Config(config))
      await play({ fault: 'reset' })
      const request = new GetSecretValueRequest({ secretName: 'app/db' })
      const error = await client.getSecretValue(request).catch((reason: unknown) => reason)
      expect(shown(error)).toMatch(/canary/)
      expect(shown(error)).toMatch(/Signature=/)
    })
  })
})
