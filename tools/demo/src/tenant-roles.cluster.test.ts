import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { apply, readManifests, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROLES = fileURLToPath(new URL('../../../deploy/rbac-aggregate.yaml', import.meta.url))
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
const ALL = ['externalsecrets', 'secretstores', 'clusterexternalsecrets', 'clustersecretstores']

describeCluster('the roles of deploy/rbac-aggregate.yaml', () => {
  const cluster = useCluster()
  const { request } = cluster

  const may = async (user: string, verb: string, resource: string): Promise<boolean> => {
    const resourceAttributes = { namespace: cluster.namespace, group: 'alibabacloud.com', resource, verb }
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' }
    const { body } = await request<{ status: { allowed: boolean } }>('POST', REVIEWS, {
      ...review,
      spec: { user, resourceAttributes },
    })
    return body.status.allowed
  }
  const those = async (user: string, verb: string): Promise<string[]> => {
    const allowed = await Promise.all(ALL.map((resource) => may(user, verb, resource)))
    return ALL.filter((_resource, index) => allowed[index])
  }

  beforeAll(async () => {
    for (const role of await readManifests(ROLES)) await apply(request, role)
    for (const role of ['view', 'edit', 'admin']) {
      await request('POST', `${RBAC}/namespaces/${cluster.namespace}/rolebindings`, {
        metadata: { name: role },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: role }],
      })
    }
    // Kubernetes aggregates each of the three roles on its own, in any order.
    await until('the rights are in', async () => {
      const theirs = await Promise.all([
        may('view', 'list', 'secretstores'),
        may('edit', 'list', 'secretstores'),
        may('edit', 'create', 'externalsecrets'),
        may('admin', 'list', 'secretstores'),
        may('admin', 'create', 'externalsecrets'),
        may('admin', 'create', 'secretstores'),
      ])
      return theirs.every(Boolean) || undefined
    })
  })
  afterAll(async () => {
    for (const { metadata } of await readManifests(ROLES)) {
      await request('DELETE', `${RBAC}/clusterroles/${metadata.name}`)
    }
  })

  it.each([
    ['view', []],
    ['edit', ['externalsecrets']],
    ['admin', ['externalsecrets', 'secretstores']],
  ])('grant the role %s the resources of the namespace, and no cluster-scoped ones', async (user, written) => {
    expect(await those(user, 'list')).toEqual(['externalsecrets', 'secretstores'])
    for (const verb of ['create', 'update', 'patch', 'delete'])
      expect([verb, await those(user, verb)]).toEqual([verb, written])
  })

  it('deny writes of a status', async () => {
    const written = await Promise.all(ALL.map((resource) => may('admin', 'patch', `${resource}/status`)))
    expect(written).not.toContain(true)
  })
})
