import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  apply,
  collectionPath,
  type OperatorProcess,
  readManifests,
  requestToken,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { reportRollout } from './report-rollout.ts'

const INSTALL = fileURLToPath(new URL('../../../../deploy/', import.meta.url))
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
const MAX_ATTEMPTS = 5

interface Workload {
  readonly metadata: { readonly generation: number; readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }
  }
}

describeCluster('workloads of a changed Secret', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let operator: OperatorProcess

  const pathOf = (kind: string, name: string): string =>
    `/apis/apps/v1/namespaces/${cluster.namespace}/${kind.toLowerCase()}s/${name}`
  async function workload(
    kind: string,
    name: string,
    more: object = {},
  ): Promise<{ readonly kind: string; readonly name: string }> {
    const labels = { app: name }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = {
      selector: { matchLabels: labels },
      template,
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      ...more,
    }
    await env.applyObject({ apiVersion: 'apps/v1', kind, metadata: { name }, spec })
    return { kind, name }
  }
  /** Number of changes of its pod template. */
  const restarts = async ({ kind, name }: { readonly kind: string; readonly name: string }): Promise<number> =>
    (await cluster.request<Workload>('GET', pathOf(kind, name))).body.metadata.generation - 1
  const untilRestarts = (of: { readonly kind: string; readonly name: string }, count: number): Promise<true> =>
    until(`${of.kind} ${of.name} is restarted ${count} times`, async () => (await restarts(of)) === count)
  const secretAnnotations = async (name: string): Promise<string> =>
    JSON.stringify((await env.secret(name))?.metadata.annotations)
  const untilNotedDown = (name: string): Promise<true> =>
    until(`${name} says that nothing is due`, async () => !(await secretAnnotations(name)).includes('restartDue'))

  beforeEach(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one', token: 'two' } } })
    operator = await env.leader()
  })
  afterEach(() => env?.[Symbol.asyncDispose]())

  it('are restarted once per change, after the write, and not for the first value', async () => {
    const web = await workload('Deployment', 'web')
    const store = await workload('StatefulSet', 'store')
    const agent = await workload('DaemonSet', 'agent')
    const restart = [web, store, agent]
    await env.externalSecret('changing', { password: 'db' }, { restart })
    await env.untilSecret('changing', { password: 'one' })
    await env.externalSecret('second', { password: 'db' }, { restart: [web] })
    await env.untilSecret('second', { password: 'one' })
    // Until the operator knows the changes of both Secrets, which may take longer than the seconds in which it collects them.
    await reportRollout(cluster.request, pathOf('Deployment', 'web'), 'False', 'ProgressDeadlineExceeded')
    await env.simulator.put('db', 'three', 'v2')
    await env.untilSecret('changing', { password: 'three' })
    for (const secret of ['changing', 'second']) {
      const halted = `Deployment web still uses the previous value of Secret ${secret}: its rollout has failed`
      await until(`an event says ${halted}`, async () => (await env.visibleObjects()).includes(halted))
    }
    await reportRollout(cluster.request, pathOf('Deployment', 'web'), 'True', 'NewReplicaSetAvailable')
    await untilRestarts(web, 1)
    await untilRestarts(store, 1)
    await untilRestarts(agent, 1)
    const { body } = await cluster.request<Workload>('GET', pathOf('Deployment', 'web'))
    expect(body.spec.template.metadata.annotations?.[RESTARTED_AT]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    await untilNotedDown('changing')
    await untilNotedDown('second')
    await until('events say so', async () => (await env.visibleObjects()).includes('Deployment web restarted because'))
    await until('the restart is counted', async () =>
      /acksm_restarts_total\{kind="Deployment",result="restarted"\} 1/.test(await operator.metrics()),
    )
    expect(await Promise.all(restart.map(restarts))).toEqual([1, 1, 1])
  })

  it('are restarted once by the next operator if this one crashes after the write', async () => {
    await operator.stop()
    // Without leader election, because the next one would have to wait for the Lease.
    let first = await env.leader('--leader-elect=false')
    const web = await workload('Deployment', 'survivor')
    await env.externalSecret('dying', { password: 'db' }, { restart: [web] })
    await env.untilSecret('dying', { password: 'one' })
    const isDue = async (): Promise<boolean> => (await secretAnnotations('dying')).includes('restartDue')
    let before = 0
    for (let attempt = 1; ; attempt += 1) {
      await env.simulator.put('db', `three-${attempt}`)
      await env.untilSecret('dying', { password: `three-${attempt}` })
      // Within the window that collects further changes, which a busy machine may miss.
      first.program.kill('SIGKILL')
      await first.program.exited
      if ((await restarts(web)) === before && (await isDue())) break
      expect(attempt).toBeLessThan(MAX_ATTEMPTS)
      first = await env.leader('--leader-elect=false')
      await untilNotedDown('dying')
      before = await restarts(web)
    }
    const next = await env.operator('--leader-elect=false')
    await untilRestarts(web, before + 1)
    await untilNotedDown('dying')
    await next.stop()
    await env.leader()
    await env.externalSecret('mark', { token: 'token' })
    await env.untilReason('externalsecrets', 'mark', 'Synced')
    expect(await restarts(web)).toBe(before + 1)
  })

  it('are not restarted by other changes', async () => {
    const web = await workload('Deployment', 'calm')
    await env.externalSecret('calm', { password: 'db' })
    await env.untilSecret('calm', { password: 'one' })
    await env.externalSecret('calm', { password: 'db' }, { restart: [web] })
    await env.untilReason('externalsecrets', 'calm', 'Synced')
    const metadata = { labels: { team: 'a' } }
    await env.externalSecret('calm', { password: 'db' }, { restart: [web], target: { template: { metadata } } })
    await until('the label is there', async () => JSON.stringify(await env.secret('calm')).includes('"team":"a"'))
    await cluster.request('PATCH', env.secretPath('calm'), { data: { password: btoa('eve') } })
    await env.untilSecret('calm', { password: 'one' })
    expect((await secretAnnotations('calm')).includes('restartDue')).toBe(false)
    expect(await restarts(web)).toBe(0)
  })

  it('get an event if they cannot be restarted, and the resource stays Ready', async () => {
    const paused = await workload('Deployment', 'paused', { paused: true })
    await env.externalSecret('blocked', { password: 'db' }, { restart: [paused, { kind: 'DaemonSet', name: 'none' }] })
    await env.untilSecret('blocked', { password: 'one' })
    await env.simulator.put('db', 'three', 'v2')
    await untilRestarts(paused, 1)
    await untilNotedDown('blocked')
    await until('events say so', async () => {
      const said = await env.visibleObjects()
      return said.includes('DaemonSet none does not exist') && said.includes('replaced when it is resumed')
    })
    expect(await env.ready('externalsecrets', 'blocked')).toMatchObject({ status: 'True' })
  })

  it('need the permissions of deploy/rbac-restart.yaml, and restart once these are granted', async () => {
    await operator.stop()
    await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-restart-'))
    const { path: directory } = temporary
    await install('rbac.yaml')
    const args = ['--leader-election-namespace', 'kube-system']
    await (await env.replica({ kubeconfigPath: await operatorKubeconfig(directory), args })).leading()
    const web = await workload('Deployment', 'guarded')
    await env.externalSecret('guarded', { password: 'db' }, { restart: [web] })
    await env.untilSecret('guarded', { password: 'one' })
    await env.simulator.put('db', 'three', 'v2')
    await env.untilSecret('guarded', { password: 'three' })
    const verbs = 'grant the verbs \\"get\\" and \\"patch\\" on \\"deployments\\" (apps)'
    await until('an event names the verbs', async () =>
      JSON.stringify(await env.visibleObjects()).includes(JSON.stringify(verbs).slice(1, -1)),
    )
    expect([await restarts(web), await env.ready('externalsecrets', 'guarded')]).toMatchObject([0, { status: 'True' }])
    await install('rbac-restart.yaml')
    await untilRestarts(web, 1)
    await untilNotedDown('guarded')
  })

  /** Applies a file until the end of the test, because other files use the same API server. */
  async function install(file: string): Promise<void> {
    const objects = await readManifests(path.join(INSTALL, file))
    onTestFinished(async () => {
      for (const object of objects)
        await cluster.request('DELETE', `${collectionPath(object, 'kube-system')}/${object.metadata.name}`)
    })
    for (const object of objects) await apply(cluster.request, object, 'kube-system')
  }

  /** Credentials of the ServiceAccount in the manifests. */
  async function operatorKubeconfig(directory: string): Promise<string> {
    const account = { namespace: 'kube-system', name: 'ack-secret-manager' }
    const kubeconfig = parse(await readFile(cluster.kubeconfigPath, 'utf8')) as { users: [{ user: object }] }
    kubeconfig.users[0].user = { token: await requestToken(cluster.request, account) }
    const file = path.join(directory, 'kubeconfig')
    await writeFile(file, stringify(kubeconfig), { mode: 0o600 })
    return file
  }
})
