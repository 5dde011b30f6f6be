import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type Respond, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { expect, it } from 'vitest'
import { CollectionFollower } from './collection-follower.ts'

const item = (name: string): object => ({ metadata: { namespace: 'n', name, uid: name, resourceVersion: '1' } })

it('reports added objects before deleted ones after a new list', async () => {
  let watching = (): void => undefined
  const isWatching = new Promise<void>((resolve) => (watching = resolve))
  const lists = [[item('secret')], [item('copy')]]
  const { chainPem, keyPem, rootPem } = await issueServerCertificate(['127.0.0.1'])
  await using opened = new AsyncDisposableStack()
  const respond: Respond = (response, { query }) => {
    if (query.get('watch') !== 'true') {
      response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: lists.shift() }))
    } else if (lists.length > 0) {
      response.end('{"type":"ERROR","object":{"code":410}}\n')
    } else {
      response.flushHeaders()
      watching()
    }
  }
  const server = opened.use(await startTestServer(respond, { cert: chainPem, key: keyPem }))
  const url = `https://${server.endpoint}`
  const reported: string[] = []
  const onObject = (key: string, object: object | undefined): void =>
    void reported.push(`${key} ${object ? 'exists' : 'is deleted'}`)
  opened.use(new CollectionFollower({ url, caPem: rootPem, token: 'x', path: '/secrets', onObject }))
  await isWatching
  expect(reported).toEqual(['n/secret exists', 'n/copy exists', 'n/secret is deleted'])
})
