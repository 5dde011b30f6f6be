import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { installCrds } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { KEY, useKms } from '../testing/kms.ts'
import { entry, externalSecret, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, type Ran, run } from '../testing/run.ts'
import { kubeconfigOfUser, READS } from '../testing/user-kubeconfig.ts'

interface KubeResponse {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string }
}

const MERGE = { contentType: 'application/merge-patch+json' }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describeCluster('diff --kube', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const kms = useKms()
  const core = (): string => `/api/v1/namespaces/${cluster.namespace}/secrets`
  const resources = (): string => `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets`
  const deployments = (): string => `/apis/apps/v1/namespaces/${cluster.namespace}/deployments`

  async function acksm(command: 'diff' | 'sync', manifest: string, ...more: string[]): Promise<Ran> {
    const cwd = await folderWith({ 'store.yaml': storeYaml(), 'web.yaml': manifest })
    const where = ['--kubeconfig', cluster.kubeconfigPath, '-n', cluster.namespace]
    return run([command, '-f', '.', ...(command === 'sync' ? ['--kube'] : []), ...where, ...kms.flags, ...more], {
      cwd,
    })
  }

  async function versionOf(path: string): Promise<string> {
    const { body } = await cluster.request<KubeResponse>('GET', path)
    return body.metadata.resourceVersion
  }

  /** Lines of a diff with the namespace of the test as `NS`. */
  function lines({ out }: Ran): string {
    return out.replaceAll(cluster.namespace, 'NS')
  }

  beforeAll(() => installCrds(cluster.request, crds()))

  it('shows drift of values, labels and the record, and who owns the Secret afterwards', async () => {
    const spec = { data: [entry('app/token', 'token')] }
    const manifest = externalSecretYaml('drift', spec)
    expect((await acksm('sync', manifest)).code).toBe(0)
    expect(await acksm('diff', manifest)).toMatchObject({ code: 0 })
    await cluster.request('PATCH', `${core()}/drift`, { data: { token: base64('edited') } }, MERGE)
    const removed = await cluster.request('PATCH', `${core()}/drift`, { data: { token: null } }, MERGE)
    expect([removed.status, lines(await acksm('diff', manifest))]).toEqual([
      200,
      'Secret NS/drift: update by ExternalSecret drift\n  + token  app/token v1 (removed by another client, restored)\n1 change\n',
    ])
    await cluster.request('PATCH', `${core()}/drift`, { data: { token: base64('edited') } }, MERGE)
    const version = await versionOf(`${core()}/drift`)
    const edited = await acksm('diff', manifest)
    expect([edited.code, lines(edited)]).toEqual([
      1,
      expect.stringMatching(
        /^Secret NS\/drift: update by ExternalSecret drift\n {2}~ token {2}app\/token v1 \(changed by another client, restored\)\n1 change\n$/,
      ),
    ])
    await cluster.request('POST', resources(), externalSecret('drift', spec))
    const owned = await acksm('diff', manifest)
    expect(lines(owned)).toContain('    deletionPolicy: Retain → Delete\n')
    expect(lines(owned)).toContain('    deleted with its ExternalSecret: false → true\n')
    expect(await versionOf(`${core()}/drift`)).toBe(version)
    expect((await acksm('sync', manifest)).code).toBe(0)
    expect(await acksm('diff', manifest)).toMatchObject({ code: 0, err: '' })
  })

  it('tells which keys of an adopted Secret get another value', async () => {
    const made = {
      metadata: { name: 'theirs', labels: { team: 'a' } },
      data: { user: base64('tom'), password: base64('old') },
    }
    await cluster.request('POST', core(), made)
    const jmesPath = ['user', 'password', 'port'].map((path) => ({ path, objectAlias: path }))
    const data = [{ key: 'app/db', secretStoreRef: { name: 'kms' }, jmesPath }]
    const refused = await acksm('diff', externalSecretYaml('theirs', { data }))
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('TargetConflict: ')])
    const adopting = externalSecretYaml('theirs', { data, target: { creationPolicy: 'Adopt' } })
    const { code, err, ...diff } = await acksm('diff', adopting)
    expect([code, err]).toEqual([1, expect.stringContaining('not found in the cluster')])
    expect(lines({ code, err, ...diff })).toBe(`Secret NS/theirs: update by ExternalSecret theirs
  ~ password  app/db v1 (exists with another value, overwritten)
  + port  app/db v1
    user  app/db v1 (exists with this value, adopted)
    owner: none → ExternalSecret theirs
1 change
`)
  })

  it('shows labels of templates by name, without their values', async () => {
    const spec = (label: string): object => ({
      data: [entry('app/token', 'token')],
      target: { template: { metadata: { labels: { team: label, tier: 'web' } }, data: { token: '{{ .token }}' } } },
    })
    expect((await acksm('sync', externalSecretYaml('labels', spec('one')))).code).toBe(0)
    const diff = await acksm('diff', externalSecretYaml('labels', spec('label-value-two')))
    expect([diff.code, lines(diff)]).toEqual([
      1,
      'Secret NS/labels: update by ExternalSecret labels\n  ~ label team\n1 change\n',
    ])
    expect(diff.out).not.toContain('label-value-two')
  })

  it('shows a recreation and restarts of workloads, each until sync has done it', async () => {
    const container = { name: 'c', image: 'example.invalid/c' }
    const pod = { metadata: { labels: { app: 'api' } }, spec: { containers: [container] } }
    await cluster.request('POST', deployments(), {
      metadata: { name: 'api' },
      spec: { selector: { matchLabels: { app: 'api' } }, replicas: 0, template: pod },
    })
    const restart = [
      { kind: 'Deployment', name: 'api' },
      { kind: 'Deployment', name: 'absent' },
    ]
    const target = { immutable: true }
    const manifest = (key: string): string =>
      externalSecretYaml('fixed', { data: [entry('app/token', key)], target, restart })
    expect((await acksm('sync', manifest('one'))).code).toBe(0)
    expect((await acksm('diff', manifest('one'))).code).toBe(0)
    const before = [await versionOf(`${core()}/fixed`), await versionOf(`${deployments()}/api`)]
    const diff = await acksm('diff', manifest('two'))
    expect([diff.code, lines(diff)]).toEqual([
      1,
      `Secret NS/fixed: recreate by ExternalSecret fixed
  - one  app/token v1
  + two  app/token v1
Secret NS/fixed: update by ExternalSecret fixed
    its record is updated
Deployment NS/api: restart
1 change, 1 restart
`,
    ])
    expect([await versionOf(`${core()}/fixed`), await versionOf(`${deployments()}/api`)]).toEqual(before)
    expect((await acksm('sync', manifest('two'))).code).toBe(0)
    expect(await versionOf(`${deployments()}/api`)).not.toBe(before[1])
    expect((await acksm('diff', manifest('two'))).code).toBe(0)
  })

  it('says what the user may not see', async () => {
    const manifest = externalSecretYaml('hidden', { data: [entry('app/token', 'token')] })
    const blind = await kubeconfigOfUser(cluster, 'blind', [READS])
    const cwd = await folderWith({ 'store.yaml': storeYaml(), 'web.yaml': manifest })
    const diff = (kubeconfig: string): Promise<Ran> =>
      run(['diff', '-f', '.', '--kubeconfig', kubeconfig, ...kms.flags, '--timeout', '20s'], { cwd })
    const { code, out, err } = await diff(blind)
    expect([code, out]).toEqual([2, '1 of 1 ExternalSecret failed\n'])
    expect(err).toMatch(/ExternalSecret \S+\/hidden: \w+: .*Secret \S+\/hidden.*forbidden.*"get".*\n$/)
    const reads = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
    const reader = await kubeconfigOfUser(cluster, 'reader', [READS, reads])
    expect(await diff(reader)).toMatchObject({ code: 1 })
    const none = await diff(await kubeconfigOfUser(cluster, 'none', []))
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringMatching(/ExternalSecret \S+\/hidden in the cluster: .*forbidden/),
    ])
  })

  it('shows no value and no credential', async () => {
    const diff = await acksm('diff', externalSecretYaml('fresh', { data: [entry('app/token', 'token')] }), '-o', 'json')
    expect(diff.code).toBe(1)
    for (const text of [CANARY, base64(CANARY).slice(0, -4), KEY.secret])
      expect(diff.out + diff.err).not.toContain(text)
  })
})
