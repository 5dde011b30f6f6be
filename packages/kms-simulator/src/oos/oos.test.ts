import { describe, expect, it } from 'vitest'
import type { Simulator } from '../simulator.ts'
import { controlCall } from '../testing/control-call.ts'
import { ADMIN, READER, SEED } from '../testing/seed.ts'
import { type Reply, signedCall, type Signer } from '../testing/signed-call.ts'
import { simulatorOfTest } from '../testing/start-test-simulator.ts'

const VIEWER = { id: 'LTAI5tViewer', secret: 'viewer-secret' }
const OWNER = { id: 'LTAI5tOwner', secret: 'owner-secret' }
const LISTER = { id: 'LTAI5tLister', secret: 'lister-secret' }
const arn = `acs:oos:${SEED.region}:${SEED.account}:secretparameter/app/*`

const seed = {
  ...SEED,
  accessKeys: [
    ...SEED.accessKeys,
    { ...LISTER, allow: [{ actions: ['oos:ListSecretParameters'], resources: ['*'] }] },
    { ...VIEWER, allow: [{ actions: ['oos:GetSecretParameter'], resources: [arn] }] },
    {
      ...OWNER,
      allow: [
        { actions: ['oos:GetSecretParameter'], resources: [arn] },
        { actions: ['kms:GetSecretValue'], resources: ['app/*'] },
      ],
    },
  ],
  parameters: [
    { name: 'app/token', value: 'demo' },
    { name: 'other/token', value: 'x', version: 7 },
  ],
}

const start = (): Promise<Simulator> => simulatorOfTest({ seed })

function get(simulator: Simulator, params: Record<string, string>, signer: Signer = OWNER): Promise<Reply> {
  const { oos: endpoint = '', caPem } = simulator
  const all = { Name: 'app/token', WithDecryption: 'true', ...params }
  return signedCall('GetSecretParameter', {
    endpoint,
    caPem,
    signer,
    version: '2019-06-01',
    params: all,
    signature: 'acs3',
  })
}

async function value(simulator: Simulator, params: Record<string, string> = {}): Promise<unknown> {
  return ((await get(simulator, params)).json['Parameter'] as Record<string, unknown>)['Value']
}

function summary(reply: Reply): [number, unknown] {
  return [reply.status, reply.json['Code']]
}

