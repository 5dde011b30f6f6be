import { inspect } from 'node:util'
import type { CredentialProvider, SecretBackend, SecretRef, SecretSyncError } from '@ack-secret-manager/core'
import { type Fault, type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { OpenedBackends, textOf } from '@ack-secret-manager/test-support/opened-backends'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { staticProvider } from '@ack-secret-manager/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { oosBackend, type OosOptions } from './oos-backend.ts'
import { oosConnection } from './oos-connection.ts'

const SECRET = canary('access-key-secret')
const DATA = `${canary('value')} "✓" \n`
const signal = new AbortController().signal

let simulator: Simulator
let endpoint: string
const backends = new OpenedBackends()
const { thrown } = backends

function backend(
  change: Partial<OosOptions> = {},
  provider: CredentialProvider = staticProvider('LTAI5tDemo', SECRET),
): SecretBackend {
  return backends.add(oosBackend({ endpoint, ca: simulator.caPem, provider, ...change }))
}

/** The error of a read that must fail. */
const failure = (of: SecretBackend, ref: SecretRef = { name: 'app/token' }, until = signal): Promise<SecretSyncError> =>
  backends.failure(of, ref, until)

const control = simulatorControl(() => simulator.control)
const play = (fault: Fault): Promise<unknown> => control('POST', '/faults', { count: 1, ...fault })
beforeAll(async () => {
  simulator = await startSimulator({
    seed: {
      accessKeys: [
        {
          id: 'LTAI5tDemo',
          secret: SECRET,
          allow: [{ actions: ['oos:GetSecretParameter', 'kms:GetSecretValue'], resources: ['*'] }],
        },
        { id: 'LTAI5tHalf', secret: SECRET, allow: [{ actions: ['oos:*'], resources: ['*'] }] },
        { id: 'LTAI5tPoor', secret: SECRET, allow: [] },
      ],
      parameters: [{ name: 'app/token', value: DATA, version: 3 }],
    },
  })
  endpoint = new URL(simulator.oos ?? '').host
})

afterEach(async () => {
  await control('DELETE', '/faults')
  await backends.close()
})

afterAll(() => simulator.close())

describe('oosBackend', () => {
  it('reads the latest version, also after a change', async () => {
    const by = backend()
    const value = await by.read({ name: 'app/token', versionStage: 'ACSCurrent' }, { signal })
    expect(textOf(value)).toBe(DATA)
    expect(value).toMatchObject({
      versionId: '3',
      versionStages: [],
      type: 'OOS',
      dataType: 'text',
      requestId: expect.stringMatching(/./),
    })
    await control('PUT', '/parameters/app/token', { value: 'new' })
    expect(await by.read({ name: 'app/token' }, { signal })).toMatchObject({ versionId: '4' })
    expect(textOf(await by.read({ name: 'app/token', versionId: '3', versionStage: 'blue' }, { signal }))).toBe(DATA)
  })

  it('reports that a parameter or version does not exist', async () => {
    const error = await failure(backend(), { name: 'app/nothing' })
    expect(error).toMatchObject({
      code: 'NotFound',
      facts: { httpStatus: 404, remoteCode: 'EntityNotExists.Parameter', absent: true },
    })
    expect(error.message).toMatch(/^OOS parameter "app\/nothing" at 127\.0\.0\.1:\d+: no such encrypted parameter/)
    expect(await failure(backend(), { name: 'app/token', versionId: '99' })).toMatchObject({ code: 'NotFound' })
  })

  it.each([
    [
      'a stage that OOS cannot have',
      { versionStage: 'blue' },
      'versionStage',
      /OOS has no stages but the latest version/,
    ],
    [
      'a version id that is not a number',
      { versionId: 'v1' },
      'versionId',
      /expected the number of a version, such as 3, got "v1"/,
    ],
    ['version 0', { versionId: '0' }, 'versionId', /expected the number/],
  ])('rejects %s without a request', async (_rule, change, field, message) => {
    // Port without a listener: a request would fail with Unavailable.
    const error = await failure(backend({ endpoint: '127.0.0.1:1' }), { name: 'app/token', ...change })
    expect(error).toMatchObject({ code: 'InvalidSpec', facts: { field }, message: expect.stringMatching(message) })
  })

  it.each([
    ['anything', 'LTAI5tPoor'],
    ['its value', 'LTAI5tHalf'],
  ])('names the identity and the permissions that %s needs', async (_rule, id) => {
    const error = await failure(backend({}, staticProvider(id, SECRET)))
    expect(error.code).toBe('AccessDenied')
    expect(error.message).toMatch(
      new RegExp(
        `AccessKey ${id} may not read it: .*it needs oos:GetSecretParameter, and kms:GetSecretValue for the value`,
      ),
    )
  })

  it('names the refused identity and invalidates its credential', async () => {
    const provider = staticProvider('LTAI5tDemo', 'canary-wrong')
    const error = await failure(backend({}, provider))
    expect(error).toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining('AccessKey LTAI5tDemo is rejected: '),
    })
    expect(provider.refused).toHaveLength(1)
  })

  it.each([
    ['throttle', 'Throttled'],
    ['http503', 'Unavailable'],
    ['garbage', 'InvalidResponse'],
    ['reset', 'Unavailable'],
  ] as const)('reports the fault %s as %s, and recovers', async (fault, code) => {
    const by = backend()
    await play({ fault })
    expect(await failure(by)).toMatchObject({ code })
    expect(await by.read({ name: 'app/token' }, { signal })).toMatchObject({ type: 'OOS' })
  })

  it('times out when the service hangs, and rejects an untrusted certificate', async () => {
    await play({ fault: 'hang' })
    expect(await failure(backend({ timeoutMs: 300 }))).toMatchObject({ code: 'Timeout' })
    const untrusting = oosBackend({ endpoint, provider: staticProvider('LTAI5tDemo', SECRET) })
    backends.add(untrusting)
    expect(await failure(untrusting)).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('not trusted'),
    })
  })

  it('rejects reads after close', async () => {
    const by = backend()
    await by.close()
    expect(await failure(by)).toMatchObject({ code: 'Cancelled' })
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses the limit %s', (timeoutMs) =>
    expect(() => backend({ timeoutMs })).toThrowError(RangeError),
  )

  it('keeps every error of this file free of secrets, at any depth', () => {
    expect(thrown.length).toBeGreaterThan(10)
    const seen = inspect(thrown, { depth: 20, showHidden: true })
    for (const secret of ['canary', 'Signature=', 'ACS3-HMAC']) expect(seen).not.toContain(secret)
  })
})

