import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import { accessKeyStore, metricValue, NamespaceObjects, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

const USER = 'operator'
/** The lost namespace is read first. */
const [LOST, KEPT] = ['a-lost', 'b-kept']
/** Quota domains: one AccessKey each, in Secrets with these numbers, of which each of two members gets some. */
const DOMAINS = [0, 1, 2, 4, 9, 10, 8, 13]
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const DEADLINE_MS = 120_000
const LEASE_S = 15

const keyOf = (domain: number) => ({ id: `LTAI5tLost${domain}`, secret: canary(`lost-key-${domain}`) })
const nameOf = (domain: number): string => `domain-${domain}`

/** What the operator does in a watched namespace, and in its own. */
const RULES = [
  { apiGroups: ['alibabacloud.com'], resources: ['*'], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['*'] },
]

describeCluster('shards whose operator loses its RoleBinding in one namespace', { timeout: 5 * DEADLINE_MS }, () => {
  it('take over from a killed member in the other namespaces', async () => {
    const allow = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
    const versions = [{ id: 'v1', data: 'one' }]
    await using env = await TestEnvironment.start({
      controlPlane: { users: [{ name: USER, groups: [], token: canary('operator-token') }] },
      seed: () => ({
        accessKeys: DOMAINS.map((domain) => ({ ...keyOf(domain), allow })),
        secrets: [{ name: 'db', versions }],
      }),
    })
    const { request, kubeconfigPath, namespace: own } = env.cluster
    const bindingOf = (namespace: string): string => `${RBAC}/namespaces/${namespace}/rolebindings`
    const objects = [LOST, KEPT].map((namespace) => new NamespaceObjects({ request, kubeconfigPath, namespace }))
    await request('POST', `${RBAC}/clusterroles`, { metadata: { name: USER }, rules: RULES })
    for (const name of [LOST, KEPT]) await request('POST', '/api/v1/namespaces', { metadata: { name } })
    for (const namespace of [own, LOST, KEPT]) {
      await request('POST', bindingOf(namespace), {
        metadata: { name: USER },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: USER },
        subjects: [{ kind: 'User', name: USER }],
      })
    }
    for (const each of objects) {
      for (const domain of DOMAINS) {
        await each.putSecret(`key-${domain}`, keyOf(domain))
        await each.apply('SecretStore', nameOf(domain), accessKeyStore(`key-${domain}`))
        const data = [{ key: 'db', name: 'password', secretStoreRef: { name: nameOf(domain) } }]
        await each.apply('ExternalSecret', nameOf(domain), { data })
      }
    }
    const start = () =>
      env.replica({
        kubeconfigPath: env.plane.kubeconfigPathOf(USER),
        namespaces: [LOST, KEPT],
        args: [
          '--shards=2',
          `--lease-duration=${LEASE_S}s`,
          '--process-cluster-secret-store=false',
          '--process-cluster-external-secret=false',
        ],
      })
    const members = [await start(), await start()] as const
    const resourcesOf = async (member: (typeof members)[number]): Promise<number> =>
      metricValue(await member.metrics(), 'acksm_member_resources')
    await until('both members have resources', async () => {
      const counts = await Promise.all(members.map(resourcesOf))
      return counts.every((count) => count > 0) && counts.reduce((sum, count) => sum + count) === 2 * DOMAINS.length
    })
    for (const each of objects)
      for (const domain of DOMAINS) await each.untilSecret(nameOf(domain), { password: 'one' })

    await request('DELETE', `${bindingOf(LOST)}/${USER}`)
    members[0].program.kill('SIGKILL')
    await env.simulator.put('db', 'two')
    const [lost, kept] = objects as [NamespaceObjects, NamespaceObjects]
    for (const domain of DOMAINS) await kept.untilSecret(nameOf(domain), { password: 'two' }, DEADLINE_MS)
    for (const domain of DOMAINS) expect(await lost.secret(nameOf(domain))).toBeDefined()
  })
})
