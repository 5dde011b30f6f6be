import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import { startTestSimulator } from '../testing/start-test-simulator.ts'
import { type Reply, signedCall, type Signer } from '../testing/signed-call.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startTestSimulator({ seed: SEED })
})
afterEach(() => simulator.close())

const control = (method: string, path: string, body?: unknown): ReturnType<typeof controlCall> =>
  controlCall(simulator.control, method, path, body)

function get(name: string, params: Record<string, string> = {}, signer: Signer = ADMIN): Promise<Reply> {
  const all = { SecretName: name, ...params }
  return signedCall('GetSecretValue', { endpoint: simulator.kms, caPem: simulator.caPem, signer, params: all })
}

async function value(name: string, params?: Record<string, string>): Promise<unknown> {
  return (await get(name, params)).json['SecretData']
}

describe('/secrets', () => {
  it('changes a value, and the former one becomes the previous', async () => {
    expect(await control('PUT', '/secrets/app/db', { data: 'new', versionId: 'v2' })).toEqual({
      status: 200,
      body: { name: 'app/db', versionId: 'v2' },
    })
    expect(await value('app/db')).toBe('new')
    expect(await value('app/db', { VersionStage: 'ACSPrevious' })).toBe('{"user":"tom"}')
  })

  it('shows the state of a secret, with its values', async () => {
    await control('PUT', '/secrets/made/db', { data: 'one', versionId: 'v1' })
    await control('PUT', '/secrets/made/db', { data: 'two', versionId: 'v2' })
    await control('DELETE', '/secrets/made/db', { recoveryWindowInDays: 7 })
    expect((await control('GET', '/secrets/made/db')).body).toEqual({
      name: 'made/db',
      type: 'Generic',
      isDeleted: true,
      tags: {},
      versions: [
        { id: 'v1', stages: ['ACSPrevious'], data: 'one', dataType: 'text' },
        { id: 'v2', stages: ['ACSCurrent'], data: 'two', dataType: 'text' },
      ],
    })
    expect((await control('GET', '/secrets/made/other')).status).toBe(404)
  })

  it('creates a missing secret', async () => {
    await control('PUT', '/secrets/made/text', { data: 'x' })
    await control('PUT', '/secrets/made/bytes', { dataBase64: '/w==', type: 'ECS' })
    expect(await value('made/text')).toBe('x')
    expect((await get('made/bytes')).json).toMatchObject({
      SecretData: '/w==',
      SecretDataType: 'binary',
      SecretType: 'ECS',
    })
  })

  it('keeps the data type of a value', async () => {
    await control('PUT', '/secrets/app/key', { data: 'abc' })
    expect((await get('app/key')).json).toMatchObject({ SecretData: 'YWJj', SecretDataType: 'binary' })
    await control('PUT', '/secrets/app/db', { dataBase64: 'YWJj' })
    expect((await get('app/db')).json).toMatchObject({ SecretData: 'abc', SecretDataType: 'text' })
  })

  it('changes many secrets, or none', async () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `many/${at}`, data: String(at) }))
    expect(await control('PUT', '/secrets', many)).toEqual({ status: 200, body: { changed: 50 } })
    expect(await value('many/49')).toBe('49')
    const half = [
      { name: 'many/0', data: 'changed' },
      { name: 'not a name', data: 'x' },
    ]
    expect(await control('PUT', '/secrets', half)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('not a name') },
    })
    expect(await value('many/0')).toBe('0')
  })

  it('deletes after a recovery window, or at once', async () => {
    expect((await control('DELETE', '/secrets/app/db', { recoveryWindowInDays: 7 })).status).toBe(200)
    expect(await get('app/db')).toMatchObject({ status: 409, json: { Code: 'Rejected.ResourceInDeleteWindow' } })
    expect((await control('DELETE', '/secrets/app/db')).status).toBe(200)
    expect((await get('app/db')).status).toBe(404)
    expect(await control('DELETE', '/secrets/app/db')).toEqual({
      status: 404,
      body: { message: 'there is no secret app/db' },
    })
  })

  it('accepts names with raw or encoded slashes, also one that ends in /stages', async () => {
    await control('PUT', '/secrets/a%2Fb%2Fstages', { data: 'odd' })
    expect(await value('a/b/stages')).toBe('odd')
    await control('PUT', '/secrets/a/b', { data: 'plain', versionId: 'p1' })
    await control('PUT', '/secrets/a/b/stages', { stage: 'blue', versionId: 'p1' })
    expect(await value('a/b', { VersionStage: 'blue' })).toBe('plain')
  })

  it('moves a stage', async () => {
    await control('PUT', '/secrets/app/db', { data: 'new', versionId: 'v2' })
    await control('PUT', '/secrets/app/db/stages', { stage: 'ACSCurrent', versionId: 'v1' })
    expect(await value('app/db')).toBe('{"user":"tom"}')
    expect(await control('PUT', '/secrets/app/db/stages', { stage: 'ACSCurrent', versionId: 'v9' })).toMatchObject({
      status: 404,
    })
  })

  it.each([
    ['no data', {}, 'either data or dataBase64'],
    ['both kinds of data', { data: 'x', dataBase64: 'eA==' }, 'either data or dataBase64'],
    ['an unknown field', { data: 'x', colour: 'red' }, 'colour: unknown field'],
    ['text that is not JSON', '{', 'not JSON'],
    ['bytes for a text', { dataBase64: '/w==' }, 'not UTF-8'],
    ['a used version id', { data: 'x', versionId: 'v1' }, 'already exists'],
    ['another type', { data: 'x', type: 'Rds' }, 'its type Generic cannot change'],
  ])('refuses %s', async (_what, body, message) => {
    const response = await control('PUT', '/secrets/app/db', body)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.body['message']).toContain(message)
    expect(await value('app/db')).toBe('{"user":"tom"}')
  })
})