describe('oosConnection', () => {
  const provider = staticProvider('LTAI5tDemo', SECRET)
  const connection = (change = {}) => oosConnection({ region: 'cn-hangzhou', provider, ...change })

  it('uses the VPC endpoint by default, and a quota separate from KMS', () => {
    expect(connection()).toMatchObject({ kind: 'oos', quota: { account: 'LTAI5tDemo', region: 'oos cn-hangzhou' } })
    expect(connection({ endpoint: 'oos-vpc.cn-hangzhou.aliyuncs.com:443' }).key).toBe(connection().key)
    expect(connection({ endpoint: 'oos.cn-beijing.aliyuncs.com' }).quota.region).toBe('oos cn-beijing')
    const elsewhere = { endpoint: 'oos.example' }
    expect(connection(elsewhere).quota).toMatchObject({ region: 'oos cn-hangzhou', ...elsewhere })
  })

  it.each([
    ['another endpoint', { endpoint: 'oos.cn-hangzhou.aliyuncs.com' }],
    ['another identity', { provider: staticProvider('LTAI5tOther', SECRET) }],
  ])('has another key for %s', (_rule, change) => expect(connection(change).key).not.toBe(connection().key))

  it.each([
    ['region', { region: 'CN' }],
    ['endpoint', { endpoint: 'https://oos.cn-hangzhou.aliyuncs.com' }],
    ['ca', { ca: 'none' }],
  ])('refuses a malformed %s', (field, change) =>
    expect(() => connection(change)).toThrowError(expect.objectContaining({ code: 'InvalidSpec', facts: { field } })),
  )
})
