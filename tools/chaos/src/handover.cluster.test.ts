import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { type OperatorProcess, until } from '@ack-secret-manager/testbed'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Course } from './course.ts'
import type { Violation } from './invariants/judge.ts'
import { changeCluster } from './play-faults.ts'
import { LEASE_S } from './replicas.ts'
import { converge } from './settle.ts'
import { openStage, type Stage } from './stage.ts'
import { RESOURCES, targetOf } from './world/resources.ts'

describeCluster('two replicas', () => {
  const broken: Violation[] = []
  const onViolation = (violation: Violation): void => void broken.push(violation)
  const course: Course = { signal: new AbortController().signal, tell: () => undefined, onViolation }
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage({ onViolation })
  })
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    await converge(stage, 'everything', course)
  })

  const leader = (): Promise<OperatorProcess> => until('a replica leads', async () => stage.replicas.leader())
  const versions = (): readonly (string | undefined)[] =>
    RESOURCES.map((resource) => stage.witness.secrets.get(targetOf(resource))?.resourceVersion)
  const successor = (of: OperatorProcess): Promise<OperatorProcess> =>
    until('another replica leads', async () => {
      const now = stage.replicas.leader()
      return now === of ? undefined : now
    })
  /** A change is followed, and nothing else has happened meanwhile. */
  const followsChanges = async (): Promise<void> => {
    await stage.world.do({ kind: 'rotate', secret: 's0' })
    await converge(stage, 'the change', course)
    expect(broken).toEqual([])
  }

  it('hand over at SIGTERM: exit code 0, nothing rewritten, changes followed', async () => {
    const before = versions()
    const first = await leader()
    expect(await stage.replicas.end(first)).toBe(0)
    const next = await successor(first)
    await until('it has read what it looks after', async () =>
      /acksm_sync_total\{result="none"\} \d/.test(await next.metrics()),
    )
    expect(versions()).toEqual(before)
    await followsChanges()
  })

  it('finish at SIGTERM what they have begun to write', async () => {
    const first = await leader()
    const order: string[] = []
    const isWrite = ({ method, path }: { method: string; path: string }): boolean =>
      method === 'PATCH' && path.includes('/secrets/')
    const begun = new Promise<void>((begin) => {
      stage.doors.api.hook = {
        before: (call) => {
          if (isWrite(call)) begin()
          return false
        },
        after: (call) => {
          if (isWrite(call)) order.push('written')
          return false
        },
      }
    })
    await stage.world.do({ kind: 'rotate', secret: 's1' })
    await begun
    const code = await stage.replicas.end(first)
    order.push('ended')
    stage.doors.api.hook = undefined
    expect(code).toBe(0)
    expect(order[0]).toBe('written')
    await converge(stage, 'the change', course)
    expect(broken).toEqual([])
  })

  it('go on when the leader is paused beyond its lease; woken up it writes nothing, and ends', async () => {
    const first = await leader()
    first.program.kill('SIGSTOP')
    await successor(first)
    await followsChanges()
    const before = versions()
    first.program.kill('SIGCONT')
    expect(await first.program.exited).toBe(1)
    expect(first.program.lines.join('\n')).toContain('lost the lease')
    expect(versions()).toEqual(before)
    expect(broken).toEqual([])
  })

  it('are updated one by one under a definition that has grown: nothing rewritten, no change missed', async () => {
    const before = versions()
    const old = stage.replicas.running
    await changeCluster(stage, { kind: 'change-crd' })
    for (const replica of old) {
      const added = await stage.replicas.add()
      await added.program.line((line) => (line.includes('Caches are warm') ? true : undefined))
      expect(await stage.replicas.end(replica)).toBe(0)
    }
    await leader()
    expect(versions()).toEqual(before)
    await followsChanges()
  })

  it('do not mind a lease whose times are an hour off', async () => {
    const first = await leader()
    for (const hours of [1, -1]) {
      const renewTime = new Date(Date.now() + hours * 3_600_000).toISOString().replace('Z', '000Z')
      await stage.plane.request(
        'PATCH',
        '/apis/coordination.k8s.io/v1/namespaces/acksm-system/leases/ack-secret-manager',
        { spec: { renewTime } },
        { contentType: 'application/merge-patch+json' },
      )
      await new Promise((resolve) => setTimeout(resolve, (LEASE_S + 1) * 1_000))
    }
    expect(stage.replicas.leader()).toBe(first)
    await followsChanges()
  })
})
