import { isSecretSyncError, type SecretRef } from '@ack-secret-manager/core'
import { issueServerCertificate, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { staticProvider } from '@ack-secret-manager/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { oosBackend } from './oos-backend.ts'

const SECRET = canary('access-key-secret')
const signal = new AbortController().signal

let simulator: Simulator
const backends = new OpenedBackends()
const control = simulatorControl(() => simulator.control)
beforeAll(async () => {
  const actions = ['oos:GetSecretParameter', 'oos:GetSecretParameters', 'kms:GetSecretValue']
  simulator = await startSimulator({
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: SECRET, allow: [{ actions, resources: ['*'] }] },
        { id: 'LTAI5tHalf', secret: SECRET, allow: [{ actions: ['oos:*'], resources: ['*'] }] },
        { id: 'LTAI5tPoor', secret: SECRET, allow: [{ actions: ['oos:GetSecretParameter'], resources: ['*'] }] },
      ],
      parameters: [
        { name: 'app/token', value: 'old' },
        { name: 'app/other', value: 'other' },
      ],
    },
  })
  await control('PUT', '/parameters/app/token', { value: 'new' })
})
afterEach(() => backends.close())
afterAll(() => simulator.close())

/** What a service says in one call, by default the simulator. */
async function many(
  refs: readonly SecretRef[],
  at = { endpoint: new URL(simulator.oos ?? '').host, ca: simulator.caPem },
  accessKey = 'LTAI5tDemo',
): Promise<ReadonlyArray<string | undefined>> {
  const backend = backends.add(oosBackend({ ...at, provider: staticProvider(accessKey, SECRET) }))
  const results = (await backend.readMany?.(refs, { signal })) ?? []
  return results.map((result) => result && (result.value === undefined ? result.error.code : textOf(result.value)))
}

/** Reads `app/token` and `app/other` from a service that responds so. */
async function respondsWith(status: number, body: object): Promise<ReadonlyArray<string | undefined>> {
  const { keyPem: key, chainPem: cert, rootPem: ca } = await issueServerCertificate(['127.0.0.1'])
  await using server = await startTestServer(json(status, body), { key, cert })
  return await many([{ name: 'app/token' }, { name: 'app/other' }], { endpoint: server.endpoint, ca })
}

describe('GetSecretParameters', () => {
  it.each<[string, SecretRef]>([
    ['version', { name: 'app/token', versionId: '1' }],
    ['version and a stage', { name: 'app/token', versionId: '1', versionStage: 'ACSCurrent' }],
    ['stage', { name: 'app/token', versionStage: 'ACSPrevious' }],
  ])('never answers for a %s, which it cannot name', async (_what, pinned) => {
    expect(await many([pinned, { name: 'app/other' }, { name: 'app/token' }])).toEqual([undefined, 'other', 'new'])
    expect(await many([pinned])).toEqual([undefined])
  })

  it.each([
    ['the call itself', 'LTAI5tPoor', 'denied'],
    ['the values', 'LTAI5tHalf', undefined],
  ])('is denied as a whole, which says whether %s is: %s', async (_what, accessKey, batch) => {
    const error: unknown = await many([{ name: 'app/token' }], undefined, accessKey).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'AccessDenied' })
    expect(isSecretSyncError(error) && error.facts.batch).toBe(batch)
  })

  it('has as many parameters as OOS accepts', async () => {
    const refs = Array.from({ length: 11 }, (_none, index) => ({ name: `app/${index}` }))
    const { batch } = backends.add(
      oosBackend({ endpoint: 'oos.example', provider: staticProvider('LTAI5tDemo', SECRET) }),
    )
    expect(await many(refs.slice(0, batch?.maxRefs))).toHaveLength(10)
    await expect(many(refs)).rejects.toMatchObject({ code: 'InvalidSpec' })
  })

  it('is unsupported if the endpoint does not know it', async () => {
    const body = { Code: 'InvalidAction.NotFound', Message: 'no such action' }
    await expect(respondsWith(404, body)).rejects.toMatchObject({ facts: { batch: 'unsupported' } })
  })

  it('that is throttled is so for each parameter', async () => {
    expect(await respondsWith(400, { Code: 'Throttling.User' })).toEqual(['Throttled', 'Throttled'])
  })
})

describe('an entry', () => {
  const entry = { Name: 'app/token', ParameterVersion: 1, Value: 'value' }
  const other = { Name: 'app/other', ParameterVersion: 1, Value: 'other' }
  it.each<[string, object]>([
    ['no version', { ParameterVersion: undefined }],
    ['a version that is no number', { ParameterVersion: '1' }],
    ['a value that is no text', { Value: 1 }],
    ['another name', { Name: 'app/toke' }],
  ])('with %s is none: only a read of its own can tell', async (_what, change) => {
    expect(await respondsWith(200, { Parameters: [{ ...entry, ...change }, other] })).toEqual([undefined, 'other'])
  })

  it('that occurs twice is none', async () => {
    const parameters = [entry, { ...entry, Value: 'another value' }, other]
    expect(await respondsWith(200, { Parameters: parameters })).toEqual([undefined, 'other'])
  })
})
