import { KubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { asOperator, kubeCredentialReader } from './credential-reader.ts'

/** Each response has another version. */
function rotatingSecret(): {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'serverTimeMs'>
  readonly paths: string[]
} {
  const paths: string[] = []
  const get = (path: string): Promise<unknown> => {
    paths.push(path)
    const data = Object.fromEntries(['id', 'secret'].map((key) => [key, btoa(`${key}-${paths.length}`)]))
    return Promise.resolve({ metadata: {}, data })
  }
  const create = (): Promise<never> => Promise.reject(new Error('unexpected create'))
  return { client: { get: get as KubeClient['get'], create, serverTimeMs: undefined }, paths }
}

it('reads id and secret in one reconcile from the same version, and in the next from a newer one', async () => {
  const { client, paths } = rotatingSecret()
  const { readSecretKey: read } = kubeCredentialReader(client, asOperator)
  const look = async (): Promise<string[]> => {
    const { signal } = new AbortController()
    const keys: string[] = []
    for (const key of ['id', 'secret']) {
      keys.push(new TextDecoder().decode(await read({ namespace: 'team', name: 'creds', key }, { signal })))
    }
    return keys
  }
  expect(await look()).toEqual(['id-1', 'secret-1'])
  expect(await look()).toEqual(['id-2', 'secret-2'])
  expect(paths).toEqual(Array.from({ length: 2 }, () => '/api/v1/namespaces/team/secrets/creds'))
})

const apiError = (status: number): KubeApiError =>
  new KubeApiError('words of the API server', { status, reason: '', causes: [] })

it.each<[string, Error, object]>([
  ['no object', apiError(404), { code: 'NotFound', message: 'Secret prod/creds does not exist' }],
  [
    'no permission',
    apiError(403),
    {
      code: 'Unauthenticated',
      facts: { httpStatus: 403 },
      message:
        'the operator is not allowed to read Secret prod/creds; grant its ServiceAccount get on secrets in this namespace',
    },
  ],
  ['an API server that fails', apiError(500), { code: 'Unavailable', message: 'words of the API server' }],
  ['another error', new TypeError('a defect'), { name: 'TypeError', message: 'a defect' }],
])('reports %s', async (_what, error, expected) => {
  const get = (): Promise<never> => Promise.reject(error)
  const { readSecretKey } = kubeCredentialReader({ get, create: get, serverTimeMs: undefined }, asOperator)
  await expect(
    readSecretKey({ namespace: 'prod', name: 'creds', key: 'id' }, new AbortController()),
  ).rejects.toMatchObject(expected)
})
