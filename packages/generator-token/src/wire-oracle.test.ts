import { createRequire } from 'node:module'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { json, type RecordedRequest, startTestServer } from '@ack-secret-manager/test-support/test-server'
import type sdkModule from '@alicloud/openapi-core'
import { expect, it } from 'vitest'
import { getAuthorizationToken } from './container-registry.ts'

// CommonJS: `require` returns the same shape in every loader.
const sdk = createRequire(import.meta.url)('@alicloud/openapi-core') as typeof sdkModule

const KEY = { accessKeyId: 'STS.demo', accessKeySecret: 'demo', securityToken: 'CAIS+en/==' }
const INSTANCE_ID = 'cri-abcdefgh12345678'
const RESPONSE = {
  RequestId: 'r',
  Code: 'success',
  IsSuccess: true,
  AuthorizationToken: 'token',
  TempUsername: 'cr_temp_user',
  ExpireTime: Date.now() + 3_600_000,
}
/** Differ from call to call. */
const OF_CALL = ['x-acs-date', 'x-acs-signature-nonce', 'x-acs-credentials-provider']

/** What the gateway reads from a request. */
function callOf({ method, path, query, headers, body }: RecordedRequest): object {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-acs-') && !OF_CALL.includes(name))
  const [algorithm, credential] = String(headers.authorization).split(/[ ,]/)
  return { method, path, body, query: Object.fromEntries(query), own: Object.fromEntries(own), algorithm, credential }
}

it('Container Registry receives the same call from our client and from the SDK that the official clients are made of', async () => {
  const { keyPem, chainPem, rootPem } = await issueServerCertificate(['127.0.0.1'])
  await using server = await startTestServer(json(200, RESPONSE), { key: keyPem, cert: chainPem })
  const provider = accessKeyProvider({
    accessKeyId: KEY.accessKeyId,
    accessKeySecret: new Sensitive(KEY.accessKeySecret),
    securityToken: new Sensitive(KEY.securityToken),
  })
  const token = await getAuthorizationToken({
    identity: { provider, region: 'cn-hangzhou' },
    instanceId: INSTANCE_ID,
    endpoint: server.endpoint,
    ca: Buffer.from(rootPem).toString('base64'),
    signal: AbortSignal.timeout(60_000),
  })
  const { Config, OpenApiRequest, Params } = sdk.$OpenApiUtil
  const client = new sdk.default(new Config({ endpoint: server.endpoint, ca: rootPem, ...KEY }))
  // As the class of `cr20181201` in other languages calls it.
  const params = {
    action: 'GetAuthorizationToken',
    version: '2018-12-01',
    protocol: 'HTTPS',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  }
  const request = new OpenApiRequest({ query: { InstanceId: INSTANCE_ID } })
  // The type is in a package that is not a dependency; the SDK only reads optional fields.
  const { body } = (await client.callApi(new Params(params), request, {} as never)) as { body: typeof RESPONSE }
  const [ours, theirs, ...more] = server.seen
  expect(more).toEqual([])
  expect(callOf(ours as RecordedRequest)).toEqual(callOf(theirs as RecordedRequest))
  expect([token.username, token.password.expose(), token.life.expiresMs]).toEqual([
    body.TempUsername,
    body.AuthorizationToken,
    body.ExpireTime,
  ])
})
