import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import {
  type CredentialProvider,
  type ReadResult,
  type SecretBackend,
  type SecretRef,
  Sensitive,
} from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { expectRedacted } from '@ack-secret-manager/testkit'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import fc from 'fast-check'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

const SECRET = canary('access-key-secret')
const VALUE = canary('value')
const signal = new AbortController().signal
const READER = { actions: ['kms:GetSecretValue'], resources: ['app/*', 'managed/*'] }

const simulator = useFixture(() =>
  startSimulator({
    seed: {
      accessKeys: [
        { id: 'LTAI5tDemo', secret: SECRET, allow: [READER] },
        {
          id: 'LTAI5tBatch',
          secret: SECRET,
          allow: [READER, { actions: ['kms:BatchGetSecretValue'], resources: ['*'] }],
        },
      ],
      secrets: [
        {
          name: 'app/db',
          versions: [
            { id: 'v1', stages: ['ACSPrevious'], data: 'old' },
            { id: 'v2', stages: ['ACSCurrent'], data: VALUE },
          ],
        },
        { name: 'app/file', dataType: 'binary', versions: [{ id: 'v1', dataBase64: 'AP8KDQ==' }] },
        {
          name: 'managed/rds',
          type: 'Rds',
          versions: [{ id: 'r1', data: '{}' }],
          rotation: { automatic: true, interval: '604800s', next: '2030-01-01T00:00:00Z' },
        },
        { name: 'other/denied', versions: [{ id: 'v1', data: VALUE }] },
        ...Array.from({ length: 20 }, (_none, index) => ({
          name: `app/large-${index}`,
          versions: [{ id: 'v1', data: '"'.repeat(20_000) }],
        })),
        ...Array.from({ length: 20 }, (_none, index) => ({
          name: `app/control-${index}`,
          versions: [{ id: 'v1', data: '\u0001'.repeat(30_720) }],
        })),
      ],
    },
  }),
)
useTrusted(() => simulator.caPem)
const control = simulatorControl(() => simulator.control)
afterEach(async () => {
  await control('DELETE', '/faults')
  await control('PUT', '/batch', { refusal: 'entry', cost: 'secret', isKnown: true, needsPermission: false })
})

function provider(accessKeyId = 'LTAI5tDemo', secret = SECRET): CredentialProvider {
  return accessKeyProvider({ accessKeyId, accessKeySecret: new Sensitive(secret) })
}

async function many(refs: readonly SecretRef[], as = provider()): Promise<ReadonlyArray<ReadResult | undefined>> {
  const backend = kmsEndpointBackend({ endpoint: new URL(simulator.kms).host, provider: as })
  try {
    return (await backend.readMany?.(refs, { signal })) ?? []
  } finally {
    await backend.close()
  }
}

/** What a result says, without the request id. */
function said(result: ReadResult | undefined): object | undefined {
  if (result?.value === undefined) return result && { code: result.error.code, message: result.error.message }
  const { bytes, requestId: _, ...facts } = result.value
  return { ...facts, bytes: Buffer.from(bytes.expose()).toString('base64') }
}

async function alone(ref: SecretRef, backend: SecretBackend): Promise<object | undefined> {
  const result = await backend.read(ref, { signal }).then(
    (value): ReadResult => ({ value }),
    (error): ReadResult => ({ error }),
  )
  return said(result)
}

/** By a backend of its own. */
async function aloneAs(ref: SecretRef, as = provider()): Promise<object | undefined> {
  const backend = kmsEndpointBackend({ endpoint: new URL(simulator.kms).host, provider: as })
  try {
    return await alone(ref, backend)
  } finally {
    await backend.close()
  }
}

const anyRef: fc.Arbitrary<SecretRef> = fc
  .record({
    name: fc.oneof(
      fc.constantFrom('app/db', 'app/file', 'app/none', 'managed/rds', 'other/denied', 'app/large-1'),
      fc
        .constantFrom('app/db', 'app/file', 'other/denied')
        .map((name) => `acs:kms:cn-hangzhou:1234567890123456:secret/${name}`),
      fc.stringMatching(/^app\/[a-z0-9_/+=.@-]{1,20}$/),
    ),
    version: fc.constantFrom<Partial<SecretRef>>(
      {},
      { versionId: 'v1' },
      { versionId: 'v9' },
      { versionStage: 'ACSPrevious' },
      { versionStage: 'Mine' },
    ),
  })
  .map(({ name, version }) => ({ name, ...version }))

