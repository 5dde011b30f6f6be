import { readFile, stat } from 'node:fs/promises'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import type { Seed } from './seed.ts'
import { type Simulator, startSimulator, type SimulatorOptions } from './simulator.ts'
import { controlCall } from './testing/control-call.ts'
import { ADMIN, READER, SEED } from './testing/seed.ts'
import { simulatorOfTest } from './testing/start-test-simulator.ts'
import { type CallOptions, type Reply, signedCall, type Signer } from './testing/signed-call.ts'

const start = (seed: Seed = SEED, options: Omit<SimulatorOptions, 'seed'> = {}): Promise<Simulator> =>
  simulatorOfTest({ seed, ...options })

type Extra = Partial<Omit<CallOptions, 'endpoint' | 'caPem'>>

function call(
  simulator: Simulator,
  action: string,
  params: Record<string, string> = {},
  extra: Extra = {},
): Promise<Reply> {
  return signedCall(action, { endpoint: simulator.kms, caPem: simulator.caPem, signer: ADMIN, params, ...extra })
}

const get = (simulator: Simulator, name: string, extra?: Extra): Promise<Reply> =>
  call(simulator, 'GetSecretValue', { SecretName: name }, extra)

function summary(reply: Reply): [number, unknown] {
  return [reply.status, reply.json['Code']]
}

const METHODS = ['rpc-v1', 'acs3'] as const

describe.each(METHODS)('signature %s', (signature) => {
  it.each([false, true])('accepts parameters in query and body (in body: %s)', async (inBody) => {
    const simulator = await start()
    const reply = await get(simulator, 'app/db', { signature, inBody })
    expect(reply.status).toBe(200)
    expect(reply.json).toMatchObject({ SecretName: 'app/db', SecretData: '{"user":"tom"}' })
  })

  it('covers the parameters in query and body', async () => {
    const simulator = await start()
    const inQuery = await get(simulator, 'app/db', {
      signature,
      tamper: (wire) => void wire.query.set('SecretName', 'app/key'),
    })
    expect(summary(inQuery)).toEqual([400, 'SignatureDoesNotMatch'])
    const inBody = await get(simulator, 'app/db', {
      signature,
      inBody: true,
      tamper: (wire) => {
        wire.body = 'SecretName=app%2Fkey'
      },
    })
    expect(summary(inBody)).toEqual([400, signature === 'acs3' ? 'InvalidParameter' : 'SignatureDoesNotMatch'])
  })

  it('is valid for one request only', async () => {
    const simulator = await start()
    const once = { signature, nonce: 'only-once' }
    expect((await get(simulator, 'app/db', once)).status).toBe(200)
    expect(summary(await get(simulator, 'app/db', once))).toEqual([400, 'SignatureNonceUsed'])
    expect((await get(simulator, 'app/db', { ...once, signer: READER })).status).toBe(200)
  })

  it('does not consume the nonce of another client for a forged request', async () => {
    const simulator = await start()
    const forged = await get(simulator, 'app/db', { signature, nonce: 'n', signer: { ...ADMIN, secret: 'wrong' } })
    expect(summary(forged)).toEqual([400, 'SignatureDoesNotMatch'])
    expect((await get(simulator, 'app/db', { signature, nonce: 'n' })).status).toBe(200)
  })

  it.each([
    [-901_000, 400],
    [-899_000, 200],
    [899_000, 200],
    [901_000, 400],
  ])('accepts a clock skew of 15 minutes (%i ms → %i)', async (skewMs, status) => {
    const clock = new ManualClock()
    const simulator = await start(SEED, { clock })
    const date = new Date(Math.floor(clock.now() / 1_000) * 1_000 + skewMs)
    const reply = await get(simulator, 'app/db', { signature, date })
    expect(summary(reply)).toEqual([status, status === 200 ? undefined : 'InvalidTimeStamp.Expired'])
  })

  it.each([
    ['the key is unknown', { signer: { id: 'LTAI5tUnknown', secret: 'x' } }, 404, 'InvalidAccessKeyId.NotFound'],
    ['the version is wrong', { version: '2015-01-01' }, 400, 'InvalidVersion'],
    ['the path is wrong', { path: '/other' }, 404, 'InvalidAction.NotFound'],
    ['the method is wrong', { method: 'DELETE' }, 403, 'UnsupportedHTTPMethod'],
    [
      'a permanent key has a token',
      { signer: { ...ADMIN, securityToken: 't' } },
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
    ],
  ])('is refused when %s', async (_what, extra, status, code) => {
    const simulator = await start()
    expect(summary(await get(simulator, 'app/db', { signature, ...extra }))).toEqual([status, code])
  })

  describe('with a temporary key', () => {
    const clock = new ManualClock()
    const session = { id: 'STS.NTtest', secret: 's', securityToken: 'CAIS+en/==' }
    const seed = {
      ...SEED,
      accessKeys: [
        {
          ...session,
          expiration: new Date(clock.now() + 60_000).toISOString(),
          allow: [{ actions: ['kms:*'], resources: ['*'] }],
        },
      ],
    }
    const dated = (signer: Signer): Extra => ({ signature, signer, date: new Date(clock.now()) })

    it('needs its token', async () => {
      const simulator = await start(seed, { clock })
      expect((await get(simulator, 'app/db', dated(session))).status).toBe(200)
      const { securityToken: _left, ...bare } = session
      expect(summary(await get(simulator, 'app/db', dated(bare)))).toEqual([400, 'MissingSecurityToken'])
      const wrong = { ...session, securityToken: 'other' }
      expect(summary(await get(simulator, 'app/db', dated(wrong)))).toEqual([
        400,
        'InvalidSecurityToken.MismatchWithAccessKey',
      ])
    })

    it('ends when it expires', async () => {
      const later = new ManualClock()
      const simulator = await start(seed, { clock: later })
      await later.advance(60_000)
      const reply = await get(simulator, 'app/db', { signature, signer: session, date: new Date(later.now()) })
      expect(summary(reply)).toEqual([400, 'InvalidSecurityToken.Expired'])
    })
  })
})

