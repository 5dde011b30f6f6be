import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import {
  ACCESS_KEY,
  accessKeyStore,
  NamespaceObjects,
  TestEnvironment,
  type TestNamespace,
  until,
} from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

const OWN_KEY = { id: 'LTAI5tTenant', secret: canary('tenant-key') }
const ALL = { allowPush: [{ secrets: ['**'] }] }

interface Pushed {
  readonly status?: { readonly secrets?: readonly { readonly key: string; readonly state: string }[] }
}

/** A PushSecret of one tenant. */
class TenantPush {
  readonly #objects: NamespaceObjects

  constructor(tenant: TestNamespace) {
    this.#objects = new NamespaceObjects(tenant)
  }

  nameOf(which: 'old' | 'new'): string {
    return `${this.#objects.cluster.namespace}/${which}`
  }

  /** Pushes through a store of its own, until KMS has the secret. */
  async start(): Promise<void> {
    await this.#objects.putSecret('own-key', { ...OWN_KEY })
    await this.#objects.putSecret('source', { value: 'theirs' })
    await this.#objects.apply('SecretStore', 'own', { ...accessKeyStore('own-key'), ...ALL })
    await this.push('old', { name: 'own' })
    await this.#objects.untilReason('pushsecrets', 'web', 'Synced')
  }

  push(which: 'old' | 'new', secretStoreRef: object): Promise<void> {
    const data = [{ key: this.nameOf(which), secretKey: 'value' }]
    const spec = { secretStoreRef, selector: { name: 'source' }, data, deletionPolicy: 'Delete' }
    return this.#objects.apply('PushSecret', 'web', spec)
  }

  async states(): Promise<unknown> {
    const path = this.#objects.resourcePath('pushsecrets', 'web')
    const { body } = await this.#objects.cluster.request<Pushed>('GET', path)
    return body.status?.secrets?.map(({ key, state }) => [key, state])
  }
}

describeCluster('tenants whose former endpoint hangs', { timeout: 240_000 }, () => {
  const victim = useCluster()
  /** As many as an endpoint and account has workers. */
  const tenants = [useCluster(), useCluster(), useCluster(), useCluster()]

  it('take no worker from the pushes of another namespace', async () => {
    const allow = [{ actions: ['kms:*'], resources: ['*'] }]
    const accessKeys = [ACCESS_KEY, OWN_KEY].map((key) => ({ ...key, allow }))
    await using env = await TestEnvironment.start({ controlPlane: victim, seed: () => ({ accessKeys, secrets: [] }) })
    await env.putSecret('kms-key', { ...ACCESS_KEY })
    const shared = {
      kind: 'ClusterSecretStore',
      name: await env.clusterStore('shared', { ...accessKeyStore('kms-key', victim.namespace), ...ALL }),
    }
    const namespaces = [victim, ...tenants].map(({ namespace }) => namespace)
    await (await env.replica({ namespaces, args: ['--process-push-secret'] })).leading()
    const pushes = tenants.map((tenant) => new TenantPush(tenant))
    for (const push of pushes) await push.start()

    await env.simulator.control('DELETE', '/calls')
    const match = { action: 'DescribeSecret', secret: '*/old' }
    await env.simulator.control('POST', '/faults', { match, fault: 'hang' })
    await Promise.all(pushes.map((push) => push.push('new', shared)))
    for (const push of pushes) {
      await until(`the deletion of ${push.nameOf('old')} hangs`, async () => {
        const { total } = await env.simulator.calls({ action: 'DescribeSecret', secret: push.nameOf('old') })
        return total > 0
      })
    }
    await env.putSecret('source', { value: 'ours' })
    await env.apply('PushSecret', 'web', {
      secretStoreRef: shared,
      selector: { name: 'source' },
      data: [{ key: 'web', secretKey: 'value' }],
    })
    await env.untilReason('pushsecrets', 'web', 'Synced')
    const expected = pushes.map((push) => [
      [push.nameOf('new'), 'Pending'],
      [push.nameOf('old'), 'Pushed'],
    ])
    expect(await Promise.all(pushes.map((push) => push.states()))).toEqual(expected)
    await env.simulator.control('DELETE', '/faults')
  })
})
