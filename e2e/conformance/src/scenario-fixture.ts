import type { KubeObject } from '@ack-secret-manager/k8s-client'
import {
  type KubeSecret,
  ObjectHistory,
  type OperatorProcess,
  type ReadyCondition,
  TestEnvironment,
  type TestNamespace,
  type TestSeed,
} from '@ack-secret-manager/testenv'

/** An ExternalSecret as the API server has it. */
export interface ObservedResource extends KubeObject {
  readonly status?: { readonly conditions?: readonly ReadyCondition[] }
}

/** Options of {@link ScenarioFixture.open}. */
export interface ScenarioFixtureOptions {
  readonly cluster: TestNamespace
  /** Flags of the operator in addition to those of a {@link TestEnvironment}. @default an interval of one second */
  readonly args?: readonly string[]
  /** Seed of the {@link TestEnvironment}: everything in Alibaba Cloud except secrets. */
  readonly seed?: Omit<TestSeed, 'secrets'>
}

/** Environment of scenarios: a simulated KMS, a namespace, an operator, and the history of all objects. */
export class ScenarioFixture implements AsyncDisposable {
  readonly env: TestEnvironment
  readonly secrets: ObjectHistory<KubeObject & KubeSecret>
  readonly resources: ObjectHistory<ObservedResource>

  readonly #args: readonly string[]

  private constructor(parts: Pick<ScenarioFixture, 'env' | 'secrets' | 'resources'>, args: readonly string[]) {
    this.env = parts.env
    this.secrets = parts.secrets
    this.resources = parts.resources
    this.#args = args
  }

  static async open({
    cluster,
    args = ['--polling-interval=1s'],
    seed = {},
  }: ScenarioFixtureOptions): Promise<ScenarioFixture> {
    const env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: {}, ...seed } })
    try {
      const api = '/apis/alibabacloud.com/v1alpha1'
      const secrets = env.use(await ObjectHistory.start<KubeObject & KubeSecret>(cluster, '/api/v1', 'secrets'))
      const resources = env.use(await ObjectHistory.start<ObservedResource>(cluster, api, 'externalsecrets'))
      const fixture = new ScenarioFixture({ env, secrets, resources }, args)
      await fixture.#start()
      return fixture
    } catch (error) {
      await env[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The operator that was started last. */
  get operator(): OperatorProcess {
    const operator = this.env.operators.at(-1)
    if (operator === undefined) throw new Error('no operator was started')
    return operator
  }

  /** Stops the operator, runs steps, and starts another operator. For sequential tables. */
  async withoutOperator(steps: () => Promise<void>): Promise<void> {
    await this.operator.stop()
    await steps()
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.env[Symbol.asyncDispose]()
  }

  async #start(): Promise<void> {
    await this.env.leader(...this.#args)
    // A resource that is created before its store is Ready would report that.
    await this.env.untilReason('secretstores', 'kms', 'Ready')
  }
}
