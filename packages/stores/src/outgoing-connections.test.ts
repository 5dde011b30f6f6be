import type { ServerResponse } from 'node:http'
import type { ServerOptions } from 'node:https'
import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { kmsEndpointBackend } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceBackend } from '@ack-secret-manager/backend-kms-instance'
import { oosBackend } from '@ack-secret-manager/backend-oos'
import { isSecretSyncError, type SecretBackend, Sensitive } from '@ack-secret-manager/core'
import { issueServerCertificate, type ServerCertificate } from '@ack-secret-manager/kms-simulator'
import { startTestServer } from '@ack-secret-manager/test-support/test-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const provider = accessKeyProvider({ accessKeyId: 'LTAI5tDemo', accessKeySecret: new Sensitive('demo') })
const { signal } = new AbortController()
let certificate: ServerCertificate
let trustedBefore: string[]

beforeAll(async () => {
  certificate = await issueServerCertificate(['127.0.0.1'])
  trustedBefore = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...trustedBefore, certificate.rootPem])
})
afterAll(() => tls.setDefaultCACertificates(trustedBefore))

const CLIENTS: Readonly<Record<string, (endpoint: string) => SecretBackend>> = {
  'the KMS endpoint': (endpoint) => kmsEndpointBackend({ endpoint, provider }),
  'a KMS instance': (endpoint) => kmsInstanceBackend({ endpoint, provider, ca: certificate.rootPem }),
  OOS: (endpoint) => oosBackend({ endpoint, provider }),
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
})
