import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import tls from 'node:tls'
import { inspect } from 'node:util'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KmsSdkClient } from './kms-sdk-client.ts'

const SECRET = canary('access-key-secret')
const VALUE = canary('form-value')
const signal = AbortSignal.timeout(60_000)

let simulator: Simulator
let client: KmsSdkClient
beforeAll(async () => {
  simulator = await startSimulator({
    seed: { accessKeys: [{ id: 'LTAI5tDemo', secret: SECRET, allow: [{ actions: ['kms:*'], resources: ['app/*'] }] }] },
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.caPem])
  const provider = accessKeyProvider({ accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive(SECRET) })
  client = new KmsSdkClient({ endpoint: new URL(simulator.kms).host, provider })
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const create = (name: string) =>
  client.call({
    action: 'CreateSecret',
    query: { SecretName: name },
    form: { SecretData: VALUE, VersionId: 'v1' },
    what: `KMS secret ${name}`,
    resource: name,
    errors: { 'Rejected.ResourceExist': { code: 'Conflict', hint: 'choose another name' } },
    signal,
  })

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  )

describe('KmsSdkClient', () => {
  it('sends the form in the body, which the signature covers, and not in the URL', async () => {
    const paths: string[] = []
    const note = (message: unknown): void => {
      paths.push((message as { request: { path: string } }).request.path)
    }
    subscribe('http.client.request.created', note)
    expect(await create('app/one')).toMatchObject({ SecretName: 'app/one', VersionId: 'v1' })
    unsubscribe('http.client.request.created', note)
    expect(paths).toHaveLength(1)
    expect([paths[0]?.includes('SecretName=app%2Fone'), paths[0]?.includes(VALUE)]).toEqual([true, false])
  })

  it('gives codes of KMS the meaning that the call gives them, without a value', async () => {
    await failureOf(create('app/two'))
    const failure = await failureOf(create('app/two'))
    expect(failure).toMatchObject({
      code: 'Conflict',
      message: 'KMS secret app/two: choose another name (Rejected.ResourceExist, HTTP 409)',
    })
    const shown = inspect(failure, { depth: 10, showHidden: true })
    expect([shown.includes(VALUE), shown.includes(SECRET)]).toEqual([false, false])
  })

  it('names the permission that is missing', async () => {
    expect(await failureOf(create('other'))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('AccessKey LTAI5tDemo may not call kms:CreateSecret on secret/other'),
    })
    const list = { action: 'ListSecrets', query: {}, what: 'the list', resource: '', signal }
    expect(await failureOf(client.call(list))).toMatchObject({
      message: expect.stringContaining('may not call kms:ListSecrets on secret: no RAM policy'),
    })
  })
})
