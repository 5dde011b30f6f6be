import { createServer, type Server } from 'node:https'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'

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
export interface HostileKms extends AsyncDisposable {
  /** `host:port` */
  readonly endpoint: string
  readonly caPem: string
}

/** Starts the endpoint on loopback, with TLS. */
export async function startHostileKms(answers: Readonly<Record<string, HostileAnswer>>): Promise<HostileKms> {
  const { keyPem, chainPem, rootPem } = await issueServerCertificate(['127.0.0.1'])
  const server = createServer({ key: keyPem, cert: chainPem }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const asked = new URLSearchParams(`${request.url?.split('?')[1] ?? ''}&${Buffer.concat(chunks).toString()}`)
      const { status, body, headers } = answers[asked.get('SecretName') ?? ''] ?? { status: 404, body: '' }
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `127.0.0.1:${portOf(server)}`,
    caPem: rootPem,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the hostile KMS does not listen')
  return address.port
}
