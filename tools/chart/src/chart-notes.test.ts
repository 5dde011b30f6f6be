import { crds } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { useHelm } from './programs/use-helm.ts'

/** Text about the operator identity. */
const SAID = {
  half: 'belong together: with only one of them the operator does not start',
  token: 'only stores with ramRoleARN can use it',
  none: 'The chart configures no operator identity',
}

const rrsa = { enable: true }
const ROLE = { ALIBABA_CLOUD_ROLE_ARN: 'r' }
const PROVIDER = { ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'p' }
const CLUSTER = { uid: '1234567890123456', clusterId: 'c' }
const FROM_SECRET = { secretKeyRef: 's', key: 'k' }
const ACCESS_KEY = { ACCESS_KEY_ID: FROM_SECRET, SECRET_ACCESS_KEY: FROM_SECRET }

const OFF = {
  command: { leaderElect: false },
  rbac: { create: false },
  serviceAccount: { create: false, name: 'theirs' },
  replicaCount: 1,
  metrics: { service: { create: false } },
}
const ON = {
  rbac: { restartWorkloads: true },
  metrics: { serviceMonitor: { create: true }, prometheusRule: { create: true }, dashboard: { create: true } },
  networkPolicy: { create: true },
}

describe('the notes', () => {
  const helm = useHelm()

  async function notes(values: object, release = 'ack-secret-manager'): Promise<string> {
    const args = ['--dry-run=client', '--hide-secret']
    return (await helm.install({ release, namespace: 'kube-system', values, args })).split('\nNOTES:\n')[1] ?? ''
  }

  /** Objects in the commands of the notes, as `namespace kind/name`. */
  async function named(values: object, release?: string): Promise<string[]> {
    const commands = (await notes(values, release))
      .replaceAll(/\s*\\\n\s*/g, ' ')
      .matchAll(/kubectl -n (\S+) get (.+)/g)
    return [...commands].flatMap(([, namespace, names = '']) => names.split(' ').map((name) => `${namespace} ${name}`))
  }

  it.each<[string, object]>([
    ['with default values', {}],
    ['without optional objects', OFF],
    ['with all optional objects', ON],
    ['with Roles in namespaces', { rbac: { scope: 'Namespaced' }, command: { watchNamespaces: ['shop', 'team'] } }],
    ['with its Lease in another namespace', { command: { leaderElectionNamespace: 'leases' } }],
  ])('name each object of the release %s, and no other', async (_given, values) => {
    const objects = await helm.manifests({ release: 'team', namespace: 'kube-system', values })
    const made = objects.flatMap(({ kind, metadata: { name, namespace = 'kube-system' } }) =>
      kind === 'CustomResourceDefinition' ? [] : [`${namespace} ${kind.toLowerCase()}/${name}`],
    )
    const found = (await named(values, 'team')).filter((name) => !name.includes(' lease/'))
    expect(found.toSorted()).toEqual(made.toSorted())
  })

  it('name the CRDs, even if another release created them', async () => {
    for (const values of [{}, { crds: { install: false }, command: { processPushSecret: true } }]) {
      const [, names = ''] = /kubectl get crd ((?:.*\\\n)*.*)/.exec(await notes(values)) ?? []
      expect(names.match(/[a-z.]+/g)?.toSorted()).toEqual(
        crds()
          .map((crd) => crd.metadata.name)
          .toSorted(),
      )
    }
  })

  it('name the Lease and its namespace', async () => {
    expect(await named({})).toContain('kube-system lease/ack-secret-manager')
    const values = { command: { leaderElectionNamespace: 'leases' } }
    expect(await named(values, 'team')).toContain('leases lease/team-ack-secret-manager')
    expect((await named({ command: { leaderElect: false }, replicaCount: 1 })).join()).not.toMatch(/lease/)
  })

  it('name no CRD of a kind that the release neither installs nor handles', async () => {
    const command = { processClusterSecretStore: false, processClusterExternalSecret: false }
    const crdsOff = { createClusterSecretStore: false, createClusterExternalSecret: false, createPushSecret: false }
    const names = async (values: object): Promise<string[]> =>
      (/kubectl get crd ((?:.*\\\n)*.*)/.exec(await notes(values))?.[1] ?? '').match(/[a-z]+(?=\.alibabacloud)/g) ?? []
    expect(await names({ command, crds: crdsOff })).toEqual(['externalsecrets', 'secretstores'])
    expect(await names({ command, crds: { install: false } })).toEqual(['externalsecrets', 'secretstores'])
    expect(await names({ command })).toContain('clustersecretstores')
    const pushing = { ...command, processPushSecret: true }
    expect(await names({ command: pushing, crds: crdsOff })).toEqual(['externalsecrets', 'secretstores', 'pushsecrets'])
  })

  it.each<[string, object, boolean]>([
    ['without an operator identity', {}, false],
    ['with one', { command: { enableWorkerRole: true } }, true],
    [
      'with one in some namespaces',
      { command: { enableWorkerRole: true, ownIdentityNamespaces: ['platform'] } },
      false,
    ],
    ['without the role', { command: { enableWorkerRole: true }, rbac: { aggregate: { edit: false } } }, false],
    [
      'with Roles in namespaces',
      { command: { enableWorkerRole: true, watchNamespaces: ['a'] }, rbac: { scope: 'Namespaced' } },
      false,
    ],
  ])('say what users with the ClusterRole edit can read, %s', async (_given, values, isSaid) => {
    expect((await notes(values)).includes('can read there what the operator identity can read')).toBe(isSaid)
  })

  it('name helm test if the release has one', async () => {
    expect(await notes({})).toContain('helm test ack-secret-manager --namespace kube-system')
    expect(await notes({ metrics: { service: { create: false } } })).not.toContain('helm test')
  })

  it('explain a second release', async () => {
    expect(await notes({})).toMatch(/Another release has a separate Lease and its own leader/)
  })

  it.each<[string, object, keyof typeof SAID | undefined]>([
    ['nothing', {}, 'none'],
    ['unrelated variables', { envVarsFromSecret: { TOKEN: FROM_SECRET } }, 'none'],
    ['an AccessKey', { envVarsFromSecret: ACCESS_KEY }, undefined],
    ['the role of the node', { command: { enableWorkerRole: true } }, undefined],
    ['a role that the AccessKey assumes', { env: ROLE, envVarsFromSecret: ACCESS_KEY }, undefined],
    ['a role that the node assumes', { env: ROLE, command: { enableWorkerRole: true } }, undefined],
    ['a ServiceAccount for a webhook', { serviceAccount: { annotations: { role: 'r' } } }, undefined],
    ['only a token', { rrsa }, 'token'],
    ['a token and the cluster', { rrsa, command: CLUSTER }, 'token'],
    ['a token and an AccessKey', { rrsa, envVarsFromSecret: ACCESS_KEY }, 'token'],
    ['a role without a provider', { rrsa, env: ROLE }, 'half'],
    ['a role without provider and token', { env: ROLE }, 'half'],
    ['a provider without a role', { rrsa, env: PROVIDER }, 'half'],
    ['a provider without a role, in a cluster', { rrsa, env: PROVIDER, command: CLUSTER }, 'half'],
    [
      'RRSA chosen before an AccessKey, and a role without a provider',
      { rrsa, env: ROLE, envVarsFromSecret: ACCESS_KEY, command: { ownIdentity: 'rrsa' } },
      'half',
    ],
    ['another choice', { rrsa, env: PROVIDER, command: { ownIdentity: 'none' } }, 'token'],
    ['a role and its provider', { rrsa, env: { ...ROLE, ...PROVIDER } }, undefined],
    ['both without the token of the chart', { env: { ...ROLE, ...PROVIDER } }, undefined],
    ['a role and its cluster', { rrsa, env: { ALICLOUD_ROLE_ARN: 'r' }, command: CLUSTER }, undefined],
    [
      'a role and its cluster, as variables',
      { rrsa, env: { ALICLOUD_ROLE_ARN: 'r', ACKSM_UID: '1', ACKSM_CLUSTER_ID: 'c' } },
      undefined,
    ],
    [
      'both from a Secret, as in the chart of the Go operator',
      { rrsa, envVarsFromSecret: { ALICLOUD_ROLE_ARN: FROM_SECRET, ALICLOUD_OIDC_PROVIDER_ARN: FROM_SECRET } },
      undefined,
    ],
  ])('name the identity of the operator: %s', async (_given, values, expected) => {
    // Matches regardless of line breaks.
    const text = (await notes(values)).replace(/\s+/g, ' ')
    expect(text).toContain('Check that all objects exist')
    const said = Object.entries(SAID).flatMap(([name, words]) => (text.includes(words) ? [name] : []))
    expect(said).toEqual(expected === undefined ? [] : [expected])
  })
})