describe('ACS3 headers', () => {
  it('must be signed if they name the caller, the call or the body', async () => {
    const simulator = await start()
    const reply = await get(simulator, 'app/db', {
      signature: 'acs3',
      tamper: (wire) => {
        wire.headers['x-acs-extra'] = '1'
      },
    })
    expect(summary(reply)).toEqual([400, 'IncompleteSignature'])
  })

  it.each(['x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256', 'x-acs-action', 'x-acs-version'])(
    'must include %s',
    async (header) => {
      const simulator = await start()
      const reply = await get(simulator, 'app/db', {
        signature: 'acs3',
        tamper: (wire) => void delete wire.headers[header],
      })
      expect(summary(reply)).toEqual([400, 'MissingParameter'])
    },
  )

  it('must be well-formed', async () => {
    const simulator = await start()
    const reply = await get(simulator, 'app/db', {
      signature: 'acs3',
      tamper: (wire) => {
        wire.headers['authorization'] = 'Bearer x'
      },
    })
    expect(summary(reply)).toEqual([400, 'IncompleteSignature'])
  })
})

describe('RPC V1 parameters', () => {
  it.each([
    'Action',
    'Version',
    'AccessKeyId',
    'Signature',
    'SignatureNonce',
    'SignatureMethod',
    'SignatureVersion',
    'Timestamp',
  ])('must include %s', async (name) => {
    const simulator = await start()
    const reply = await get(simulator, 'app/db', { tamper: (wire) => void wire.query.delete(name) })
    expect(summary(reply)).toEqual([400, 'MissingParameter'])
  })

  it('must occur only once in query and body', async () => {
    const simulator = await start()
    const reply = await get(simulator, 'app/db', {
      tamper: (wire) => {
        wire.headers['content-type'] = 'application/x-www-form-urlencoded'
        wire.body = 'SecretName=app%2Fkey'
      },
    })
    expect(summary(reply)).toEqual([400, 'InvalidParameter'])
  })
})