it('/rotate creates new credentials and updates the dates', async () => {
  expect((await control('POST', '/rotate/acs/rds/main', { versionId: 'r2' })).body).toEqual({
    name: 'acs/rds/main',
    versionId: 'r2',
  })
  const { json } = await get('acs/rds/main')
  expect(json).toMatchObject({
    VersionId: 'r2',
    LastRotationDate: expect.any(String),
    NextRotationDate: expect.any(String),
  })
  const renewed = { AccountName: 'app', AccountPassword: expect.not.stringMatching(/^old$/) }
  expect(JSON.parse(String(json['SecretData']))).toEqual(renewed)
  expect((await control('POST', '/rotate/app/db')).status).toBe(200)
  expect(await value('app/db')).not.toBe('{"user":"tom"}')
})

describe('/faults', () => {
  const fault = (body: object): ReturnType<typeof controlCall> => control('POST', '/faults', body)

  it.each([
    ['throttle', 429, 'Rejected.Throttling'],
    ['http503', 503, 'ServiceUnavailableTemporary'],
    ['deny', 403, 'Forbidden.NoPermission'],
  ])('%s returns %i', async (kind, status, code) => {
    await fault({ fault: kind, count: 1 })
    const reply = await get('app/db')
    expect([reply.status, reply.json['Code']]).toEqual([status, code])
    expect((await get('app/db')).status).toBe(200)
  })

  it('throttle requests a pause', async () => {
    await fault({ fault: 'throttle', ms: 1_500 })
    expect((await get('app/db')).headers['retry-after']).toBe('2')
  })

  it('deny names the denied action', async () => {
    await fault({ fault: 'deny' })
    expect((await get('app/db')).json['AccessDeniedDetail']).toMatchObject({ AuthAction: 'kms:GetSecretValue' })
  })

  it('garbage is not JSON, with a success status', async () => {
    await fault({ fault: 'garbage' })
    const reply = await get('app/db')
    expect([reply.status, reply.text.startsWith('<html>')]).toEqual([200, true])
  })

  it('reset cuts the connection', async () => {
    await fault({ fault: 'reset', count: 1 })
    await expect(get('app/db')).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
    expect((await get('app/db')).status).toBe(200)
  })

  it('hang sends no response, and can reset the connection', async () => {
    await fault({ fault: 'hang', ms: 5 })
    await expect(get('app/db')).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
  })

  it('slow delays the normal response', async () => {
    await fault({ fault: 'slow', ms: 5 })
    expect(await value('app/db')).toBe('{"user":"tom"}')
    expect((await get('app/none')).status).toBe(404)
  })

  it('match by action and secret, with patterns, and end after their count or with DELETE', async () => {
    await fault({ match: { action: 'Get*', secret: 'app/d*' }, fault: 'http503', count: 2 })
    await fault({ match: { action: 'ListSecrets' }, fault: 'deny' })
    await fault({ match: { secret: 'app/key' }, fault: 'throttle' })
    const statuses = async (...names: string[]): Promise<number[]> => {
      const found: number[] = []
      for (const name of names) found.push((await get(name)).status)
      return found
    }
    expect(await statuses('acs/rds/main', 'app/db', 'app/key', 'app/db', 'app/db')).toEqual([200, 503, 429, 503, 200])
    await control('DELETE', '/faults?secret=app/*')
    expect(await statuses('app/key')).toEqual([429])
    await control('DELETE', '/faults?secret=app/key')
    expect(await statuses('app/key')).toEqual([200])
    await fault({ match: { secret: 'app/key' }, fault: 'throttle' })
    await control('DELETE', '/faults')
    expect(await statuses('app/key')).toEqual([200])
  })

  it('do not skip the check of the signature', async () => {
    await fault({ fault: 'garbage', count: 1 })
    expect((await get('app/db', {}, { ...ADMIN, secret: 'wrong' })).json['Code']).toBe('SignatureDoesNotMatch')
    expect((await get('app/db')).text).toMatch(/^<html>/)
  })

  it('are rejected for an unknown kind', async () => {
    expect(await fault({ fault: 'fire' })).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^fault: /) },
    })
  })
})

