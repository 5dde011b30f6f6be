import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import {
  longestTurnMs,
  metricValue,
  NamespaceObjects,
  type OperatorProcess,
  REPORTS_TURNS,
  TestEnvironment,
  until,
} from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { LARGEST_ENTRIES, largestDocuments, largestSpec } from './largest-spec.ts'
import { ManyNamespaces } from '../many-namespaces.ts'

/** The default of the operator. */
const LEASE_MS = 15_000
/** Timeout of the probes in the chart. */
const PROBE_TIMEOUT_MS = 5_000
/** Failed probes in a row after which the kubelet acts: its default, which the chart does not change. */
const FAILURE_THRESHOLD = 3
const PROBE_PAUSE_MS = 100
const READ_MS = 120_000
/** A slow machine may not finish the sync within its deadline. */
const MAX_ROUNDS = 30

describeCluster('the largest ExternalSecret that the API server admits', { timeout: 480_000 }, () => {
  const cluster = useCluster()

  it('delays neither probes, nor the Lease, nor another resource', async () => {
    await using env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { ...largestDocuments(), near: '0', far: '0' } },
    })
    await using others = await ManyNamespaces.open(cluster, ['b'])
    const other = new NamespaceObjects({ ...cluster, namespace: others.nameOf('b') })
    await using operator = await env.replica({
      namespaces: [cluster.namespace, other.cluster.namespace],
      nodeArgs: REPORTS_TURNS,
      args: ['--enable-cross-namespace-secret-store', '--log-level=info'],
    })
    await operator.leading()
    const secretStoreRef = { name: 'kms', namespace: cluster.namespace }
    await env.externalSecret('near', { password: 'near' })
    await other.apply('ExternalSecret', 'far', { data: [{ key: 'far', name: 'password', secretStoreRef }] })
    const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/ack-secret-manager`
    const lease = async (): Promise<{ holderIdentity: string; renewTime: string }> =>
      (await cluster.request<{ spec: { holderIdentity: string; renewTime: string } }>('GET', leasePath)).body.spec
    const before = await lease()
    await lagMaxMs(operator)

    await env.apply('ExternalSecret', 'large', largestSpec())
    const longestMs = { near: 0, far: 0 }
    let rounds = 0
    const rotate = async (name: 'near' | 'far', objects: NamespaceObjects, value: string): Promise<void> => {
      const putMs = performance.now()
      await env.simulator.put(name, value)
      await objects.untilSecret(name, { password: value })
      longestMs[name] = Math.max(longestMs[name], performance.now() - putMs)
    }
    const rotateAll = async (): Promise<void> => {
      await untilRead(env)
      const isSynced = async (): Promise<boolean> => (await env.ready('externalsecrets', 'large'))?.reason === 'Synced'
      for (let round = 1; round <= MAX_ROUNDS && !(await isSynced()); round += 1) {
        rounds = round
        await Promise.all([rotate('near', env, `${round}`), rotate('far', other, `${round}`)])
      }
    }
    let isDone = false
    const [probeMs] = await Promise.all([
      longestProbeMs(operator, () => isDone),
      rotateAll().finally(() => (isDone = true)),
    ])
    const figures = {
      nearMs: longestMs.near,
      farMs: longestMs.far,
      probeMs,
      lagMaxMs: await lagMaxMs(operator),
      turnCpuMs: longestTurnMs(operator.program),
    }
    const results = Object.entries(figures).map(([name, ms]) => `${name} ${Math.round(ms)}`)
    process.stdout.write(`the largest spec, ${rounds} rotations: ${results.join(', ')}\n`)

    const after = await until('the lease is renewed beyond its duration', async () => {
      const now = await lease()
      return Date.parse(now.renewTime) > Date.parse(before.renewTime) + LEASE_MS ? now : undefined
    })
    expect(rounds).toBeGreaterThan(0)
    expect(figures.turnCpuMs).toBeLessThan(PROBE_TIMEOUT_MS)
    expect(after.holderIdentity).toBe(before.holderIdentity)
    expect(await operator.metrics()).toMatch(/^acksm_leader 1$/m)
  })
})

/** Waits until each document was read. */
async function untilRead({ simulator }: TestEnvironment): Promise<void> {
  const isLarge = ({ secret }: { readonly secret: string }): boolean => secret.startsWith('large/')
  await until(
    'all documents are read',
    async () =>
      new Set((await simulator.calls()).calls.filter(isLarge).map(({ secret }) => secret)).size === LARGEST_ENTRIES,
    { deadlineMs: READ_MS },
  )
}

/** Longest delay of the event loop since the last call. */
async function lagMaxMs(operator: OperatorProcess): Promise<number> {
  return metricValue(await operator.metrics(), 'nodejs_eventloop_lag_max_seconds') * 1_000
}

/** Probes continuously. @throws Error if one responds that it fails, or several in a row do not respond in time */
async function longestProbeMs({ healthPort }: OperatorProcess, isDone: () => boolean): Promise<number> {
  let longestMs = 0
  const late: Record<string, number> = {}
  while (!isDone()) {
    for (const path of ['healthz', 'readyz']) {
      const askedMs = performance.now()
      const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
      const response = await fetch(`http://127.0.0.1:${healthPort}/${path}`, { signal }).catch((error: unknown) => {
        // A busy machine may not let a program run for as long.
        if (signal.aborted) return undefined
        throw error
      })
      late[path] = response === undefined ? (late[path] ?? 0) + 1 : 0
      expect(late[path], `${path} is late`).toBeLessThan(FAILURE_THRESHOLD)
      if (response !== undefined) expect({ path, status: response.status }).toEqual({ path, status: 200 })
      longestMs = Math.max(longestMs, performance.now() - askedMs)
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS))
  }
  return longestMs
}
