import { isDeepStrictEqual } from 'node:util'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import {
  ACCESS_KEY,
  accessKeyStore,
  metricValue,
  TestEnvironment,
  type TestNamespace,
  until,
} from '@ack-secret-manager/testenv'

/** What a PushSecret needs: the least RAM policy of the guide. */
export const PUSH_ACTIONS = [
  'kms:CreateSecret',
  'kms:PutSecretValue',
  'kms:DescribeSecret',
  'kms:ListSecretVersionIds',
  'kms:UpdateSecretVersionStage',
  'kms:TagResource',
  'kms:DeleteSecret',
  'kms:RestoreSecret',
]

interface PushedStatus {
  readonly metadata: { readonly finalizers?: readonly string[] }
  readonly status?: {
    readonly secrets?: readonly {
      readonly key: string
      readonly state: string
      readonly region?: string
      readonly secretStoreRef: { readonly name: string }
      readonly versionId?: string
      readonly reason?: string
    }[]
  }
}

/** A namespace whose store `kms` may write every secret, and read with the same identity. */
export class PushEnvironment implements AsyncDisposable {
  readonly env: TestEnvironment

  private constructor(env: TestEnvironment) {
    this.env = env
  }

  static async start(
    cluster: TestNamespace,
    secrets: Readonly<Record<string, string>> = {},
    more: Pick<Seed, 'roles'> = {},
  ): Promise<PushEnvironment> {
    const allow = [{ actions: [...PUSH_ACTIONS, 'kms:GetSecretValue', 'sts:AssumeRole'], resources: ['*'] }]
    const env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: () => ({
        accessKeys: [{ ...ACCESS_KEY, allow }],
        secrets: Object.entries(secrets).map(([name, data]) => ({ name, versions: [{ id: 'v1', data }] })),
        ...more,
      }),
    })
    const push = new PushEnvironment(env)
    await env.putSecret('kms-key', { ...ACCESS_KEY })
    await push.store({ allowPush: [{ secrets: ['**'] }] })
    return push
  }

  /** Applies the store `kms`. */
  store(more: object): Promise<void> {
    return this.env.apply('SecretStore', 'kms', { ...accessKeyStore('kms-key'), ...more })
  }

  /** Applies a PushSecret of the Secret `source`. */
  push(name: string, data: readonly object[], more: object = {}): Promise<void> {
    const spec = { secretStoreRef: { name: 'kms' }, selector: { name: 'source' }, data, ...more }
    return this.env.apply('PushSecret', name, spec)
  }

  /** The current value in KMS; undefined without one that can be read. */
  async valueOf(name: string): Promise<string | undefined> {
    const state = await this.stateOf(name)
    if (state?.isDeleted === true) return undefined
    return state?.versions.find(({ stages }) => stages.includes('ACSCurrent'))?.data
  }

  /** A secret as the simulator has it. */
  async stateOf(name: string): Promise<SimulatedSecret | undefined> {
    const response = await fetch(new URL(`/secrets/${name}`, this.env.simulator.ready.control))
    return response.status === 404 ? undefined : ((await response.json()) as SimulatedSecret)
  }

  async untilValue(name: string, value: string): Promise<void> {
    await until(`KMS secret ${name} has the expected value`, async () => (await this.valueOf(name)) === value)
  }

  async object(name: string): Promise<PushedStatus | undefined> {
    const { status, body } = await this.env.cluster.request<PushedStatus>(
      'GET',
      this.env.resourcePath('pushsecrets', name),
    )
    return status === 200 ? body : undefined
  }

  async delete(name: string): Promise<void> {
    await this.env.cluster.request('DELETE', this.env.resourcePath('pushsecrets', name))
  }

  async untilGone(name: string): Promise<void> {
    await until(`PushSecret ${name} is gone`, async () => (await this.object(name)) === undefined)
  }

  /** Waits until the status records exactly these KMS secrets as pushed. The Ready condition may still be that of an earlier run. */
  async untilPushed(name: string, ...keys: readonly string[]): Promise<void> {
    await until(`PushSecret ${name} has pushed ${keys.join(', ')}`, async () => {
      const secrets = (await this.object(name))?.status?.secrets
      return isDeepStrictEqual(
        secrets?.map(({ key, state }) => [key, state]),
        keys.map((key) => [key, 'Pushed']),
      )
    })
  }

  /** Waits until the first operator has counted this result so many times more than before `change`. */
  async untilCounted(result: string, times: number, change: () => Promise<void>): Promise<void> {
    const count = async (): Promise<number> =>
      metricValue((await this.env.operators[0]?.metrics()) ?? '', `acksm_push_total{result="${result}"}`) || 0
    const before = await count()
    await change()
    await until(`${times} pushes more are ${result}`, async () => (await count()) >= before + times)
  }

  /** Waits for the reason of the Ready condition of an object in any namespace. */
  async untilReasonAt(path: string, reason: string): Promise<void> {
    await until(`${path} says ${reason}`, async () => {
      const { body } = await this.env.cluster.request<{ status?: { conditions?: { reason: string }[] } }>('GET', path)
      return body.status?.conditions?.[0]?.reason === reason
    })
  }

  /** Makes the calls of an action for a secret fail from now on. */
  async fault(fault: 'hang' | 'lost', action: string, secret: string): Promise<void> {
    await this.env.simulator.control('POST', '/faults', { match: { action, secret }, fault })
  }

  /** Waits until the simulator has received such a call. */
  async untilCalled(action: string, secret: string): Promise<void> {
    await until(`${action} for ${secret}`, async () => (await this.env.simulator.calls({ action, secret })).total > 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.env[Symbol.asyncDispose]()
  }
}

export interface SimulatedSecret {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly isDeleted: boolean
  readonly versions: readonly { readonly id: string; readonly data: string; readonly stages: readonly string[] }[]
}