describe('/accessKeys', () => {
  it('deletes and restores a key', async () => {
    await control('DELETE', `/accessKeys/${READER.id}`)
    expect((await get('app/db', {}, READER)).json['Code']).toBe('InvalidAccessKeyId.NotFound')
    await control('PUT', `/accessKeys/${READER.id}`)
    expect((await get('app/db', {}, READER)).status).toBe(200)
    expect((await get('acs/rds/main', {}, READER)).status).toBe(403)
  })

  it('creates a key and changes one', async () => {
    const allow = [{ actions: ['kms:*'], resources: ['*'] }]
    await control('PUT', '/accessKeys/LTAI5tNew', { secret: 'one', allow })
    expect((await get('app/db', {}, { id: 'LTAI5tNew', secret: 'one' })).status).toBe(200)
    await control('PUT', '/accessKeys/LTAI5tNew', { secret: 'two' })
    expect((await get('app/db', {}, { id: 'LTAI5tNew', secret: 'one' })).status).toBe(400)
    expect((await get('app/db', {}, { id: 'LTAI5tNew', secret: 'two' })).status).toBe(200)
  })

  it('refuses an invalid key', async () => {
    expect((await control('DELETE', '/accessKeys/none')).status).toBe(404)
    expect((await control('PUT', '/accessKeys/none')).status).toBe(400)
    expect((await control('PUT', '/accessKeys/STS.x', { secret: 'x' })).status).toBe(400)
  })
})

describe('/calls', () => {
  it('counts every call by action, secret, identity and result', async () => {
    await get('app/db')
    await get(`acs:kms:${SEED.region}:${SEED.account}:secret/app/db`)
    await get('acs/rds/main', {}, READER)
    await control('POST', '/faults', { fault: 'garbage', count: 1 })
    await get('app/db')
    await get('app/db', {}, { id: 'unknown', secret: 'x' })
    const line = (secret: string, identity: string, result: string, count: number): object => ({
      action: 'GetSecretValue',
      secret,
      identity,
      result,
      count,
    })
    expect((await control('GET', '/calls')).body).toEqual({
      total: 5,
      calls: [
        line('app/db', ADMIN.id, 'OK', 2),
        line('acs/rds/main', READER.id, 'Forbidden.NoPermission', 1),
        line('app/db', ADMIN.id, 'garbage', 1),
        line('app/db', 'unknown', 'InvalidAccessKeyId.NotFound', 1),
      ],
    })
    expect((await control('GET', '/calls?groupBy=action,result&result=OK')).body).toEqual({
      total: 2,
      calls: [{ action: 'GetSecretValue', result: 'OK', count: 2 }],
    })
    expect((await control('GET', '/calls?groupBy=colour')).status).toBe(400)
    await control('DELETE', '/calls')
    expect((await control('GET', '/calls')).body).toEqual({ total: 0, calls: [] })
  })
})

it.each([
  ['GET', '/nonsense', 404],
  ['GET', '/', 404],
  ['POST', '/calls', 405],
  ['PUT', '/secrets/%zz', 400],
])('%s %s is rejected with a message', async (method, path, status) => {
  expect(await control(method, path)).toEqual({ status, body: { message: expect.any(String) } })
})

it.each(['clientKeys/a', 'metadata', 'parameters/a'])('/%s needs a seed that configures it', async (path) => {
  const body = path.startsWith('parameters') ? { value: 'x' } : {}
  expect(await control('PUT', `/${path}`, body)).toMatchObject({
    status: 404,
    body: { message: expect.stringMatching(/^the seed has no /) },
  })
})

describe('/roles', () => {
  it('creates a role, also if the seed has none', async () => {
    expect(await control('PUT', '/roles/new', { trust: { ecs: true } })).toEqual({ status: 200, body: { name: 'new' } })
    expect((await control('DELETE', '/roles/new')).body).toEqual({ name: 'new', sessionsEnded: 0 })
    expect((await control('DELETE', '/roles/new')).status).toBe(404)
    expect((await control('PUT', '/roles/a%20b')).status).toBe(400)
    expect((await control('PUT', '/roles/a', { trust: { everybody: true } })).body['message']).toMatch(
      /^trust\.everybody/,
    )
    expect((await control('PUT', '/oidcProviders', { issuer: 'x', jwks: { keys: [] } })).status).toBe(400)
  })
})
