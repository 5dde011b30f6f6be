import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { expect, it } from 'vitest'
import { CollectionFollower } from './collection-follower.ts'

const item = (name: string): object => ({ metadata: { namespace: 'n', name, uid: name, resourceVersion: '1' } })

it('reports added objects before deleted ones after a new list', async () => {
  let watching = (): void => undefined
  const isWatching = new Promise<void>((resolve) => (watching = resolve))
  const lists = [[item('secret')], [item('copy')]]
  const { chainPem, keyPem, rootPem } = await issueServerCertificate(['127.0.0.1'])
  await using opened = new AsyncDisposableStack()
  const server = createServer({ cert: chainPem, key: keyPem }, ({ url = '' }, response) => {
    if (!url.includes('watch=true')) {
      response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: lists.shift() }))
    } else if (lists.length > 0) {
      response.end('{"type":"ERROR","object":{"code":410}}\n')
    } else {
      response.flushHeaders()
      watching()
    }
  })
  opened.use(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const reported: string[] = []
  const onObject = (key: string, object: object | undefined): void =>
    void reported.push(`${key} ${object ? 'exists' : 'is deleted'}`)
  opened.use(new CollectionFollower({ url, caPem: rootPem, token: 'x', path: '/secrets', onObject }))
  await isWatching
  expect(reported).toEqual(['n/secret exists', 'n/copy exists', 'n/secret is deleted'])
})
