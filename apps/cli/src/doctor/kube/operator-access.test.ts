import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import type { Finding } from '../check.ts'
import type { ResourceAttributes } from './access-review.ts'
import { operatorAccessFinding } from './operator-access.ts'

interface Review {
  readonly spec: { readonly resourceAttributes: ResourceAttributes }
}

/** The finding of an operator that watches `count` namespaces, and has every permission except those that `denies` matches. */
async function found(count: number, denies: (permission: ResourceAttributes) => boolean): Promise<Finding> {
  const request = async ({ body }: { readonly body: Review }) => ({
    body: { status: { allowed: !denies(body.spec.resourceAttributes) } },
  })
  const operator = {
    namespace: 'ops',
    serviceAccount: 'reader',
    leaderElect: true,
    leaseNamespace: 'ops',
    leaseName: 'acksm',
    watchNamespaces: Array.from({ length: count }, (_, index) => `n${index}`),
    pushSecrets: false,
  }
  return operatorAccessFinding({ request } as never as KubeClient, operator as never, new AbortController().signal)
}

it('finds a permission that is missing in the last of many watched namespaces', async () => {
  expect(await found(100, ({ namespace, resource }) => namespace === 'n99' && resource === 'configmaps')).toMatchObject(
    {
      status: 'failed',
      detail:
        'ServiceAccount ops/reader may not get configmaps in namespace n99, list configmaps in namespace n99, watch configmaps in namespace n99',
    },
  )
})

it('names all namespaces where a permission is missing', async () => {
  const { detail } = await found(30, ({ namespace }) => ['n3', 'n17', 'n29'].includes(namespace))
  expect(detail).toMatch(/ and \d+ more; affected namespaces: n3, n17, n29$/)
})

it('says how many namespaces were not checked', async () => {
  expect(await found(120, () => false)).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/has all \d+ that it needs; 20 more watched namespaces were not checked$/) as string,
  })
})

it('says that workloads cannot be restarted, which is no failure', async () => {
  expect(await found(0, ({ group, verb }) => group === 'apps' && verb === 'patch')).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/that it needs, except what only restarts by spec\.restart need$/) as string,
  })
})
