import { expect, it } from 'vitest'
import { run } from '../../testing/run.ts'

async function migrate(refreshTime: string | undefined): Promise<unknown> {
  const spec = {
    refreshTime,
    namespaces: ['shop'],
    externalSecretSpec: { secretStoreRef: { name: 'kms' }, data: [{ secretKey: 'a', remoteRef: { key: 'a' } }] },
  }
  const object = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterExternalSecret',
    metadata: { name: 'all' },
    spec,
  }
  const { out } = await run(['migrate', '-f', '-', '-o', 'json'], { stdin: JSON.stringify(object) })
  const { manifests } = JSON.parse(out) as { manifests: readonly { spec: { rotationInterval?: string } }[] }
  return manifests[0] === undefined ? 'not converted' : (manifests[0].spec.rotationInterval ?? 'none')
}

it.each([
  ['5m', '5m'],
  // Reconciled on changes only, there and here.
  ['0', 'none'],
  ['0h0m0s', 'none'],
  [undefined, 'none'],
])('converts refreshTime %s to the interval %s', async (refreshTime, interval) => {
  expect(await migrate(refreshTime)).toBe(interval)
})
