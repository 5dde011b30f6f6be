import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { accessKeyStore, apply, type OperatorProcess } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { PushEnvironment } from './push-environment.ts'

const POLICY = { deletionPolicy: 'Delete', recoveryWindowInDays: 7 }
const PUSHING = '--process-push-secret'

describeCluster('an operator that pushes', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('killed before or after any write leaves nothing lost and nothing twice', async () => {
    await using push = await PushEnvironment.start(cluster)
    let operator: OperatorProcess = await push.env.leader(PUSHING)
    const put = (name: string, value: string): Promise<void> => push.env.putSecret(name, { value })
    const target = (name: string, more: object = POLICY, stages: readonly string[] = []): Promise<void> =>
      push.push(name, [{ key: name, secretKey: 'value', versionStages: stages }], { selector: { name }, ...more })
    /** Two calls at once, because one namespace has two workers. */
    const killDuring = async (
      ...calls: readonly (readonly [
        fault: 'hang' | 'lost',
        action: string,
        secret: string,
        change: () => Promise<void>,
      ])[]
    ): Promise<void> => {
      await push.env.simulator.control('DELETE', '/calls')
      for (const [fault, action, secret] of calls) await push.fault(fault, action, secret)
      await Promise.all(calls.map(([, , , change]) => change()))
      await Promise.all(calls.map(([, action, secret]) => push.untilCalled(action, secret)))
      operator.program.kill()
      await operator.program.exited
      for (const [fault, action, secret] of calls) {
        // After a lost response it may have found out what KMS has done.
        const states = fault === 'lost' ? ['Pending', 'Pushed'] : ['Pending']
        // Recorded before the call, so that a deletion finds the secret whatever KMS has done.
        const recorded = (await push.object(secret))?.status?.secrets?.map(({ key, state }) => [key, state])
        if (action === 'CreateSecret') expect(recorded).toEqual([[secret, expect.toBeOneOf(states)]])
      }
      await push.env.simulator.control('DELETE', '/faults')
      // A killed leader does not release its Lease.
      await cluster.request(
        'DELETE',
        `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/ack-secret-manager`,
      )
      operator = await push.env.leader(PUSHING)
    }
    // The condition may be of the run before the kill: only KMS shows that the next leader is done.
    const expectVersions = async (name: string, versions: readonly unknown[]): Promise<void> => {
      const actual = async (): Promise<unknown> =>
        (await push.stateOf(name))?.versions.map(({ id, data, stages }) => [id.slice(0, 7), data, ...stages])
      await expect.poll(actual, { timeout: 60_000 }).toEqual(versions)
    }

    for (const name of ['before', 'after']) await put(name, 'A')
    await killDuring(
      ['hang', 'CreateSecret', 'before', () => target('before')],
      ['lost', 'CreateSecret', 'after', () => target('after', POLICY, ['green'])],
    )
    for (const name of ['before', 'after']) await push.untilValue(name, 'A')
    await push.env.untilReason('pushsecrets', 'after', 'Synced')
    await expectVersions('before', [['acksm-1', 'A', 'ACSCurrent']])
    await expectVersions('after', [['acksm-1', 'A', 'ACSCurrent', 'green']])

    await killDuring(
      ['hang', 'PutSecretValue', 'before', () => put('before', 'B')],
      ['lost', 'PutSecretValue', 'after', () => put('after', 'B')],
    )
    for (const name of ['before', 'after']) await push.untilValue(name, 'B')
    await push.env.untilReason('pushsecrets', 'after', 'Synced')
    await expectVersions('before', [
      ['acksm-1', 'A', 'ACSPrevious'],
      ['acksm-2', 'B', 'ACSCurrent'],
    ])
    await expectVersions('after', [
      ['acksm-1', 'A', 'ACSPrevious'],
      ['acksm-2', 'B', 'ACSCurrent', 'green'],
    ])

    await killDuring(
      ['hang', 'DeleteSecret', 'before', () => push.delete('before')],
      ['lost', 'UpdateSecretVersionStage', 'after', () => target('after', POLICY, ['green', 'blue'])],
    )
    await push.untilGone('before')
    await push.env.untilReason('pushsecrets', 'after', 'Synced')
    expect((await push.stateOf('before'))?.isDeleted).toBe(true)
    await expectVersions('after', [
      ['acksm-1', 'A', 'ACSPrevious'],
      ['acksm-2', 'B', 'ACSCurrent', 'green', 'blue'],
    ])

    await killDuring(
      ['hang', 'RestoreSecret', 'before', () => target('before')],
      ['lost', 'DeleteSecret', 'after', () => push.delete('after')],
    )
    await push.env.untilReason('pushsecrets', 'before', 'Synced')
    await push.untilGone('after')
    expect([(await push.stateOf('before'))?.isDeleted, (await push.stateOf('after'))?.isDeleted]).toEqual([false, true])
    await expectVersions('before', [
      ['acksm-1', 'A', 'ACSPrevious'],
      ['acksm-2', 'B', 'ACSCurrent'],
    ])
  })

  it('of two clusters to one name: the first wins, and the other never changes its secret', async () => {
    await using push = await PushEnvironment.start(cluster)
    const namespace = `${cluster.namespace}-too`
    await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const { data } = (await push.env.secret('kms-key')) ?? {}
    await push.env.putSecret('source', { value: 'first' })
    const spec = {
      secretStoreRef: { name: 'kms' },
      selector: { name: 'source' },
      data: [{ key: 'shared/name', secretKey: 'value' }],
    }
    for (const object of [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kms-key' }, data },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'source' }, stringData: { value: 'second' } },
      {
        ...API,
        kind: 'SecretStore',
        metadata: { name: 'kms' },
        spec: { ...accessKeyStore('kms-key'), allowPush: [{ secrets: ['**'] }] },
      },
      { ...API, kind: 'PushSecret', metadata: { name: 'web' }, spec },
    ]) {
      await apply(cluster.request, object, namespace)
    }
    // The same namespace and name of a resource in two clusters; each installation has its own digest key.
    const args = [PUSHING, `--leader-election-namespace=${namespace}`]
    await push.push('web', spec.data)
    await push.env.leader(PUSHING)
    await push.untilValue('shared/name', 'first')
    await (await push.env.replica({ args, namespaces: [namespace] })).leading()
    const path = `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/pushsecrets/web`
    await push.untilReasonAt(path, 'TargetConflict')
    await cluster.request('DELETE', path)
    expect((await push.stateOf('shared/name'))?.versions.map(({ data: value }) => value)).toEqual(['first'])
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`)
  })
})

const API = { apiVersion: 'alibabacloud.com/v1alpha1' }
