import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApi } from './api-client.ts'
import { ControlPlaneFailed } from './control-plane-error.ts'
import type { ControlPlane } from './control-plane.ts'
import { startControlPlane } from './start-control-plane.ts'
import { clusterAvailable } from './testing.ts'

const WAIT = { timeout: 120_000 }

describe.skipIf(!clusterAvailable)('a control plane', () => {
  let plane: ControlPlane
  let started: number[]
  const namespace = '/api/v1/namespaces/team-a'
  const configMaps = `${namespace}/configmaps`
  const status = async (path: string): Promise<number> => (await plane.request('GET', path)).status

  beforeAll(async () => {
    plane = await startControlPlane({ audit: true, users: [{ name: 'jane', groups: ['dev'], token: 'sesame' }] })
    started = plane.pids()
    await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'team-a' } })
  })
  afterAll(() => plane?.stop())

  it('is ready and returns its version', async () => {
    expect(await status('/readyz')).toBe(200)
    const { body } = await plane.request('GET', '/version')
    expect(body).toMatchObject({ gitVersion: expect.stringMatching(/^v1\.[1-9]\d+\.\d+/) })
  })

  it('keeps a port that the system does not assign while it is down', () => {
    expect(Number(new URL(plane.url).port)).toBeLessThan(32_768)
  })

  it('creates the ServiceAccount of a namespace', async () => {
    await expect.poll(() => status(`${namespace}/serviceaccounts/default`), WAIT).toBe(200)
  })

  it('issues ServiceAccount tokens that it accepts', async () => {
    await expect.poll(() => status(`${namespace}/serviceaccounts/default`), WAIT).toBe(200)
    const { body } = await plane.request<{ status: { token: string } }>(
      'POST',
      `${namespace}/serviceaccounts/default/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    )
    const review = await plane.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token: body.status.token },
    })
    expect(review.body).toMatchObject({ status: { user: { username: 'system:serviceaccount:team-a:default' } } })
  })

  it('garbage-collects objects without an owner', async () => {
    const owner = await plane.request<{ metadata: { uid: string } }>('POST', configMaps, {
      metadata: { name: 'owner' },
    })
    const { uid } = owner.body.metadata
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
    await plane.request('POST', configMaps, { metadata: { name: 'owned', ownerReferences } })
    await plane.request('DELETE', `${configMaps}/owner`)
    await expect.poll(() => status(`${configMaps}/owned`), WAIT).toBe(404)
  })

  it('grants another user the permissions of its groups', async () => {
    const jane = openApi(await plane.kubeconfig('jane'))
    const asJane = async (): Promise<number> => (await jane.request('GET', configMaps)).status
    expect(await asJane()).toBe(403)
    await plane.request('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings`, {
      metadata: { name: 'dev-views' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'dev' }],
    })
    await expect.poll(asJane, WAIT).toBe(200)
    await jane.close()
  })

  it('refuses an unknown token', async () => {
    const text = (await plane.kubeconfig('jane')).replace('sesame', 'guess')
    const stranger = openApi(text)
    expect((await stranger.request('GET', configMaps)).status).toBe(401)
    await stranger.close()
  })

  it('logs each request once in the audit log, before the response', async () => {
    await status(`${configMaps}/audited`)
    // Programs of the control plane send requests continuously: the last line may be one of theirs, and incomplete.
    const lines = (await readFile(plane.auditLogPath ?? '', 'utf8')).split('\n').slice(0, -1)
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const ours = events.filter(({ objectRef }) => (objectRef as { name?: string } | undefined)?.name === 'audited')
    expect(ours).toHaveLength(1)
    expect(ours[0]).toMatchObject({
      level: 'Metadata',
      verb: 'get',
      user: { username: 'admin' },
      stage: 'ResponseComplete',
    })
  })

  it('keeps its data when the API server is killed and started again', async () => {
    await plane.request('POST', configMaps, { metadata: { name: 'kept' } })
    const before = plane.pids()
    await plane.kill('apiserver')
    // The first request may fail on a connection that the restart closes.
    const refusal = (): Promise<unknown> => status(`${configMaps}/kept`).catch((error: Error) => error.message)
    await expect.poll(refusal, WAIT).toContain('ECONNREFUSED')
    await plane.restart('apiserver')
    expect(await status(`${configMaps}/kept`)).toBe(200)
    expect(plane.pids()).not.toEqual(before)
  })

  it('keeps its data when etcd is killed and started again', async () => {
    await plane.kill('etcd')
    await plane.restart('etcd')
    await expect.poll(() => status(`${configMaps}/kept`), WAIT).toBe(200)
  })

  it('restores a backup, including its revision', async () => {
    const revision = async (): Promise<number> => {
      const { body } = await plane.request<{ metadata: { resourceVersion: string } }>('GET', configMaps)
      return Number(body.metadata.resourceVersion)
    }
    await plane.request('POST', configMaps, { metadata: { name: 'earlier' } })
    const backup = await plane.backUp()
    // More than the programs write at their start.
    const tooLate = Array.from({ length: 200 }, (_, index) => `too-late-${index}`)
    await Promise.all(tooLate.map((name) => plane.request('POST', configMaps, { metadata: { name } })))
    const before = await revision()
    const pids = plane.pids()
    await plane.restore(backup)
    expect(await revision()).toBeLessThan(before)
    expect([await status(`${configMaps}/earlier`), await status(`${configMaps}/too-late-0`)]).toEqual([200, 404])
    expect(plane.pids().filter((pid) => pids.includes(pid))).toEqual([])
    expect(plane.pids()).toHaveLength(3)
  })

  it('has no compacted history after a restart of the API server', async () => {
    const { body } = await plane.request<{ metadata: { resourceVersion: string } }>('GET', configMaps)
    const { resourceVersion } = body.metadata
    const then = `${configMaps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`
    const since = `${configMaps}?watch=true&timeoutSeconds=60&resourceVersion=${resourceVersion}`
    await plane.request('POST', configMaps, { metadata: { name: 'later' } })
    expect(await status(then)).toBe(200)
    await plane.compact()
    await plane.restart('apiserver')
    expect(await status(then)).toBe(410)
    expect((await plane.request('GET', since)).body).toMatchObject({ type: 'ERROR', object: { code: 410 } })
  })

  it('leaves no process and no directory when it ends', async () => {
    expect(started).toHaveLength(3)
    const pids = [...started, ...plane.pids()]
    expect(existsSync(plane.dataDir)).toBe(true)
    await Promise.all([plane.stop(), plane.stop()])
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(plane.dataDir)).toBe(false)
  })
})

describe.skipIf(!clusterAvailable)('the end of a control plane', () => {
  it('reports a program that exits', async () => {
    await using plane = await startControlPlane({ controllerManager: false })
    const [, apiServer = 0] = plane.pids()
    process.kill(apiServer, 'SIGKILL')
    const failure = await plane.failed
    expect(failure).toBeInstanceOf(ControlPlaneFailed)
    expect(failure.message).toMatch(/^kube-apiserver ended \(exit code SIGKILL\); its last lines:\n./)
  })

  it('reports that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await expect(startControlPlane({ controllerManager: false, port })).rejects.toThrow('address already in use')
    other.close()
  })

  it('follows immediately, with the last output, if a program does not start', async () => {
    const started = startControlPlane({ controllerManager: false, apiServerArgs: ['--no-such-flag'] })
    const failure = await started.catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ControlPlaneFailed)
    expect(String(failure)).toContain('unknown flag: --no-such-flag')
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
