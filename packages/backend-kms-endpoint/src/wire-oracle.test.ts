import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type SecretRef, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type RecordedRequest, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import kms, { GetSecretValueRequest } from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { describe, expect, it } from 'vitest'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms

const KEY = { accessKeyId: 'STS.demo', accessKeySecret: 'demo', securityToken: 'CAIS+en/==' }
/** Parameters that the older signature puts into the query, and the newer one into headers. */
const OF_V1 = ['Action', 'Version', 'Format', 'Timestamp', 'SignatureNonce', 'SecurityToken', 'AccessKeyId']
const OF_SIGNATURE = ['Signature', 'SignatureMethod', 'SignatureVersion', 'SignatureType']

const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))
useTrusted(() => certificate.rootPem)
const server = useFixture(() =>
  startTestServer((response) => response.writeHead(503).end('{"Code":"ServiceUnavailable"}'), {
    key: certificate.keyPem,
    cert: certificate.chainPem,
  }),
)

async function sentBy(work: Promise<unknown>): Promise<RecordedRequest> {
  await work.catch(() => undefined)
  const [request, ...more] = server.seen.splice(0)
  if (request === undefined || more.length > 0) throw new Error(`expected one request, got ${more.length + 1}`)
  return request
}

/** What the gateway reads from a request, whichever signature it has. */
function callOf({ method, path, query, headers, body }: RecordedRequest): object {
  const common = (name: string, header: string): unknown => headers[header] ?? query.get(name)
  return {
    method,
    path,
    body,
    action: common('Action', 'x-acs-action'),
    version: common('Version', 'x-acs-version'),
    identity: query.get('AccessKeyId') ?? /Credential=([^,]+),/.exec(String(headers.authorization))?.[1],
    token: common('SecurityToken', 'x-acs-security-token'),
    params: Object.fromEntries([...query].filter(([name]) => ![...OF_V1, ...OF_SIGNATURE].includes(name))),
  }
}

describe('the gateway receives the same call from our client and from the official SDK', () => {
  it.each<[string, SecretRef, object]>([
    ['the current version', { name: 'app/db' }, { secretName: 'app/db', versionStage: 'ACSCurrent' }],
    ['a stage', { name: 'app/db', versionStage: 'ACSPrevious' }, { secretName: 'app/db', versionStage: 'ACSPrevious' }],
    ['a version', { name: 'app/db', versionId: 'v 1' }, { secretName: 'app/db', versionId: 'v 1' }],
    ['odd characters', { name: "a(x)*'!~ 中/+", versionId: '1' }, { secretName: "a(x)*'!~ 中/+", versionId: '1' }],
  ])('%s', async (_rule, ref, params) => {
    const { accessKeyId } = KEY
    const provider = accessKeyProvider({
      accessKeyId,
      accessKeySecret: new Sensitive(KEY.accessKeySecret),
      securityToken: new Sensitive(KEY.securityToken),
    })
    const backend = kmsEndpointBackend({ endpoint: server.endpoint, provider })
    const ours = await sentBy(backend.read(ref, { signal: AbortSignal.timeout(60_000) }))
    await backend.close()
    const client = new KmsClient(new Config({ endpoint: server.endpoint, protocol: 'HTTPS', ...KEY }))
    const theirs = await sentBy(client.getSecretValue(new GetSecretValueRequest(params)))
    expect(callOf(ours)).toEqual(callOf(theirs))
    // The signatures differ on purpose: only the newer one keeps key id and token out of the URL.
    expect(String(ours.headers.authorization)).toMatch(
      /^ACS3-HMAC-SHA256 Credential=STS\.demo,SignedHeaders=[a-z0-9;-]+,/,
    )
    expect(ours.url).not.toMatch(/STS\.demo|CAIS|Signature/)
    expect(theirs.query.get('SignatureMethod')).toBe('HMAC-SHA1')
  })
})