const ALL: readonly SecretRef[] = [
  { name: 'app/db', versionStage: 'ACSPrevious' },
  { name: 'app/file' },
  { name: 'app/none' },
  { name: 'managed/rds' },
  { name: 'other/denied' },
  { name: 'acs:kms:cn-hangzhou:1234567890123456:secret/app/large-1' },
]

describe('BatchGetSecretValue', () => {
  it('gives each entry the outcome of a single read: value, version, stages, rotation; code and message', async () => {
    const results = await many(ALL)
    expect(results.map(said)).toEqual(await Promise.all(ALL.map((ref) => aloneAs(ref))))
    expect(results.map((result) => result?.error?.code)).toEqual([
      undefined,
      undefined,
      'NotFound',
      undefined,
      'AccessDenied',
      undefined,
    ])
    expectRedacted([results], [VALUE, SECRET])
  })

  it('gives any references the outcomes of their single reads, in their order', async () => {
    const backend = kmsEndpointBackend({ endpoint: new URL(simulator.kms).host, provider: provider() })
    onTestFinished(() => backend.close())
    const refs = fc.uniqueArray(anyRef, { minLength: 1, maxLength: 20, selector: (ref) => backend.batch?.keyOf(ref) })
    const isSame = fc.asyncProperty(refs, async (some) => {
      const results = await backend.readMany?.(some, { signal })
      expect(results?.map(said)).toEqual(await Promise.all(some.map((ref) => alone(ref, backend))))
    })
    await fc.assert(isSame, { numRuns: 30 })
  })

  it('has room for 20 values of the largest size', async () => {
    for (const [name, size] of [
      ['large', 20_000],
      ['control', 30_720],
    ] as const) {
      const refs = Array.from({ length: 20 }, (_none, index) => ({ name: `app/${name}-${index}` }))
      expect((await many(refs)).map((result) => result?.value?.bytes.expose().length)).toEqual(refs.map(() => size))
    }
  })

  it.each([
    ['throttled', async () => control('POST', '/faults', { fault: 'throttle', count: 8 }), provider()],
    ['made with an unknown key', async () => undefined, provider('LTAI5tNone')],
    ['made with a wrong secret', async () => undefined, provider('LTAI5tDemo', 'canary-wrong')],
  ])('is the same for each secret when it is %s', async (_rule, prepare, as) => {
    await prepare()
    const refs = [{ name: 'app/db' }, { name: 'app/file' }]
    const results = await many(refs, as)
    expect(results.map(said)).toEqual(await Promise.all(refs.map((ref) => aloneAs(ref, as))))
    expect(results[0]?.error?.code).toMatch(/Throttled|Unauthenticated/)
  })

  it.each([
    ['a denied secret', 'other/denied', 'AccessDenied'],
    ['a missing secret', 'app/none', 'NotFound'],
  ])('fails as a whole for %s where KMS refuses calls instead of entries', async (_rule, name, code) => {
    await control('PUT', '/batch', { refusal: 'call' })
    const error = await failureOf(many([{ name: 'app/db' }, { name }]))
    expect(error).toMatchObject({ code })
    expect(error).not.toHaveProperty('facts.batch')
  })

  it('tells that the endpoint does not have it', async () => {
    await control('PUT', '/batch', { isKnown: false })
    expect(await failureOf(many(ALL))).toMatchObject({ facts: { batch: 'unsupported', httpStatus: 404 } })
  })

  it('tells that the identity may not make it', async () => {
    await control('PUT', '/batch', { needsPermission: true })
    expect(await failureOf(many(ALL))).toMatchObject({ code: 'AccessDenied', facts: { batch: 'denied' } })
    expect(await many([{ name: 'app/db' }], provider('LTAI5tBatch'))).toMatchObject([{ value: { versionId: 'v2' } }])
  })

  it.each([
    ['http503', 'Unavailable'],
    ['reset', 'Unavailable'],
    ['garbage', 'InvalidResponse'],
  ])('fails as a whole without a usable response: %s', async (fault, code) => {
    await control('POST', '/faults', { fault, count: 1 })
    expect(await failureOf(many(ALL))).toMatchObject({ code })
  })
})
