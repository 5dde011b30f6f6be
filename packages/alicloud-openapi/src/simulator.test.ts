import { Sensitive } from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'
import { OpenApiClient } from './open-api-client.ts'

const signal = new AbortController().signal
const NAME = 'app/db_+=.@-'

it.each(['query', 'form'] as const)(
  'passes the verifier of the simulator, which shares no code: %s',
  async (paramsIn) => {
    await using simulator = await startSimulator({
      seed: {
        accessKeys: [
          {
            id: 'STS.NTdemo',
            secret: 'demo',
            securityToken: 'CAIS+en/==',
            expiration: '2099-01-01T00:00:00Z',
            allow: [{ actions: ['kms:*'], resources: ['*'] }],
          },
        ],
        secrets: [{ name: NAME, versions: [{ id: 'v1', data: 'ä b+c&d=e' }] }],
      },
    })
    await using client = new OpenApiClient({ endpoint: new URL(simulator.kms).host, ca: simulator.caPem })
    const as = {
      accessKeyId: 'STS.NTdemo',
      accessKeySecret: new Sensitive('demo'),
      securityToken: new Sensitive('CAIS+en/=='),
    }
    const common = { version: '2016-01-20', as, paramsIn, what: 'test', signal }
    const odd = "p=1&q=%20 +/(x)*'!~ 中\n\u0000"
    const params = { SecretName: NAME, VersionId: 'v2', SecretData: odd }
    await client.call({ ...common, action: 'PutSecretValue', params })
    const { body, requestId } = await client.call({ ...common, action: 'GetSecretValue', params: { SecretName: NAME } })
    expect(body).toMatchObject({ SecretData: odd, VersionId: 'v2' })
    expect(requestId).toMatch(/^[\w-]+$/)
  },
)
