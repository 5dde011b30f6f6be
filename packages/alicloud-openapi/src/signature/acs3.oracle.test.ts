import { createRequire } from 'node:module'
import type sdkModule from '@alicloud/openapi-core'
import { Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { json, type RecordedRequest, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { signedRequest } from '../internal/wire-request.ts'

// CommonJS: `require` returns the same shape in every loader.
const sdk = createRequire(import.meta.url)('@alicloud/openapi-core') as typeof sdkModule

/** Includes characters that the SDK encodes only in a query; its form bodies keep `!'()*`, which a form parser accepts. */
const ODD = { query: "app/db (x)*'!~ 中&=+%", body: 'app/db ~ 中&=+%' }
const CREDENTIAL = {
  accessKeyId: 'STS.NTdemo',
  accessKeySecret: new Sensitive('demo-secret'),
  securityToken: new Sensitive('CAIS+en/=='),
}

/** The request of the official SDK for the same call. */
async function bySdk(where: 'query' | 'body', params: Record<string, string>): Promise<RecordedRequest> {
  await using server = await startTestServer(json(200, { RequestId: 'r' }))
  const { Config, OpenApiRequest, Params } = sdk.$OpenApiUtil
  const client = new sdk.default(
    new Config({
      endpoint: server.endpoint,
      protocol: 'http',
      accessKeyId: CREDENTIAL.accessKeyId,
      accessKeySecret: CREDENTIAL.accessKeySecret.expose(),
      securityToken: CREDENTIAL.securityToken.expose(),
    }),
  )
  await client.callApi(
    new Params({
      action: 'GetSecretValue',
      version: '2016-01-20',
      protocol: 'HTTP',
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    }),
    new OpenApiRequest({ [where]: params }),
    // The type is in a package that is not a dependency; the SDK only reads optional fields.
    {} as never,
  )
  const [seen] = server.seen
  if (seen === undefined) throw new Error('the SDK sent nothing')
  return seen
}

describe('against @alicloud/openapi-core', () => {
  it.each([
    ['query', 'query'],
    ['body', 'form'],
  ] as const)('sends the same parameters, headers and signature: %s', async (where, paramsIn) => {
    const params = { SecretName: ODD[where], VersionStage: 'ACSCurrent', Empty: '' }
    const theirs = await bySdk(where, params)
    const header = (name: string): string => String(theirs.headers[name])
    const ours = signedRequest(
      { action: 'GetSecretValue', version: '2016-01-20', params, paramsIn, what: 'test' },
      CREDENTIAL,
      {
        endpoint: header('host'),
        nowMs: Date.parse(header('x-acs-date')),
        nonce: header('x-acs-signature-nonce'),
        // The SDK signs one additional informational header.
        extraHeaders: { 'x-acs-credentials-provider': header('x-acs-credentials-provider') },
      },
    )
    const query = (url: string) => Object.fromEntries(new URL(url, 'https://x').searchParams)
    expect(query(ours.path)).toEqual(query(theirs.url))
    expect(ours.body).toBe(theirs.body)
    const own = (headers: object) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-acs-')))
    expect(own(ours.headers)).toEqual(own(theirs.headers))
    expect(ours.headers['authorization']).toBe(theirs.headers.authorization)
  })
})