describe('GetSecretParameter', () => {
  it('reads a parameter', async () => {
    const { status, json } = await get(await start(), {})
    expect([status, json]).toMatchObject([
      200,
      {
        RequestId: expect.any(String),
        Parameter: { Name: 'app/token', Type: 'Secret', Value: 'demo', ParameterVersion: 1 },
      },
    ])
  })

  it('omits the value without decryption, and requires a KMS permission with it', async () => {
    const simulator = await start()
    expect(await value(simulator, { WithDecryption: 'false' })).toBeNull()
    expect((await get(simulator, { WithDecryption: 'false' }, VIEWER)).status).toBe(200)
    const refused = await get(simulator, {}, VIEWER)
    expect(summary(refused)).toEqual([403, 'NoPermission'])
    expect(refused.json['AccessDeniedDetail']).toMatchObject({ AuthAction: 'kms:GetSecretValue' })
    expect((await get(simulator, {}, READER)).json['AccessDeniedDetail']).toMatchObject({
      AuthAction: 'oos:GetSecretParameter',
    })
    expect(summary(await get(simulator, { Name: 'other/token' }))).toEqual([403, 'NoPermission'])
  })

  it('keeps versions', async () => {
    const simulator = await start()
    expect(await controlCall(simulator.control, 'PUT', '/parameters/app/token', { value: 'new' })).toEqual({
      status: 200,
      body: { name: 'app/token', version: 2 },
    })
    expect(await value(simulator)).toBe('new')
    expect(await value(simulator, { ParameterVersion: '1' })).toBe('demo')
    expect(summary(await get(simulator, { ParameterVersion: '3' }))).toEqual([404, 'EntityNotExists.Parameter'])
    const seven = await controlCall(simulator.control, 'PUT', '/parameters/other/token', { value: 'y' })
    expect(seven.body['version']).toBe(8)
  })

  it('rejects missing and malformed names', async () => {
    const simulator = await start()
    expect(summary(await get(simulator, { Name: 'app/none' }))).toEqual([404, 'EntityNotExists.Parameter'])
    expect(summary(await get(simulator, { Name: '' }))).toEqual([400, 'MissingParameter'])
    expect(summary(await get(simulator, { Name: 'a b' }))).toEqual([400, 'InvalidParameter'])
    expect(summary(await get(simulator, { WithDecryption: 'perhaps' }))).toEqual([400, 'InvalidParameter'])
    expect(summary(await get(simulator, { RegionId: 'cn-beijing' }))).toEqual([400, 'InvalidParameter'])
    expect(summary(await get(simulator, {}, { ...ADMIN, secret: 'wrong' }))).toEqual([400, 'SignatureDoesNotMatch'])
  })

  it('supports faults and is counted', async () => {
    const simulator = await start()
    const match = { action: 'GetSecretParameter', secret: 'app/token' }
    await controlCall(simulator.control, 'POST', '/faults', { match, fault: 'throttle', count: 1 })
    expect(summary(await get(simulator, {}))).toEqual([400, 'Throttling.User'])
    expect((await get(simulator, {})).status).toBe(200)
    const line = { action: 'GetSecretParameter', secret: 'app/token', identity: OWNER.id }
    expect((await controlCall(simulator.control, 'GET', '/calls')).body['calls']).toEqual([
      { ...line, result: 'Throttling.User', count: 1 },
      { ...line, result: 'OK', count: 1 },
    ])
  })

  it('lists parameters page by page, with tags and without values', async () => {
    const simulator = await start()
    const puts = Array.from({ length: 12 }, (_none, at) => `many/${String(at).padStart(2, '0')}`)
    for (const name of puts) {
      await controlCall(simulator.control, 'PUT', `/parameters/${name}`, { value: 'v', tags: { team: 'web' } })
    }
    const list = (params: Record<string, string>, signer: Signer = LISTER): Promise<Reply> =>
      signedCall('ListSecretParameters', {
        endpoint: simulator.oos ?? '',
        caPem: simulator.caPem,
        signer,
        version: '2019-06-01',
        params: { Name: 'many/', MaxResults: '10', ...params },
        signature: 'acs3',
      })
    const first = await list({})
    const parameters = first.json['Parameters'] as Record<string, unknown>[]
    expect(parameters.map(({ Name }) => Name)).toEqual(puts.slice(0, 10))
    expect(parameters[0]).toMatchObject({ Tags: { team: 'web' } })
    expect(JSON.stringify(first.json)).not.toContain('"Value"')
    // A token names its place, so that a deletion before it shifts nothing.
    await controlCall(simulator.control, 'DELETE', '/parameters/many/03')
    const second = await list({ NextToken: String(first.json['NextToken']) })
    expect((second.json['Parameters'] as Record<string, unknown>[]).map(({ Name }) => Name)).toEqual(puts.slice(10))
    expect(second.json['NextToken']).toBe('')
    expect(summary(await list({ MaxResults: '9' }))).toEqual([400, 'InvalidParameter'])
    expect(summary(await list({}, OWNER))).toEqual([403, 'NoPermission'])
  })

  it('fails after the parameter is deleted', async () => {
    const simulator = await start()
    expect((await controlCall(simulator.control, 'DELETE', '/parameters/app/token')).status).toBe(200)
    expect(summary(await get(simulator, {}))).toEqual([404, 'EntityNotExists.Parameter'])
    expect((await controlCall(simulator.control, 'DELETE', '/parameters/app/token')).status).toBe(404)
    expect((await controlCall(simulator.control, 'PUT', '/parameters/a%20b', { value: 'x' })).status).toBe(400)
    expect((await controlCall(simulator.control, 'PUT', '/parameters/app/token', {})).status).toBe(400)
  })
})
