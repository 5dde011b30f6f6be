import { inspect } from 'node:util'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { serviceAccountToken, type ServiceAccountTokenRequest } from './service-account-token.ts'
import { newIssuer } from './testing/issuer.ts'

const signal = new AbortController().signal
const issuer = newIssuer('https://kubernetes.default.svc')
const token = (uid?: string): string =>
  issuer.token({
    sub: 'system:serviceaccount:prod:app',
    aud: ['sts.aliyuncs.com'],
    exp: 2_000_000_000,
    ...(uid === undefined ? {} : { 'kubernetes.io': { serviceaccount: { name: 'app', uid } } }),
  })

/** An error of a Kubernetes client. */
const httpError = (status: number): Error => Object.assign(new Error('canary: body'), { status })

describe('serviceAccountToken', () => {
  it('requests a token each time, for the audiences of the store', async () => {
    const asked: Omit<ServiceAccountTokenRequest, 'signal'>[] = []
    const source = serviceAccountToken({
      namespace: 'prod',
      name: 'app',
      audiences: ['a', 'b'],
      request: async ({ signal: _signal, ...request }) => {
        asked.push(request)
        return asked.length === 1 ? token() : new Sensitive(token())
      },
    })
    expect((await source.token({ signal })).expose()).toBe(token())
    expect((await source.token({ signal })).expose()).toBe(token())
    const request = { namespace: 'prod', name: 'app', audiences: ['a', 'b'] }
    expect(asked).toEqual([request, request])
    expect(source.description).toBe('ServiceAccount prod/app')
  })

  it('requests the audience of STS by default', async () => {
    let audiences: readonly string[] = []
    const request = async (asked: ServiceAccountTokenRequest): Promise<string> => {
      audiences = asked.audiences
      return token('u1')
    }
    await serviceAccountToken({ namespace: 'prod', name: 'app', uid: 'u1', request }).token({ signal })
    expect(audiences).toEqual(['sts.aliyuncs.com'])
  })

  it('detects a re-created ServiceAccount', async () => {
    const source = serviceAccountToken({ namespace: 'prod', name: 'app', uid: 'u1', request: async () => token('u2') })
    await expect(source.token({ signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: 'ServiceAccount prod/app has another UID: it was deleted and created again',
    })
  })

  it('has another fingerprint for another UID, name or audience', () => {
    const request = async (): Promise<string> => token()
    const prints = [
      { namespace: 'prod', name: 'app' },
      { namespace: 'prod', name: 'app', uid: 'u1' },
      { namespace: 'prod', name: 'app2' },
      { namespace: 'prod', name: 'app', audiences: ['a'] },
    ].map((options) => JSON.stringify(serviceAccountToken({ ...options, request }).fingerprint))
    expect(new Set(prints).size).toBe(4)
  })

  it.each<[string, unknown, string, RegExp]>([
    ['gone', httpError(404), 'Unauthenticated', /^ServiceAccount prod\/app: it does not exist \(HTTP 404\)$/],
    ['no permission', httpError(403), 'Unauthenticated', /allow "create" on "serviceaccounts\/token"/],
    [
      'refused audiences',
      httpError(422),
      'Unauthenticated',
      /rejects a token request for these audiences \(HTTP 422\)/,
    ],
    ['throttled', httpError(429), 'Throttled', /throttles/],
    ['down', httpError(503), 'Unavailable', /cannot issue a token at the moment/],
    ['our own error', new SecretSyncError('Timeout', 'no response'), 'Timeout', /^no response$/],
    ['our own refusal', new SecretSyncError('NotFound', 'no ServiceAccount'), 'Unauthenticated', /^no ServiceAccount$/],
    ['a defect', new TypeError('canary'), 'Internal', /^token of ServiceAccount prod\/app: unexpected TypeError/],
    ['thrown text', 'canary', 'Internal', /unexpected string/],
  ])('%s', async (_rule, error, code, message) => {
    const request = (): Promise<string> => Promise.reject(error)
    const failure = await serviceAccountToken({ namespace: 'prod', name: 'app', request })
      .token({ signal })
      .catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('rejects a response that is not a token, without showing it', async () => {
    const source = serviceAccountToken({ namespace: 'prod', name: 'app', request: async () => 'canary' })
    await expect(source.token({ signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringMatching(/^the token of ServiceAccount prod\/app is not a JSON Web Token/),
    })
  })
})