describe('errors', () => {
  it('have the form of the gateway', async () => {
    const simulator = await start()
    const reply = await get(simulator, 'app/none')
    expect(reply.headers['content-type']).toMatch(/^application\/json/)
    expect(reply.json).toEqual({
      RequestId: reply.headers['x-acs-request-id'],
      HostId: new URL(simulator.kms).host,
      Code: 'Forbidden.ResourceNotFound',
      Message: 'Resource not found.',
      HttpStatus: 404,
      Recommend: expect.stringContaining('Forbidden.ResourceNotFound'),
    })
  })

  it('reject unknown actions', async () => {
    const simulator = await start()
    expect(summary(await call(simulator, 'Nonsense'))).toEqual([404, 'InvalidAction.NotFound'])
    expect(summary(await call(simulator, 'constructor', {}, { signature: 'acs3' }))).toEqual([
      404,
      'InvalidAction.NotFound',
    ])
  })

  it('name the action that a policy denies', async () => {
    const simulator = await start()
    expect((await get(simulator, 'app/db', { signer: READER })).status).toBe(200)
    const reply = await get(simulator, 'acs/rds/main', { signer: READER })
    expect(summary(reply)).toEqual([403, 'Forbidden.NoPermission'])
    expect(reply.json['AccessDeniedDetail']).toMatchObject({
      AuthAction: 'kms:GetSecretValue',
      AuthPrincipalDisplayName: READER.id,
      AuthPrincipalOwnerId: SEED.account,
      NoPermissionType: 'ImplicitDeny',
    })
    // A caller without permission must not learn which secrets exist.
    expect(summary(await get(simulator, 'no/such/secret', { signer: READER }))).toEqual([403, 'Forbidden.NoPermission'])
  })
})

it('throttles above its quota, over any second', async () => {
  const clock = new ManualClock()
  const simulator = await start({ ...SEED, quota: { getSecretValuePerSecond: 2 } }, { clock })
  const read = (): Promise<Reply> => get(simulator, 'app/db', { date: new Date(clock.now()) })
  await read()
  await clock.advance(600)
  expect((await read()).status).toBe(200)
  expect(summary(await read())).toEqual([429, 'Rejected.Throttling'])
  await clock.advance(400)
  expect((await read()).status).toBe(200)
  expect((await read()).status).toBe(429)
})

it('delays every response, also of rejected calls', async () => {
  const simulator = await start(SEED, { latencyMs: 5 })
  expect((await get(simulator, 'app/db')).status).toBe(200)
  expect((await get(simulator, 'app/none')).status).toBe(404)
})

it('accepts parameters of the maximum size of a value', async () => {
  const simulator = await start()
  const params = { SecretName: 'big', VersionId: 'v1', SecretData: '/'.repeat(30_720) }
  expect((await call(simulator, 'CreateSecret', params)).status).toBe(200)
  const inBody = await call(simulator, 'PutSecretValue', { ...params, VersionId: 'v2' }, { inBody: true })
  expect(inBody.status).toBe(200)
  const longer = await call(simulator, 'PutSecretValue', { ...params, VersionId: 'v3', SecretData: 'x'.repeat(30_721) })
  expect(summary(longer)).toEqual([400, 'InvalidParameter'])
})

it('creates a private CA file and deletes it', async () => {
  const simulator = await start()
  expect((await stat(simulator.caFile)).mode & 0o777).toBe(0o600)
  expect(await readFile(simulator.caFile, 'utf8')).toBe(simulator.caPem)
  await simulator.close()
  await expect(stat(simulator.caFile)).rejects.toThrow('ENOENT')
})

it('closes while a client waits for a response', async () => {
  const simulator = await start()
  await controlCall(simulator.control, 'POST', '/faults', { fault: 'hang' })
  const waiting = get(simulator, 'app/db').catch((error: NodeJS.ErrnoException) => error.code)
  const calls = async (): Promise<unknown> => (await controlCall(simulator.control, 'GET', '/calls')).body['total']
  await expect.poll(calls).toBe(1)
  await simulator.close()
  expect(await waiting).toBe('ECONNRESET')
})

it('names an unavailable port, and leaves nothing behind', async () => {
  const first = await start()
  const port = Number(new URL(first.kms).port)
  await expect(startSimulator({ seed: {}, port })).rejects.toThrow(
    expect.objectContaining({ code: 'Unavailable', message: expect.stringContaining(`127.0.0.1:${port}: EADDRINUSE`) }),
  )
})
