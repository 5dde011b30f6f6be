import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import {
  json,
  type RecordedRequest,
  startTestServer,
  type TestServer,
} from '@ack-secret-manager/test-support/test-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kubeconfigCredentials } from './kubeconfig.ts'
import type { KubeCredentialSource } from './kube-credentials.ts'

const now = { signal: new AbortController().signal, fresh: false }
const again = { ...now, fresh: true }
const certificate = await issueServerCertificate(['127.0.0.1'])
const HOUR_S = 3600

/** An id-token that expires after this time. */
function idToken(name: string, expiresInS: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [part({ alg: 'none' }), part({ sub: name, exp: Math.floor(Date.now() / 1000) + expiresInS }), name].join('.')
}

const EXPIRED = idToken('canary-old', -HOUR_S)

describe('an OIDC login of a kubeconfig', () => {
  let directory: string
  let file: string
  let idp: TestServer
  /** Responses of the token endpoint, and what the discovery document adds. */
  let tokens: unknown[]
  let status: number
  let discovery: object
  beforeEach(async () => {
    directory = await directoryOfTest()
    file = path.join(directory, 'config')
    tokens = []
    status = 200
    discovery = {}
    idp = await startTestServer(
      (response, request) => {
        const issuer = `https://${idp.endpoint}/realm`
        if (request.path === '/realm/.well-known/openid-configuration') {
          json(200, { issuer, token_endpoint: `${issuer}/token`, ...discovery })(response, request)
        } else json(status, tokens.shift())(response, request)
      },
      { key: certificate.keyPem, cert: certificate.chainPem },
    )
  })
  afterEach(() => idp[Symbol.asyncDispose]())

  const open = async (config: object): Promise<KubeCredentialSource> => {
    await write(config)
    return await kubeconfigCredentials({ kubeconfigPath: file })
  }
  const write = async (config: object): Promise<void> => {
    const login = {
      'idp-issuer-url': `https://${idp.endpoint}/realm/`,
      'idp-certificate-authority-data': btoa(certificate.rootPem),
      'client-id': 'kubernetes',
      'client-secret': 's p:cret',
      'id-token': EXPIRED,
      'refresh-token': 'canary-r1',
      ...config,
    }
    await writeFile(
      file,
      JSON.stringify({
        'current-context': 'dev',
        contexts: [{ name: 'dev', context: { cluster: 'here', user: 'me' } }],
        clusters: [{ name: 'here', cluster: { server: 'https://here:6443' } }],
        users: [{ name: 'me', user: { 'auth-provider': { name: 'oidc', config: login } } }],
      }),
    )
  }
  const tokenOf = async (source: KubeCredentialSource, load = now): Promise<string | undefined> =>
    (await source.load(load)).headers.expose().authorization?.replace('Bearer ', '')
  const refreshes = (): RecordedRequest[] => idp.seen.filter(({ path: at }) => at === '/realm/token')
  const bodies = (): object[] => refreshes().map(({ body }) => Object.fromEntries(new URLSearchParams(body)))

  it('uses an id-token that is valid, without the identity provider', async () => {
    const valid = idToken('valid', HOUR_S)
    expect(await tokenOf(await open({ 'id-token': valid }))).toBe(valid)
    expect(idp.seen).toEqual([])
  })

  it('refreshes an expired id-token once', async () => {
    const refreshed = idToken('new', HOUR_S)
    tokens = [{ id_token: refreshed, expires_in: 3600 }]
    const source = await open({})
    for (const load of [now, now, again]) expect(await tokenOf(source, load)).toBe(refreshed)
    expect(bodies()).toEqual([{ grant_type: 'refresh_token', refresh_token: 'canary-r1' }])
    expect(refreshes()[0]?.headers.authorization).toBe(`Basic ${btoa('kubernetes:s+p%3Acret')}`)
  })

  it('uses a rotated refresh token, and keeps one that is not rotated', async () => {
    const short = idToken('short', 5)
    tokens = [{ id_token: short, refresh_token: 'canary-r2' }, { id_token: short }, { id_token: short }]
    const ca = path.join(directory, 'ca.pem')
    await writeFile(ca, certificate.rootPem)
    const source = await open({ 'idp-certificate-authority': ca, 'idp-certificate-authority-data': '' })
    for (const load of [now, now, again]) expect(await tokenOf(source, load)).toBe(short)
    expect(bodies()).toMatchObject(['canary-r1', 'canary-r2', 'canary-r2'].map((one) => ({ refresh_token: one })))
  })

  it.each([
    ['of a public client', { 'client-secret': '' }, {}, { client_id: 'kubernetes' }],
    [
      'in the form, if the identity provider supports nothing else',
      {},
      { token_endpoint_auth_methods_supported: ['client_secret_post'] },
      { client_id: 'kubernetes', client_secret: 's p:cret' },
    ],
  ])('sends the identity %s', async (_what, config, document, form) => {
    discovery = document
    tokens = [{ id_token: idToken('new', HOUR_S) }]
    await tokenOf(await open(config))
    expect(bodies()).toEqual([{ grant_type: 'refresh_token', refresh_token: 'canary-r1', ...form }])
    expect(refreshes()[0]?.headers.authorization).toBeUndefined()
  })

  it('uses a new login of the kubeconfig after the API server rejects the token', async () => {
    const [first, second] = [idToken('first', HOUR_S), idToken('second', HOUR_S)]
    const source = await open({ 'id-token': first })
    expect(await tokenOf(source)).toBe(first)
    await write({ 'id-token': second })
    expect(await tokenOf(source, again)).toBe(second)
  })

  it.each([
    ['the refresh token is rejected', {}, 400, 'refresh by the identity provider fails (HTTP 400)'],
    ['no token is returned', {}, 200, 'refresh by the identity provider returns no id_token'],
    ['there is no refresh token', { 'refresh-token': '' }, 200, 'id-token has expired, and there is no refresh-token'],
    ['there is no client', { 'client-id': '' }, 200, 'has no client-id'],
    ['the issuer has no TLS', { 'idp-issuer-url': 'http://idp' }, 200, 'idp-issuer-url is not an https URL'],
    [
      'the CA is unknown',
      { 'idp-certificate-authority-data': '' },
      200,
      'cannot be refreshed (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)',
    ],
  ])('reports that %s', async (_what, config, responseStatus, reason) => {
    status = responseStatus
    tokens = [{ error: 'invalid_grant', error_description: 'canary-r1' }]
    const error = await (await open(config)).load(now).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'Unauthenticated',
      message: `kubeconfig ${file}: no credentials for context dev: auth-provider oidc of user "me": ${reason}; check that kubectl works with it, or log in again`,
    })
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('canary')
  })
})
