import { defined } from '@ack-secret-manager/core'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from './simulator.ts'
import { type FlippingProxy, startFlippingProxy } from './testing/flipping-proxy.ts'
import type { SdkCall, SdkOutcome } from './testing/sdk-client.ts'
import { SdkProcess } from './testing/sdk-process.ts'
import { ADMIN, READER, SEED } from './testing/seed.ts'

const TEMPORARY = { id: 'STS.NTtest', secret: 'sts-secret', securityToken: 'CAIS+en/==' }
const ODD_VALUE = "p=1&q=%20 +/(x)*'!~ 中\n\u0000"

let simulator: Simulator
let honest: FlippingProxy
let flipping: FlippingProxy
const directory = directoryOfTests()
let sdks: SdkProcess

beforeAll(async () => {
  simulator = await startSimulator({
    seed: {
      ...SEED,
      accessKeys: [
        ...SEED.accessKeys,
        {
          ...TEMPORARY,
          expiration: new Date(Date.now() + 3_600_000).toISOString(),
          allow: [{ actions: ['kms:*'], resources: ['*'] }],
        },
      ],
    },
  })
  const target = { url: simulator.kms, caPem: simulator.caPem }
  honest = await startFlippingProxy(target, false)
  flipping = await startFlippingProxy(target, true)
  const bundle = join(directory, 'bundle.pem')
  await writeFile(bundle, simulator.caPem + honest.caPem + flipping.caPem)
  sdks = new SdkProcess(bundle)
})

afterAll(async () => {
  await sdks.close()
  await flipping.close()
  await honest.close()
  await simulator.close()
})

const SDKS: readonly SdkCall['sdk'][] = ['kms20160120', 'openapi-core', 'openapi-client']

describe.each(SDKS)('%s, unmodified', (sdk) => {
  const call = (
    action: string,
    query: Record<string, string>,
    signer: { id: string; secret: string; securityToken?: string } = ADMIN,
    url = simulator.kms,
  ): Promise<SdkOutcome> =>
    sdks.call({
      sdk,
      endpoint: new URL(url).host,
      accessKeyId: signer.id,
      accessKeySecret: signer.secret,
      ...defined({ securityToken: signer.securityToken }),
      action,
      query,
    })

  it('reads a secret', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/db' })
    expect(outcome).toMatchObject({ body: { SecretData: '{"user":"tom"}', SecretType: 'Generic', VersionId: 'v1' } })
  })

  it('reads with a temporary key', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/db' }, TEMPORARY)
    expect(outcome).toMatchObject({ body: { SecretName: 'app/db' } })
  })

  it('transfers every character unchanged', async () => {
    const name = `odd/${sdk}`
    await call('CreateSecret', { SecretName: name, VersionId: 'v1', SecretData: ODD_VALUE })
    expect(await call('GetSecretValue', { SecretName: name })).toMatchObject({ body: { SecretData: ODD_VALUE } })
  })

  it('understands the error for a missing secret', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/none' })
    expect(outcome).toMatchObject({ error: { code: expect.stringMatching(/^Forbidden\.ResourceNotFound/) } })
  })

  it('understands a denial', async () => {
    const outcome = await call('DescribeSecret', { SecretName: 'app/db' }, READER)
    expect(outcome).toMatchObject({ error: { code: expect.stringMatching(/^Forbidden\.NoPermission/) } })
  })

  it('works through a transparent proxy', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/db' }, ADMIN, honest.url)
    expect(outcome).toMatchObject({ body: { SecretName: 'app/db' } })
  })

  it('is rejected when one byte of its signature is flipped', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/db' }, ADMIN, flipping.url)
    expect(outcome).toMatchObject({ error: { code: expect.stringMatching(/^SignatureDoesNotMatch/) } })
  })

  it('is rejected with the wrong secret', async () => {
    const outcome = await call('GetSecretValue', { SecretName: 'app/db' }, { ...ADMIN, secret: 'wrong' })
    expect(outcome).toMatchObject({ error: { code: expect.stringMatching(/^SignatureDoesNotMatch/) } })
  })
})

it('is not trusted by an SDK without the CA file', async () => {
  const distrustful = new SdkProcess(undefined)
  const outcome = await distrustful.call({
    sdk: 'kms20160120',
    endpoint: new URL(simulator.kms).host,
    accessKeyId: ADMIN.id,
    accessKeySecret: ADMIN.secret,
    action: 'GetSecretValue',
    query: { SecretName: 'app/db' },
  })
  await distrustful.close()
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining('certificate') } })
})
