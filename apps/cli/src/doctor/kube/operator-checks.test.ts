import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import type { Finding } from '../check.ts'
import { leaderFinding } from './operator-checks.ts'

const NOW_MS = Date.parse('2026-01-02T00:00:00Z')
const NOT_FOUND = new KubeApiError('not found', { status: 404, reason: 'NotFound', causes: [] })
const OPERATOR = { namespace: 'ops', leaderElect: true, leaseNamespace: 'kube-system', leaseName: 'acksm', shards: 1 }

/** An hour behind the clock of the user. */
const lease = (seconds: number): object => ({
  spec: {
    holderIdentity: 'pod-1',
    leaseDurationSeconds: 15,
    renewTime: new Date(NOW_MS - 3_600_000 + seconds * 1_000).toISOString(),
  },
})

/** The finding, and the number of reads; the last answer repeats. Undefined: there is no Lease. */
async function found(answers: readonly (object | undefined)[]): Promise<{ finding: Finding; reads: number }> {
  const clock = new ManualClock(NOW_MS)
  let reads = 0
  const get = (): Promise<unknown> => {
    const answer = answers[Math.min(reads, answers.length - 1)]
    reads += 1
    return answer === undefined ? Promise.reject(NOT_FOUND) : Promise.resolve(answer)
  }
  const context = { client: { get } as Pick<KubeClient, 'get'>, nowMs: () => clock.now() }
  const finding = leaderFinding(context, clock, OPERATOR, new AbortController().signal)
  await clock.advance(15_000)
  return { finding: await finding, reads }
}

it('believes a Lease that is renewed, whatever the clock of its holder', async () => {
  expect(await found([lease(0), lease(0), lease(5)])).toEqual({
    finding: { status: 'ok', detail: 'pod-1 renews Lease kube-system/acksm' },
    reads: 3,
  })
})

it('waits a third of the duration for a renewal, and not longer', async () => {
  const { finding, reads } = await found([lease(0)])
  expect(finding).toMatchObject({
    status: 'failed',
    detail: 'pod-1 renewed Lease kube-system/acksm last at 2026-01-01T23:00:00.000Z: no replica leads',
  })
  expect(reads).toBe(11)
})

it('takes no deletion for a renewal', async () => {
  const { finding, reads } = await found([lease(0), undefined])
  expect(finding).toMatchObject({
    status: 'failed',
    detail: 'Lease kube-system/acksm was deleted: no replica leads',
    action: expect.stringContaining('kubectl -n ops logs') as string,
  })
  expect(reads).toBe(2)
})

it.each<[string, Readonly<Record<string, object>>, object]>([
  [
    'is ok while any shard is held, because its holder owns all domains',
    { 'acksm-1': held('pod-2') },
    { status: 'ok', detail: '1 of 3 Leases of shards held: pod-2 renewed Lease kube-system/acksm-1 0 s ago' },
  ],
  [
    'names each holder',
    { acksm: held('pod-1'), 'acksm-2': held('pod-3') },
    {
      status: 'ok',
      detail:
        '2 of 3 Leases of shards held: pod-1 renewed Lease kube-system/acksm 0 s ago, pod-3 renewed Lease kube-system/acksm-2 0 s ago',
    },
  ],
  [
    'fails if no shard is held',
    { 'acksm-2': held('') },
    {
      status: 'failed',
      detail: expect.stringMatching(
        /^0 of 3 Leases of shards held: Lease kube-system\/acksm does not exist: no replica has led yet, .*acksm-2 has no holder$/,
      ),
    },
  ],
])('with shards, the leader check %s', async (_rule, leases, expected) => {
  const get = (path: string): Promise<unknown> => {
    const stored = leases[path.slice(path.lastIndexOf('/') + 1)]
    return stored === undefined ? Promise.reject(NOT_FOUND) : Promise.resolve(stored)
  }
  const context = { client: { get } as Pick<KubeClient, 'get'>, nowMs: () => NOW_MS }
  const operator = { ...OPERATOR, shards: 3 }
  const { signal } = new AbortController()
  expect(await leaderFinding(context, new ManualClock(NOW_MS), operator, signal)).toMatchObject(expected)
})

function held(holderIdentity: string): object {
  return { spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: new Date(NOW_MS).toISOString() } }
}
