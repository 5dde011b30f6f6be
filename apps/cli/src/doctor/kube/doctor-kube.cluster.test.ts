import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { crds } from '@ack-secret-manager/resources'
import { installCrds } from '@ack-secret-manager/testenv'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { folderWith } from '../../testing/files.ts'
import { CANARY, run } from '../../testing/run.ts'
import { type Rule, untilGranted } from '../../testing/user-kubeconfig.ts'

const NAMESPACE = 'kube-system'
const NAME = 'ack-secret-manager'
const LABELS = { 'app.kubernetes.io/name': NAME }
const MERGE = { contentType: 'application/merge-patch+json' }
const API = 'alibabacloud.com/v1alpha1'
const RBAC = new URL('../../../../../deploy/rbac.yaml', import.meta.url)

const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`
const ROLES = '/apis/rbac.authorization.k8s.io/v1'

interface Finding {
  readonly id: string
  readonly status: string
  readonly detail: string
  readonly action?: string
}

interface Diagnosis {
  readonly code: number
  readonly findings: readonly Finding[]
}

interface AuditLine {
  readonly user: { readonly username: string }
  readonly verb: string
  readonly objectRef?: { readonly resource: string }
}

const user = (name: string) => ({ name, groups: [], token: `${CANARY}-token-of-${name}` })

describeCluster('doctor --kube', { timeout: 240_000 }, () => {
  let plane: ControlPlane

  async function doctor(who: string, ...argv: string[]): Promise<Diagnosis> {
    const kubeconfig = ['--kubeconfig', plane.kubeconfigPathOf(who)]
    const { code, out, err } = await run(['doctor', '--kube', ...kubeconfig, '-o', 'json', ...argv])
    expect(err).toBe('')
    return { code, findings: (JSON.parse(out) as { checks: Finding[] }).checks }
  }

  async function send(method: string, where: string, body?: object, options?: object): Promise<void> {
    const { status, body: answer } = await plane.request(method as 'POST', where, body, options)
    if (status >= 300) throw new Error(`${method} ${where}: HTTP ${status} ${JSON.stringify(answer)}`)
  }

  const of = ({ findings }: Diagnosis, id: string): readonly Finding[] => findings.filter((each) => each.id === id)
  const failures = ({ findings }: Diagnosis): readonly string[] =>
    findings.filter(({ status }) => status === 'failed').map(({ id }) => id)

  /** A user with a role; Kubernetes has no users to create. */
  async function grant(
    name: string,
    rules: readonly Rule[],
    more: readonly object[] = [],
    namespace?: string,
  ): Promise<void> {
    const where = namespace === undefined ? ROLES : `${ROLES}/namespaces/${namespace}`
    const [role, plural] = namespace === undefined ? ['ClusterRole', 'clusterroles'] : ['Role', 'roles']
    const metadata = { name: `test-${name}` }
    await send('POST', `${where}/${plural}`, { metadata, rules: [...rules, ...more] })
    await send('POST', `${where}/${plural.replace('roles', 'rolebindings')}`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role, name: metadata.name },
      subjects: [{ kind: 'User', name }],
    })
    await untilGranted(plane.request, { user: name, namespace }, rules)
  }

  /** Lasts longer than the requests of `doctor` on a busy machine. */
  const lease = (renewTime: number, holderIdentity = 'pod-1', leaseDurationSeconds = 60): object => ({
    metadata: { name: NAME },
    spec: {
      holderIdentity,
      leaseDurationSeconds,
      renewTime: `${new Date(renewTime).toISOString().slice(0, -1)}000Z`,
    },
  })
  /** So short that `doctor` soon knows that nothing renews it. */
  const expired = (): object => lease(Date.now() - 60_000, 'pod-1', 3)
  const renew = (): Promise<void> => send('PATCH', `${LEASES}/${NAME}`, lease(Date.now()), MERGE)

  beforeAll(async () => {
    const users = ['reader', 'tenant', 'narrow', 'stranger'].map(user)
    plane = await startControlPlane({ audit: true, controllerManager: false, users })
  })
  afterAll(() => plane?.stop())

  it('says how to install what is missing, and skips what depends on it', async () => {
    const diagnosis = await doctor('admin')
    expect([diagnosis.code, failures(diagnosis)]).toEqual([1, ['kube.crds', 'operator.deployment']])
    expect(of(diagnosis, 'kube.crds')[0]).toMatchObject({
      detail: expect.stringMatching(/^missing: externalsecrets\.alibabacloud\.com, secretstores/),
      action: expect.stringContaining('acksm crds | kubectl apply --server-side'),
    })
    expect(of(diagnosis, 'kube.externalsecrets')).toMatchObject([
      { status: 'skipped', detail: 'CustomResourceDefinitions failed' },
    ])
    expect(of(diagnosis, 'operator.leader')).toMatchObject([{ status: 'skipped' }])
  })

  it('an API server that does not respond, and nothing else', async () => {
    const text = await readFile(plane.kubeconfigPath, 'utf8')
    const cwd = await folderWith({ kubeconfig: text.replaceAll(plane.url, 'https://127.0.0.1:1') })
    const argv = ['doctor', '--kube', '--kubeconfig', path.join(cwd, 'kubeconfig'), '-o', 'json']
    const { code, out } = await run(argv)
    const { checks: findings } = JSON.parse(out) as { checks: Finding[] }
    expect([code, failures({ code, findings })]).toEqual([1, ['kube.api']])
    expect(findings[0]?.detail).toContain('ECONNREFUSED')
    // The Lease and the roles belong to an operator that is unknown then.
    const others = findings.slice(1).map(({ detail }) => detail)
    expect(new Set(others)).toEqual(new Set(['API server failed', 'no Deployment of the operator is known']))
  })

  describe('with an operator', () => {
    beforeAll(async () => {
      await installCrds(plane.request, crds())
      for (const document of parseAllDocuments(await readFile(RBAC, 'utf8'))) {
        const object = document.toJS() as { kind: string; metadata: { namespace?: string } }
        if (object.kind === 'ServiceAccount') continue
        const where = object.metadata.namespace === undefined ? ROLES : `${ROLES}/namespaces/${NAMESPACE}`
        await send('POST', `${where}/${object.kind.toLowerCase()}s`, object)
      }
      const containers = [{ name: NAME, image: `${NAME}:0.1.0`, args: ['--leader-elect=true'] }]
      await send('POST', DEPLOYMENTS, {
        metadata: { name: NAME, labels: LABELS },
        spec: {
          replicas: 2,
          selector: { matchLabels: LABELS },
          template: { metadata: { labels: LABELS }, spec: { serviceAccountName: NAME, containers } },
        },
      })
      await available(2)
      // No controller creates it here, and a Pod needs it.
      await send('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } })
      await send('POST', LEASES, lease(Date.now()))
      const review = { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] }
      const reads = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }
      await grant('reader', [review, reads], [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }])
      await grant('tenant', [{ apiGroups: ['alibabacloud.com'], resources: ['*'], verbs: ['list'] }], [], 'default')
      const only = [{ apiGroups: ['alibabacloud.com'], resources: ['externalsecrets'], verbs: ['list'] }]
      await grant('narrow', only, [], 'default')
    })

    const available = (count: number): Promise<void> =>
      send(
        'PATCH',
        `${DEPLOYMENTS}/${NAME}/status`,
        { status: { replicas: 2, readyReplicas: count, availableReplicas: count } },
        MERGE,
      )
    const scale = (replicas: number): Promise<void> =>
      send('PATCH', `${DEPLOYMENTS}/${NAME}`, { spec: { replicas } }, MERGE)

    it('finds nothing to do with a role that only reads, and writes nothing', async () => {
      await renew()
      const diagnosis = await doctor('reader')
      expect(diagnosis.findings.map(({ id, status }) => `${id} ${status}`)).toEqual([
        'kube.api ok',
        'kube.access ok',
        'kube.crds ok',
        'kube.encryption skipped',
        'operator.deployment ok',
        'operator.leader ok',
        'operator.access ok',
        'kube.secretstores ok',
        'kube.clustersecretstores ok',
        'kube.externalsecrets ok',
        'kube.clusterexternalsecrets ok',
        'kube.pushsecrets ok',
        'kube.events ok',
      ])
      expect(diagnosis.code).toBe(0)
      expect(of(diagnosis, 'operator.access')[0]?.detail).toMatch(
        /has all \d+ that it needs, except what only restarts by spec\.restart need$/,
      )
      const lines = (await readFile(plane.auditLogPath ?? '', 'utf8')).split('\n').filter((line) => line !== '')
      const requests = lines
        .map((line) => JSON.parse(line) as AuditLine)
        .filter((line) => line.user.username === 'reader')
      const writes = requests.filter(({ verb }) => verb !== 'get' && verb !== 'list')
      expect(requests.length).toBeGreaterThan(40)
      expect([...new Set(writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))].toSorted()).toEqual([
        'create selfsubjectaccessreviews',
        'create subjectaccessreviews',
      ])
    })

    describe('says what is wrong with it', () => {
      const pod = {
        metadata: { name: 'crashing', labels: LABELS },
        spec: { containers: [{ name: NAME, image: NAME }] },
      }
      const crash = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 2 } } }
      const binding = `${ROLES}/clusterrolebindings/${NAME}`
      const undo: (() => Promise<void>)[] = []
      afterEach(async () => {
        for (const back of undo.splice(0)) await back()
      })

      it.each<[string, () => Promise<unknown>, string, RegExp, RegExp]>([
        [
          'scaled to 0 long ago, so that no replica renews the Lease',
          async () => {
            await scale(0)
            undo.push(() => scale(2))
            await send('PATCH', `${LEASES}/${NAME}`, expired(), MERGE)
            undo.push(renew)
          },
          'operator.deployment',
          /is scaled to 0/,
          /^Scale it: kubectl -n kube-system scale deployment\/ack-secret-manager/,
        ],
        [
          'pods that crash',
          async () => {
            await available(0)
            undo.push(() => available(2))
            await send('POST', PODS, pod)
            undo.push(() => send('DELETE', `${PODS}/crashing`, { gracePeriodSeconds: 0 }))
            const containerStatuses = [
              { name: NAME, image: NAME, imageID: '', ready: false, restartCount: 3, ...crash },
            ]
            await send('PATCH', `${PODS}/crashing/status`, { status: { phase: 'Running', containerStatuses } }, MERGE)
          },
          'operator.deployment',
          /0 of 2 replicas available.*CrashLoopBackOff \(last exit 2\)/,
          /^Read why: kubectl -n kube-system describe pods/,
        ],
        [
          'a Lease that nothing renews',
          async () => {
            await send('PATCH', `${LEASES}/${NAME}`, expired(), MERGE)
            undo.push(renew)
          },
          'operator.leader',
          /pod-1 renewed Lease kube-system\/ack-secret-manager last at .*: no replica leads/,
          /^Read the log of the operator: kubectl -n kube-system logs/,
        ],
        [
          'a Lease without a holder',
          async () => {
            await send('PATCH', `${LEASES}/${NAME}`, lease(Date.now(), ''), MERGE)
            undo.push(renew)
          },
          'operator.leader',
          /has no holder/,
          /^Read the log/,
        ],
        [
          'no Lease',
          async () => {
            await send('DELETE', `${LEASES}/${NAME}`)
            undo.push(() => send('POST', LEASES, lease(Date.now())))
          },
          'operator.leader',
          /does not exist: no replica has led yet/,
          /^Read the log/,
        ],
        [
          'roles that are not bound',
          async () => {
            const { body } = await plane.request<object>('GET', binding)
            await send('DELETE', binding)
            const { metadata: _metadata, ...rest } = body as { metadata: object }
            undo.push(() => send('POST', `${ROLES}/clusterrolebindings`, { ...rest, metadata: { name: NAME } }))
          },
          'operator.access',
          /^ServiceAccount kube-system\/ack-secret-manager may not list externalsecrets\.alibabacloud\.com, .* and \d+ more$/,
          /^Apply the roles of this version/,
        ],
      ])('%s', async (_what, spoil, id, cause, action) => {
        await renew()
        await spoil()
        await vi.waitFor(async () => {
          const diagnosis = await doctor('admin', '--operator-namespace', NAMESPACE)
          expect(failures(diagnosis)).toEqual([id])
          expect(of(diagnosis, id)[0]?.detail).toMatch(cause)
          expect(of(diagnosis, id)[0]?.action).toMatch(action)
        }, 60_000)
      })

      it('a warning that no condition shows', async () => {
        const event = {
          metadata: { name: 'restart', namespace: 'default' },
          eventTime: `${new Date().toISOString().slice(0, -1)}000Z`,
          reportingController: NAME,
          reportingInstance: 'pod-1',
          action: 'Restart',
          type: 'Warning',
          reason: 'RestartFailed',
          note: 'Deployment default/web: cannot patch resource "deployments"',
          regarding: { kind: 'ExternalSecret', namespace: 'default', name: 'web' },
        }
        await send('POST', '/apis/events.k8s.io/v1/namespaces/default/events', event)
        undo.push(() => send('DELETE', '/apis/events.k8s.io/v1/namespaces/default/events/restart'))
        await renew()
        const [finding] = of(await doctor('admin'), 'kube.events')
        expect(finding).toMatchObject({ status: 'failed', action: expect.stringMatching(/^Grant get and patch/) })
        expect(finding?.detail).toBe(
          '1 RestartFailed in the last hour: ExternalSecret default/web: Deployment default/web: cannot patch resource "deployments"',
        )
      })
    })

    it('believes no Deployment that is only labelled, and proposes nothing for it', async () => {
      const forged = '/apis/apps/v1/namespaces/default/deployments'
      const containers = [{ name: NAME, image: 'evil:6' }]
      const template = { metadata: { labels: LABELS }, spec: { containers } }
      const metadata = { name: 'forged', labels: LABELS }
      await send('POST', forged, { metadata, spec: { replicas: 0, selector: { matchLabels: LABELS }, template } })
      const binding = `${ROLES}/clusterrolebindings/${NAME}`
      const { body } = await plane.request<{ metadata: object }>('GET', binding)
      try {
        await renew()
        const bound = of(await doctor('admin'), 'operator.deployment')
        expect(bound.map(({ detail }) => detail)).toEqual([expect.stringMatching(/^kube-system\//)])
        await send('DELETE', binding)
        const several = await doctor('admin')
        expect(of(several, 'operator.deployment')).toMatchObject([
          { status: 'failed', detail: 'several operators found: default, kube-system' },
        ])
        expect(of(several, 'operator.access')).toMatchObject([{ status: 'skipped' }])
        await send('DELETE', `${DEPLOYMENTS}/${NAME}`)
        await send('DELETE', `${LEASES}/${NAME}`)
        const alone = await doctor('admin')
        expect(of(alone, 'operator.deployment')).toMatchObject([
          {
            status: 'failed',
            detail: 'default/forged is scaled to 0; not confirmed as the operator',
            action: 'If this is the operator: --operator-namespace default',
          },
        ])
        expect(of(alone, 'operator.access')).toMatchObject([
          { status: 'skipped', detail: expect.stringMatching(/^no ClusterRoleBinding that you may list/) },
        ])
        expect(JSON.stringify(alone.findings)).not.toMatch(/Apply the roles|Scale it/)
      } finally {
        await send('DELETE', `${forged}/forged`)
        const { metadata: _metadata, ...rest } = body
        await send('POST', `${ROLES}/clusterrolebindings`, { ...rest, metadata: { name: NAME } })
      }
    })

    it('shows a tenant the namespace that it may list, and skips the rest', async () => {
      await send('POST', `/apis/${API}/namespaces/default/externalsecrets`, {
        apiVersion: API,
        kind: 'ExternalSecret',
        metadata: { name: 'web' },
        spec: { suspend: true, data: [{ key: 'a', name: 'a', secretStoreRef: { name: 'kms' } }] },
      })
      const condition = { type: 'Ready', status: 'False', reason: 'Suspended', message: 'suspended' }
      const where = `/apis/${API}/namespaces/default/externalsecrets/web/status`
      await send('PATCH', where, { status: { conditions: [condition] } }, MERGE)
      const diagnosis = await doctor('tenant')
      expect(diagnosis.code).toBe(0)
      expect(of(diagnosis, 'kube.access').map(({ detail }) => detail)).toEqual([
        'you may read our resources of namespace default; you may not patch ExternalSecrets',
        expect.stringContaining('you may not list clustersecretstores.alibabacloud.com, '),
      ])
      expect(of(diagnosis, 'kube.externalsecrets')[0]?.detail).toContain('1 Suspended: default/web')
      expect(of(diagnosis, 'operator.deployment')).toMatchObject([
        { status: 'skipped', detail: 'you may not list deployments' },
      ])
    })

    it('shows the ExternalSecrets to a tenant who may not list stores', async () => {
      const diagnosis = await doctor('narrow')
      expect(of(diagnosis, 'kube.access').map(({ detail }) => detail)).toEqual([
        'you may read some of our resources of namespace default; you may not patch ExternalSecrets',
        expect.stringContaining('you may not list secretstores.alibabacloud.com in namespace default, '),
      ])
      expect(of(diagnosis, 'kube.secretstores')).toMatchObject([
        { status: 'skipped', detail: 'you may not list secretstores' },
      ])
      expect(of(diagnosis, 'kube.externalsecrets')[0]?.detail).toContain('1 Suspended: default/web')
    })

    it('tells a user without permissions which to ask for', async () => {
      const diagnosis = await doctor('stranger')
      expect([diagnosis.code, failures(diagnosis)]).toEqual([1, ['kube.access']])
      expect(of(diagnosis, 'kube.access')[0]?.action).toBe(
        'Ask an administrator for a role that may list externalsecrets.alibabacloud.com in namespace default and list secretstores.alibabacloud.com in namespace default',
      )
    })
  })
})
