import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { accessKeyStore, roleArn } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { PushEnvironment } from './push-environment.ts'

const PUSHING = '--process-push-secret'
/** Validated two at a time for ten seconds each, so that the leader does not wait for the last one of them. */
const HANGING = Array.from({ length: 12 }, (_none, at) => `hanging-${at}`)

describeCluster('a restarted operator', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('keeps a terminating PushSecret until its store is validated, and then deletes its KMS secret', async () => {
    await using push = await PushEnvironment.start(
      cluster,
      {},
      { roles: [{ name: 'slow', trust: { accessKeys: ['*'] } }] },
    )
    await push.env.putSecret('source', { value: 'pushed' })
    const first = await push.env.leader(PUSHING)
    await push.push('web', [{ key: 'restarted', secretKey: 'value' }], { deletionPolicy: 'Delete' })
    await push.env.untilReason('pushsecrets', 'web', 'Synced')
    await first.stop()

    await push.env.simulator.control('POST', '/faults', { match: { action: 'AssumeRole' }, fault: 'hang' })
    const { KMS } = accessKeyStore('kms-key') as { readonly KMS: { readonly KMSAuth: object } }
    for (const name of HANGING) {
      const KMSAuth = { ...KMS.KMSAuth, ramRoleARN: roleArn('slow'), ramRoleSessionName: name }
      await push.env.apply('SecretStore', name, { KMS: { KMSAuth } })
    }
    await push.delete('web')
    await push.env.leader(PUSHING)
    const { message } = await push.env.untilReason('pushsecrets', 'web', 'DeletionFailed')
    expect(message).toBe(
      `SecretStore ${cluster.namespace}/kms is not validated yet; the PushSecret stays until then, or until deletionPolicy is None`,
    )
    expect([(await push.stateOf('restarted'))?.isDeleted, await push.env.visibleObjects()]).toEqual([
      false,
      expect.not.stringContaining('LeftInKMS') as string,
    ])

    await push.env.simulator.control('DELETE', '/faults')
    await push.untilGone('web')
    expect((await push.stateOf('restarted'))?.isDeleted).toBe(true)
  })
})
