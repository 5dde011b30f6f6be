import type { ServerResponse } from 'node:http'
import type { ServerOptions } from 'node:https'
import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { kmsEndpointBackend } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceBackend } from '@ack-secret-manager/backend-kms-instance'
import { oosBackend } from '@ack-secret-manager/backend-oos'
import { defined, isSecretSyncError, type ProxyRoutes, type SecretBackend, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { failureOf } from '@ack-secret-manager/test-support/failure-of'
import { startConnectProxy } from '@ack-secret-manager/test-support/connect-proxy'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it } from 'vitest'

const provider = accessKeyProvider({ accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('demo') })
const { signal } = new AbortController()
/** A name that only the proxy resolves. */
const HOST = 'service.example'
const CREDENTIALS = { user: 'me', password: 'p@ss:word' }
const USER_INFO = 'me:p%40ss%3Aword'
const certificate = useFixture(() => issueServerCertificate(['127.0.0.1', HOST]))
useTrusted(() => certificate.rootPem)

interface ClientOptions {
  readonly proxy?: ProxyRoutes
  readonly connectTimeoutMs?: number
}

const CLIENTS: Readonly<Record<string, (endpoint: string, options?: ClientOptions) => SecretBackend>> = {
  'the KMS endpoint': (endpoint, options) => kmsEndpointBackend({ endpoint, provider, ...options }),
  'a KMS instance': (endpoint, options) =>
    kmsInstanceBackend({ endpoint, provider, ca: certificate.rootPem, ...options }),
  OOS: (endpoint, options) => oosBackend({ endpoint, provider, ...options }),
}

/** The result of one read, and the requests that the server received. */
async function readFrom(
  make: (endpoint: string) => SecretBackend,
  handler: (response: ServerResponse) => void,
  options: ServerOptions,
): Promise<{ readonly code: string; readonly paths: readonly string[]; readonly refusals: readonly string[] }> {
  await using server = await startTestServer(handler, {
    key: certificate.keyPem,
    cert: certificate.chainPem,
    ...options,
  })
  const backend = make(server.endpoint)
  try {
    const error: unknown = await backend.read({ name: 'app/db' }, { signal }).catch((thrown: unknown) => thrown)
    const paths = server.seen.map(({ url }) => url)
    return { code: isSecretSyncError(error) ? error.code : 'none', paths, refusals: server.refusals }
  } finally {
    await backend.close()
  }
}

describe.each(Object.entries(CLIENTS))('%s', (_what, make) => {
  it('is reached with TLS 1.2', async () => {
    const read = await readFrom(make, (response) => response.writeHead(503).end(), { maxVersion: 'TLSv1.2' })
    expect(read.paths).not.toEqual([])
  })

  it('is refused with TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const read = await readFrom(make, (response) => response.writeHead(503).end(), old)
    expect(read).toMatchObject({ code: 'Unavailable', paths: [] })
    expect(read.refusals).toContain('ERR_SSL_UNSUPPORTED_PROTOCOL')
  })

  it.each([301, 302, 303, 307, 308])('is not followed on a redirect with HTTP %i', async (status) => {
    const read = await readFrom(make, (response) => response.writeHead(status, { location: '/elsewhere' }).end(), {})
    expect(read.code).toBe('InvalidResponse')
    expect(read.paths).toHaveLength(1)
    expect(read.paths).not.toContain('/elsewhere')
  })
  it.each(['http', 'https'] as const)('is reached through an %s proxy with a password, and only so', async (scheme) => {
    const pem = { key: certificate.keyPem, cert: certificate.chainPem }
    await using server = await startTestServer((response) => response.writeHead(503).end(), pem)
    await using proxy = await startConnectProxy({
      credentials: CREDENTIALS,
      routes: { [`${HOST}:443`]: server.endpoint },
      ...(scheme === 'https' && { tls: pem }),
    })
    const routes = proxyRoutesOf({ HTTPS_PROXY: `${scheme}://${USER_INFO}@${proxy.endpoint}` })
    const backend = make(HOST, defined({ proxy: routes }))
    try {
      await backend.read({ name: 'app/db' }, { signal }).catch(() => undefined)
      await backend.read({ name: 'app/db' }, { signal }).catch(() => undefined)
      expect(server.seen).toHaveLength(2)
      expect(server.seen.some(({ headers }) => 'proxy-authorization' in headers)).toBe(false)
      expect(proxy.seen).toEqual(Array.from({ length: server.connections() }, () => `${HOST}:443 200`))
    } finally {
      await backend.close()
    }
  })

  it.each([
    [
      'does not know the user',
      { hangs: false, connectTimeoutMs: undefined },
      'Unavailable',
      /the proxy 127\.0\.0\.1:\d+ requires a valid user and password: .* \(HTTP 407\)$/,
    ],
    [
      'does not respond',
      { hangs: true, connectTimeoutMs: 300 },
      'Timeout',
      /the proxy 127\.0\.0\.1:\d+ does not respond in time$/,
    ],
  ])('reports a proxy that %s', async (_case, options, code, message) => {
    await using proxy = await startConnectProxy({ credentials: CREDENTIALS, hangs: options.hangs })
    const routes = proxyRoutesOf({ HTTPS_PROXY: `http://me:canary-wrong@${proxy.endpoint}` })
    const backend = make(HOST, defined({ proxy: routes, connectTimeoutMs: options.connectTimeoutMs }))
    try {
      const error = await failureOf(backend.read({ name: 'app/db' }, { signal }))
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('canary')
    } finally {
      await backend.close()
    }
  })
})
