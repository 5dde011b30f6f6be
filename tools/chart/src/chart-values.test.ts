import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { variableOf } from '@ack-secret-manager/command-line'
import { FLAGS } from '@ack-secret-manager/operator'
import type { Manifest } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import { camelCase } from './generators/command-schema.ts'
import { CHART } from './programs/helm.ts'
import { useHelm } from './programs/use-helm.ts'
import { grantedPermissions, permissionNames } from './permissions.ts'

interface Deployment extends Manifest {
  readonly spec: {
    readonly strategy: object
    readonly template: { readonly spec: { readonly containers: readonly [{ args: string[]; env?: object[] }] } }
  }
}

const NAMESPACED = { rbac: { scope: 'Namespaced' } }
const FROM_SECRET = { secretKeyRef: 's', key: 'k' }

/** The largest `--shards`. */
const MAX_SHARDS = 16

/** Flags that templates also read from a variable, or that do not change the templates. */
const ANYWHERE: ReadonlySet<string> = new Set(['cluster-id', 'exclude-namespaces', 'hint-queue', 'own-identity', 'uid'])

/** Flags that templates read only from `command`. */
function flagsOfTemplates(): string[] {
  const directory = path.join(CHART, 'templates')
  const text = globSync('**/*.{yaml,tpl}', { cwd: directory }).map((name) =>
    readFileSync(path.join(directory, name), 'utf8'),
  )
  const found = text.join('\n').matchAll(/(?:Values\.|\$)command\.(\w+)|"flag" "(\w+)"/g)
  const read = new Set([...found].map(([, member, argument]) => member ?? argument))
  return Object.keys(FLAGS).filter((flag) => !ANYWHERE.has(flag) && read.has(camelCase(flag)))
}

