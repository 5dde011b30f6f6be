import type { ServerResponse } from 'node:http'
import type { ServerOptions } from 'node:https'
import { Sensitive } from '@ack-secret-manager/core'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { beforeAll, describe, expect, it } from 'vitest'

const { signal } = new AbortController()
let certificate: ServerCertificate

beforeAll(async () => {
  certificate = await issueServerCertificate(['127.0.0.1'])
})

/** Result of one GET request, and what the server received. */
async function getFrom(handler: (response: ServerResponse) => void, options: ServerOptions = {}) {
  await using server = await startTestServer(handler, {
    key: certificate.keyPem,
    cert: certificate.chainPem,
    ...options,
  })
  await using client = new KubeClient({
    credentials: {
      description: 'a test',
      namespace: undefined,
      load: async () => ({
        server: `https://${server.endpoint}`,
        tls: { ca: Buffer.from(certificate.rootPem) },
        headers: new Sensitive({ authorization: 'Bearer canary' }),
      }),
    },
  })
  const outcome: unknown = await client.get('/api/v1/namespaces/app', { signal }).catch((thrown: unknown) => thrown)
  return { outcome, paths: server.seen.map(({ url }) => url), refusals: server.refusals }
}

describe('the API server', () => {
  it('is accepted with TLS 1.2', async () => {
    const got = await getFrom((response) => response.setHeader('content-type', 'application/json').end('{}'), {
      maxVersion: 'TLSv1.2',
    })
    expect(got).toMatchObject({ outcome: {}, paths: ['/api/v1/namespaces/app'] })
  })

  it('is rejected with TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const got = await getFrom((response) => response.end('{}'), old)
    expect(got).toMatchObject({ outcome: expect.any(Error) as unknown, paths: [] })
    expect(got.refusals).toContain('ERR_SSL_UNSUPPORTED_PROTOCOL')
  })

  it.each([301, 302, 307, 308])('is not followed on a redirect with HTTP %i', async (status) => {
    const got = await getFrom((response) => response.writeHead(status, { location: '/elsewhere' }).end())
    expect(got.outcome).toBeInstanceOf(Error)
    expect(got.paths).not.toContain('/elsewhere')
  })
})
