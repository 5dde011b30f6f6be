import tls from 'node:tls'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type ListedSecret, type SecretBackend, Sensitive, sweepPages } from '@ack-secret-manager/core'
import { issueServerCertificate, startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { expect, it } from 'vitest'
import { kmsEndpointBackend } from './kms-endpoint-backend.ts'

const SECRET = canary('access-key-secret')
const { signal } = new AbortController()

const simulator = useFixture(() => {
  const key = (id: string, actions: string[]) => ({ id, secret: SECRET, allow: [{ actions, resources: ['*'] }] })
  return startSimulator({
    seed: {
      accessKeys: [
        key('LTAI5tDemo', ['kms:ListSecrets', 'kms:DeleteSecret']),
        key('LTAI5tPoor', ['kms:GetSecretValue']),
      ],
      secrets: Array.from({ length: 230 }, (_none, at) => ({
        name: `app/${at}`,
        tags: at % 2 === 0 ? { team: 'even' } : {},
        versions: [{ id: 'v1', data: canary('value') }],
      })),
    },
  })
})
useTrusted(() => simulator.caPem)
const backend = useFixture(() => open('LTAI5tDemo'))

function open(id: string, endpoint = new URL(simulator.kms).host): SecretBackend {
  const provider = accessKeyProvider({ accessKeyId: id, accessKeySecret: new Sensitive(SECRET) })
  return kmsEndpointBackend({ endpoint, provider })
}

async function all(withTags: boolean): Promise<readonly ListedSecret[]> {
  const found: ListedSecret[] = []
  const page = (cursor: string | undefined) => backend.list?.({ cursor, withTags, signal }) ?? Promise.reject()
  for await (const secret of sweepPages({ page, maxSweeps: 1 })) found.push(secret)
  return found
}

it('lists all pages, with tags if they are requested', async () => {
  const plain = await all(false)
  expect(plain).toHaveLength(230)
  expect(plain[0]).toEqual({ name: 'app/0' })
  const tagged = await all(true)
  expect(tagged).toHaveLength(230)
  expect(tagged.slice(0, 2)).toEqual([
    { name: 'app/0', tags: { team: 'even' } },
    { name: 'app/1', tags: {} },
  ])
})

it('marks a secret whose deletion is scheduled', async () => {
  await simulatorControl(simulator.control)('DELETE', '/secrets/app/7', { recoveryWindowInDays: 7 })
  expect((await all(false)).filter(({ isDeleted }) => isDeleted)).toEqual([{ name: 'app/7', isDeleted: true }])
})

it('names the permission that is missing', async () => {
  const poor = open('LTAI5tPoor')
  await expect(poor.list?.({ withTags: false, signal })).rejects.toMatchObject({
    code: 'AccessDenied',
    message: expect.stringContaining('AccessKey LTAI5tPoor may not call kms:ListSecrets on secret'),
  })
  await poor.close()
})

it.each(['garbage', 'throttle'])('reports the fault %s, and recovers', async (fault) => {
  await simulatorControl(simulator.control)('POST', '/faults', { match: { action: 'ListSecrets' }, fault, count: 1 })
  await expect(backend.list?.({ withTags: false, signal })).rejects.toMatchObject({
    code: fault === 'garbage' ? 'InvalidResponse' : 'Throttled',
  })
  expect(await all(false)).toHaveLength(230)
})

it('rejects a list with a name that no status can have', async () => {
  const { keyPem: key, chainPem: cert, rootPem } = await issueServerCertificate(['127.0.0.1'])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), rootPem])
  const names = ['x'.repeat(513), 'a\u001B[2J', 'a\uD800']
  const pages = names.map((SecretName) => ({ TotalCount: 1, SecretList: { Secret: [{ SecretName }] } }))
  await using server = await startTestServer((...args) => json(200, pages.shift())(...args), { key, cert })
  const hostile = open('LTAI5tDemo', server.endpoint)
  for (const _ of names) {
    await expect(hostile.list?.({ withTags: false, signal })).rejects.toMatchObject({
      code: 'InvalidResponse',
      message: expect.stringMatching(/: SecretName in the response is not one short line of text$/),
    })
  }
  await hostile.close()
})