describe('values of a release', () => {
  const helm = useHelm()

  const manifests = (values: object, release = 'ack-secret-manager'): Promise<Manifest[]> =>
    helm.manifests({ release, namespace: 'kube-system', values })

  async function deployment(values: object, release?: string): Promise<Deployment['spec']> {
    const found = (await manifests(values, release)).find(({ kind }) => kind === 'Deployment') as Deployment
    return found.spec
  }

  async function leaseFlag(values: object, release?: string): Promise<string | undefined> {
    const { containers } = (await deployment(values, release)).template.spec
    return containers[0].args.find((arg) => arg.startsWith('--lease-name'))
  }

  /** Permissions in the namespace of the operator's Lease and digest key. */
  async function ownRights(values: object, namespace = 'kube-system', release?: string): Promise<string[]> {
    const permissions = grantedPermissions(await manifests(values, release))
    return permissionNames(permissions.filter((permission) => permission.namespace === namespace)).map((name) =>
      name.replace(/^.*: /, ''),
    )
  }

  /** Permissions on the Leases of all shards. */
  const leaseRights = (lease: string): string[] => {
    const names = [lease, ...Array.from({ length: MAX_SHARDS - 1 }, (_none, index) => `${lease}-${index + 1}`)]
    const named = names.flatMap((name) => [`get leases ${name}`, `update leases ${name}`])
    return ['create leases', 'list leases', 'watch leases', ...named].toSorted()
  }

  describe('the Lease', () => {
    it.each<[string, string, object, string | undefined]>([
      ['keeps its name in the release that is named after the chart', 'ack-secret-manager', {}, undefined],
      ['is named after another release', 'team', {}, '--lease-name=team-ack-secret-manager'],
      ['is named after the objects of the release', 'team', { fullnameOverride: 'keys' }, '--lease-name=keys'],
      ['has the configured name', 'team', { command: { leaseName: '007' } }, '--lease-name=007'],
      [
        'can be that of the release named after the chart',
        'team',
        { command: { leaseName: 'ack-secret-manager' } },
        '--lease-name=ack-secret-manager',
      ],
    ])('%s', async (_rule, release, values, flag) => {
      expect(await leaseFlag(values, release)).toBe(flag)
      const lease = flag?.replace('--lease-name=', '') ?? 'ack-secret-manager'
      expect(await ownRights(values, 'kube-system', release)).toEqual(leaseRights(lease))
    })

    // Pods of the release before still hold their Leases when the Role changes.
    it.each([1, 3, 16])('may be that of any number of shards, with %d', async (shards) => {
      expect(await ownRights({ command: { shards } })).toEqual(leaseRights('ack-secret-manager'))
    })

    it('and the digest key are the only objects of the own Role, with rbac.scope Namespaced', async () => {
      expect(await ownRights({ ...NAMESPACED, command: { watchNamespaces: ['shop'] } })).toEqual(
        [
          ...leaseRights('ack-secret-manager'),
          'create secrets',
          'get secrets ack-secret-manager-digest-key',
        ].toSorted(),
      )
    })

    it('is in command.leaderElectionNamespace, and so are the permissions', async () => {
      const values = { command: { leaderElectionNamespace: 'leases' } }
      expect(await ownRights(values)).toEqual([])
      expect(await ownRights(values, 'leases')).toContain('get leases ack-secret-manager')
      const binding = (await manifests(values)).find(({ kind }) => kind === 'RoleBinding')
      expect(binding).toMatchObject({
        metadata: { namespace: 'leases' },
        subjects: [{ kind: 'ServiceAccount', name: 'ack-secret-manager', namespace: 'kube-system' }],
      })
    })

    it('does not exist with command.leaderElect off: one replica, which ends before the next one leads', async () => {
      const values = { command: { leaderElect: false }, replicaCount: 1 }
      expect((await deployment(values)).strategy).toEqual({ type: 'Recreate' })
      expect(await ownRights(values)).toEqual([])
      expect((await deployment({})).strategy).toEqual({ rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
    })
  })

  it('env passes every value that is not empty unchanged', async () => {
    const env = { ZERO: 0, DEBUG: false, MANY: 12345678, TEXT: 'a', EMPTY: '', NOTHING: null, WATCH_NAMESPACE: 'shop' }
    const flags = { ACKSM_KMS_QPS: 7, ACKSM_LEASE_NAME: '' }
    expect((await deployment({ env: { ...env, ...flags } })).template.spec.containers[0].env).toEqual([
      { name: 'ACKSM_KMS_QPS', value: '7' },
      { name: 'DEBUG', value: 'false' },
      { name: 'MANY', value: '12345678' },
      { name: 'TEXT', value: 'a' },
      { name: 'ZERO', value: '0' },
    ])
  })

  it.each<[string, object, object[]]>([
    ['nothing', { httpsProxy: '', noProxy: '', secretRef: { name: '' } }, []],
    ['a proxy', { httpsProxy: 'http://proxy:3128' }, [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }]],
    [
      'a proxy and a list of other hosts',
      { httpsProxy: 'http://proxy:3128', noProxy: ['10.0.0.0/8', '.cryptoservice.kms.aliyuncs.com'] },
      [
        { name: 'HTTPS_PROXY', value: 'http://proxy:3128' },
        { name: 'NO_PROXY', value: '10.0.0.0/8,.cryptoservice.kms.aliyuncs.com' },
      ],
    ],
    [
      'a proxy of a Secret',
      { secretRef: { name: 'proxy' }, noProxy: 'a,b' },
      [
        { name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'httpsProxy' } } },
        { name: 'NO_PROXY', value: 'a,b' },
      ],
    ],
  ])('proxy sets the variables of %s', async (_what, proxy, env) => {
    const [container] = (await deployment({ proxy, env: { A: 'b' } })).template.spec.containers
    expect(container.env).toEqual([{ name: 'A', value: 'b' }, ...env])
  })

  it.each([
    ['http://proxy:3128', 3128],
    ['https://proxy/', 443],
    ['http://proxy', 80],
  ])('networkPolicy allows the port of the proxy %s', async (httpsProxy, port) => {
    const values = { proxy: { httpsProxy }, networkPolicy: { create: true } }
    const text = await helm.template({ release: 'dry', namespace: 'default', values })
    expect(text).toContain(`        - { port: ${port} }\n`)
  })

  it.each<[string, object, readonly string[]]>([
    ['a values file, as a number', { uid: 1234567890123456 }, []],
    ['a values file, as text', { uid: '1234567890123456' }, []],
    ['--set', {}, ['--set', 'command.uid=1234567890123456']],
    ['--set-string', {}, ['--set-string', 'command.uid=1234567890123456']],
    ['--set-json', {}, ['--set-json', 'command.uid=1234567890123456']],
    ['the value of the Go operator’s chart', { aliuid: 1234567890123456 }, []],
    ['it, with --set', {}, ['--set', 'command.aliuid=1234567890123456']],
    ['its own value before that one', { aliuid: 1, uid: 1234567890123456 }, []],
  ])('an account id keeps its digits from %s', async (_from, command, args) => {
    const values = { command: { clusterId: 'c', ...command } }
    const text = await helm.template({ release: 'dry', namespace: 'default', values, args })
    expect(text).toContain('- "--uid=1234567890123456"\n')
    expect(text).not.toContain('--aliuid')
  })

  it.each<[string, object, RegExp]>([
    ['a value that is misspelt', { replicas: 3 }, /additional properties 'replicas' not allowed/],
    [
      'a flag that is misspelt',
      { command: { pollInterval: '1s' } },
      /additional properties 'pollInterval' not allowed/,
    ],
    ['a value of another type', { replicaCount: 'two' }, /replicaCount/],
    ['an unknown choice', { command: { logLevel: 'loud' } }, /logLevel/],
    [
      'a number that helm has rounded',
      { command: { uid: Number.MAX_SAFE_INTEGER + 1, clusterId: 'c' } },
      /uid': value must be 'an account id \(digits only\)'/,
    ],
    ['an account without its cluster', { command: { uid: '1' } }, /command\.uid and command\.clusterId/],
    ['a cluster without its account', { env: { ACKSM_CLUSTER_ID: 'c' } }, /command\.uid and command\.clusterId/],
    ['a proxy with a password', { proxy: { httpsProxy: 'http://me:canary@proxy:3128' } }, /httpsProxy/],
    [
      'two proxies',
      { proxy: { httpsProxy: 'http://proxy', secretRef: { name: 'proxy' } } },
      /proxy\.httpsProxy and proxy\.secretRef both name a proxy: keep one of them/,
    ],
    ['other hosts without a proxy', { proxy: { noProxy: 'a' } }, /proxy\.noProxy: set proxy\.httpsProxy or/],
    [
      'a variable next to the proxy',
      { proxy: { httpsProxy: 'http://proxy' }, env: { no_proxy: 'a' } },
      /env\.no_proxy: remove it, because proxy is set/,
    ],
    ['an invalid digest', { image: { digest: 'latest' } }, /digest/],
    ['rbac.scope Namespaced without namespaces', NAMESPACED, /requires command\.watchNamespaces/],
    [
      'rbac.scope Namespaced with SecretStores of all namespaces',
      { ...NAMESPACED, command: { watchNamespaces: ['shop'], enableCrossNamespaceSecretStore: 'true' } },
      /command\.enableCrossNamespaceSecretStore watches the SecretStores of all namespaces.*disable it/,
    ],
    [
      'two replicas without leader election',
      { command: { leaderElect: false } },
      /command\.leaderElect is false: set replicaCount to 1/,
    ],
    ['permissions of the default ServiceAccount', { serviceAccount: { create: false } }, /set serviceAccount\.name/],
    [
      'excluded namespaces without cluster-wide permissions',
      { envVarsFromSecret: { WATCH_NAMESPACE: FROM_SECRET } },
      /envVarsFromSecret\.WATCH_NAMESPACE: set command\.watchNamespaces instead/,
    ],
    [
      'metrics at another port than its Service',
      { env: { ACKSM_METRICS_BIND_ADDRESS: ':9090' } },
      /env\.ACKSM_METRICS_BIND_ADDRESS: set ports\.metrics instead/,
    ],
    [
      'probes at another port than that of the kubelet',
      { envVarsFromSecret: { ACKSM_HEALTH_PROBE_BIND_ADDRESS: FROM_SECRET } },
      /envVarsFromSecret\.ACKSM_HEALTH_PROBE_BIND_ADDRESS: set ports\.health instead/,
    ],
    [
      'a ServiceMonitor without a Service',
      { metrics: { service: { create: false }, serviceMonitor: { create: true } } },
      /metrics\.serviceMonitor\.create: set metrics\.service\.create as well/,
    ],
    [
      'runbooks without a URL',
      { metrics: { prometheusRule: { runbookUrl: 'docs/runbooks.md' } } },
      /runbookUrl': value must be 'a URL that starts with http/,
    ],
    [
      'the image of the Go operator',
      { image: { tag: 'v0.5.8', repository: 'r/acs/ack-secret-manager' } },
      /Go operator/,
    ],
  ])('refuses %s', async (_rule, values, message) => {
    await expect(helm.template({ release: 'dry', namespace: 'default', values })).rejects.toThrow(message)
  })

  it.each(flagsOfTemplates())('refuses --%s as a variable, because templates depend on the value', async (flag) => {
    const name = variableOf(flag)
    for (const [where, value] of Object.entries({ env: 'x', envVarsFromSecret: FROM_SECRET })) {
      await expect(manifests({ [where]: { [name]: value } })).rejects.toThrow(
        `${where}.${name}: set command.${camelCase(flag)} instead`,
      )
    }
  })
})
