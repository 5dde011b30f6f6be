import type { ServerResponse } from 'node:http'
import type { ServerOptions } from 'node:https'
import { Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it } from 'vitest'

const { signal } = new AbortController()
const APP = { kind: 'Namespace', metadata: { name: 'app' } }

const certificate = useFixture(() => issueServerCertificate(['127.0.0.1']))

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
    const got = await getFrom(
      (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(APP)),
      {
        maxVersion: 'TLSv1.2',
      },
    )
    expect(got).toMatchObject({ outcome: APP, paths: ['/api/v1/namespaces/app'] })
  })

  it('is rejected with TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const got = await getFrom((response) => response.end(JSON.stringify(APP)), old)
    expect(got).toMatchObject({ outcome: expect.any(Error) as unknown, paths: [] })
    expect(got.refusals).toContain('ERR_SSL_UNSUPPORTED_PROTOCOL')
  })

  it.each([301, 302, 307, 308])('is not followed on a redirect with HTTP %i', async (status) => {
    const got = await getFrom((response) => response.writeHead(status, { location: '/elsewhere' }).end())
    expect(got.outcome).toBeInstanceOf(Error)
    expect(got.paths).not.toContain('/elsewhere')
  })

  it('that refuses the handshake gets a client certificate that was replaced since, in the same call', async () => {
    const tls = { key: certificate.keyPem, cert: certificate.chainPem, maxVersion: 'TLSv1.2' } as const
    // It has no certificate that it could accept.
    await using refusing = await startTestServer(() => undefined, { ...tls, requestCert: true })
    await using accepting = await startTestServer((response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(APP))
    }, tls)
    let { endpoint } = refusing
    const clock = new ManualClock()
    await using client = new KubeClient({
      clock,
      credentials: {
        description: 'a test',
        namespace: undefined,
        load: async () => ({
          server: `https://${endpoint}`,
          tls: { ca: Buffer.from(certificate.rootPem) },
          headers: new Sensitive({}),
        }),
      },
    })
    const update = (): Promise<unknown> => client.update('/api/v1/namespaces/app', {}, { signal })
    await expect(update()).rejects.toThrow(/ALERT_HANDSHAKE_FAILURE/)
    endpoint = accepting.endpoint
    await clock.advance(2_000)
    expect(await update()).toEqual(APP)
  })

  it.each([
    [403, {}],
    [407, { credentials: { user: 'user', password: 'canary-8d1f' } }],
  ])(
    'behind a proxy that responds with %i cannot be reached, until another proxy replaces it',
    async (status, options) => {
      const tls = { key: certificate.keyPem, cert: certificate.chainPem }
      await using server = await startTestServer((response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(APP))
      }, tls)
      await using refusing = await startConnectProxy(options)
      await using other = await startConnectProxy({ routes: { [server.endpoint]: server.endpoint } })
      let proxyUrl = `http://user:canary@${refusing.endpoint}`
      const clock = new ManualClock()
      await using client = new KubeClient({
        clock,
        credentials: {
          description: 'a test',
          namespace: undefined,
          load: async () => ({
            server: `https://${server.endpoint}`,
            proxyUrl,
            tls: { ca: Buffer.from(certificate.rootPem) },
            headers: new Sensitive({}),
          }),
        },
      })
      const update = (): Promise<unknown> => client.update('/api/v1/namespaces/app', {}, { signal })
      await expect(update()).rejects.toMatchObject({
        code: 'Unavailable',
        message: `update namespaces app: the API server at ${server.endpoint} through the proxy-url ${refusing.endpoint} cannot be reached (HTTP ${status} of the proxy); check that the API server is up and that this machine can reach it`,
      })
      proxyUrl = `http://${other.endpoint}`
      await clock.advance(2_000)
      expect(await update()).toEqual(APP)
    },
  )
})
