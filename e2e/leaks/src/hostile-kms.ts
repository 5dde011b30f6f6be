import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type Respond, startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'

/** A response with a value where none belongs. */
interface HostileAnswer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Responses that repeat a value in the wrong field, by secret name. */
export function hostileAnswers(value: string): Readonly<Record<string, HostileAnswer>> {
  const json = (status: number, body: object): HostileAnswer => ({ status, body: JSON.stringify(body) })
  const good = {
    SecretDataType: 'text',
    VersionId: 'v1',
    VersionStages: { VersionStage: ['ACSCurrent'] },
    SecretType: 'Generic',
  }
  return {
    refusal: json(403, { Code: 'Forbidden.NoPermission', Message: `no ${value} for you`, Recommend: value }),
    'odd-code': json(400, { Code: `Oops.${value}`, Message: value, RequestId: value }),
    failure: json(500, { Code: 'InternalFailure', Message: value, HostId: value, Data: { SecretData: value } }),
    page: { status: 502, body: `<html><title>${value}</title></html>`, headers: { 'content-type': 'text/html' } },
    cut: { status: 200, body: `{"SecretData":"${value}","VersionId":` },
    number: { status: 200, body: `${value} 12` },
    shape: json(200, { ...good, SecretData: { password: value } }),
    'no-version': json(200, { ...good, SecretData: value, VersionId: null }),
    'no-base64': json(200, { ...good, SecretData: `!${value}!`, SecretDataType: 'binary' }),
    header: {
      status: 503,
      body: '',
      headers: { 'x-acs-request-id': value, 'retry-after': value, location: `/?${value}` },
    },
  }
}

/** An endpoint with these responses. */
export interface HostileKms extends TestServer {
  readonly caPem: string
}

/** Starts the endpoint on loopback, with TLS. */
export async function startHostileKms(answers: Readonly<Record<string, HostileAnswer>>): Promise<HostileKms> {
  const { keyPem: key, chainPem: cert, rootPem: caPem } = await issueServerCertificate(['127.0.0.1'])
  const respond: Respond = (response, { query, body: form }) => {
    const name = query.get('SecretName') ?? new URLSearchParams(form).get('SecretName') ?? ''
    const { status, body, headers } = answers[name] ?? { status: 404, body: '' }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }
  return { ...(await startTestServer(respond, { key, cert })), caPem }
}
