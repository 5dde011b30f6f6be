import { type Credential, type ReadResult, type SecretRef, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, describe, expect, it } from 'vitest'
import { OpenApiClient } from '../open-api-client.ts'
import { batchGetSecretValue } from './batch-get-secret-value.ts'

const CREDENTIAL: Credential = { accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('canary-secret') }
const ENTRY = {
  SecretData: 'canary-value',
  SecretDataType: 'text',
  VersionId: 'v1',
  VersionStages: { VersionStage: ['ACSCurrent'] },
}
const GOOD = { ...ENTRY, SecretName: 'good' }

const open: AsyncDisposable[] = []
const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

/** The results of a batch to which a service responds with `body`. */
async function many(body: object, refs: readonly SecretRef[]): Promise<ReadonlyArray<ReadResult | undefined>> {
  const tls = { key: certificate.keyPem, cert: certificate.chainPem }
  const server = await startTestServer(json(200, { RequestId: 'r', ...body }), tls)
  const client = new OpenApiClient({ endpoint: server.endpoint, ca: certificate.rootPem })
  open.push(server, client)
  return batchGetSecretValue(client, refs, {
    as: {
      identity: { kind: 'test', fingerprint: 'f', description: 'test', account: 'a' },
      credential: async () => CREDENTIAL,
      invalidate: () => undefined,
      close: async () => undefined,
    },
    where: ({ name }) => `secret ${name}`,
    explain: () => (classification) => classification,
    signal: new AbortController().signal,
  })
}

const said = (result: ReadResult | undefined): string | undefined => result?.value?.versionId ?? result?.error?.code

describe('an entry', () => {
  it.each<[string, object]>([
    ['stages in a flat list', { VersionStages: ['ACSCurrent'] }],
    ['the ARN as its name', { SecretName: 'acs:kms:cn-hangzhou:1234567890123456:secret/app/db' }],
    ['another name', { SecretName: 'app/d' }],
    ['a name that is no text', { SecretName: 1 }],
    ['no data', { SecretData: undefined }],
    ['data that is no text', { SecretData: 1 }],
    ['data that is no base64', { SecretDataType: 'binary' }],
    ['an unknown type of data', { SecretDataType: 'json' }],
    ['no version', { VersionId: undefined }],
    ['another version', { VersionId: 'v2' }],
  ])('with %s is none: only a read of its own can tell', async (_what, change) => {
    const refs = [{ name: 'app/db', versionId: 'v1' }, { name: 'good' }]
    const entry = { ...ENTRY, SecretName: 'app/db' }
    expect((await many({ SecretValues: [entry, GOOD] }, refs)).map(said)).toEqual(['v1', 'v1'])
    expect((await many({ SecretValues: [{ ...entry, ...change }, GOOD] }, refs)).map(said)).toEqual([undefined, 'v1'])
  })

  it.each<[string, string | undefined, object, boolean]>([
    ['the current one', undefined, {}, true],
    ['the current one, by name', 'ACSCurrent', {}, true],
    ['another one', 'ACSPrevious', {}, false],
    ['another one, of a managed secret', 'ACSPrevious', { SecretType: 'Rds' }, true],
    [
      'the current one, but has an older version',
      undefined,
      { VersionStages: { VersionStage: ['ACSPrevious'] } },
      false,
    ],
    ['one of several', 'b', { VersionStages: { VersionStage: ['a', 'b'] } }, true],
  ])('is checked for its stage: asked for %s', async (_what, versionStage, change, isUsed) => {
    const refs = [{ name: 'app/db', ...(versionStage === undefined ? {} : { versionStage }) }, { name: 'good' }]
    const results = await many({ SecretValues: [{ ...ENTRY, SecretName: 'app/db', ...change }, GOOD] }, refs)
    expect(results.map(said)).toEqual([isUsed ? 'v1' : undefined, 'v1'])
  })

  it.each<[string, object]>([
    ['without a code', { HttpStatus: 404 }],
    ['without a code, as if of an outage', { HttpStatus: 503 }],
    ['with a code that is no text', { Code: 7, HttpStatus: 404 }],
    ['with an unknown code', { Code: 'Odd.One' }],
    ['about the request', { Code: 'InvalidAction.NotFound', HttpStatus: 404 }],
  ])('of an error %s is none', async (_what, entry) => {
    const refs = [{ name: 'app/db' }, { name: 'good' }]
    const body = { SecretValues: [GOOD], Errors: [{ SecretName: 'app/db', ...entry }] }
    expect((await many(body, refs)).map(said)).toEqual([undefined, 'v1'])
  })

  it('of an error is that of a single read', async () => {
    const refs = [{ name: 'app/db' }, { name: 'good' }]
    const missing = { SecretName: 'app/db', Code: 'Forbidden.ResourceNotFound', HttpStatus: 404 }
    expect((await many({ SecretValues: [GOOD], Errors: [missing] }, refs)).map(said)).toEqual(['NotFound', 'v1'])
  })

  it.each([
    ['twice', { SecretValues: [GOOD, GOOD, { ...ENTRY, SecretName: 'app/db' }] }],
    ['as value and as error', { SecretValues: [GOOD], Errors: [{ SecretName: 'good', Code: 'Forbidden.RAM' }] }],
    ['neither as value nor as error', { SecretValues: [] }],
  ])('that is there %s is none', async (_what, body) => {
    const [result] = await many(body, [{ name: 'good' }, { name: 'app/db' }])
    expect(result).toBeUndefined()
  })
})

it.each([
  ['no values', {}],
  ['values that are no list', { SecretValues: {} }],
  ['errors that are no list', { SecretValues: [], Errors: {} }],
])('a response with %s fails as a whole', async (_what, body) => {
  expect(await failureOf(many(body, [{ name: 'good' }]))).toMatchObject({ code: 'InvalidResponse' })
})
