import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { OperatorProcess } from '@ack-secret-manager/testbed'
import type { ClusterPlace, KubeSecret, ReadyCondition } from '../testing/cluster-objects.ts'
import { ObjectHistory } from '../testing/object-history.ts'
import { Scene, type SceneOptions } from '../testing/scene.ts'

/** An ExternalSecret as the API server has it. */
export interface SeenResource extends KubeObject {
  readonly status?: { readonly conditions?: readonly ReadyCondition[] }
}

/** Options of {@link Stage.open}. */
export interface StageOptions {
  readonly place: ClusterPlace
  /** Of the operator, beside those of a {@link Scene}. @default an interval of one second */
  readonly args?: readonly string[]
  /** Of a {@link Scene}: what there is in Alibaba Cloud beside secrets. */
  readonly seed?: NonNullable<SceneOptions['seed']>
}

/** Where situations happen: a simulated KMS, a namespace, an operator, and a watch that forgets nothing. */
export class Stage implements AsyncDisposable {
  readonly scene: Scene
  readonly secrets: ObjectHistory<KubeObject & KubeSecret>
  readonly resources: ObjectHistory<SeenResource>

  readonly #args: readonly string[]

  private constructor(parts: Pick<Stage, 'scene' | 'secrets' | 'resources'>, args: readonly string[]) {
    this.scene = parts.scene
    this.secrets = parts.secrets
    this.resources = parts.resources
    this.#args = args
  }

  static async open({ place, args = ['--polling-interval=1s'], seed = {} }: StageOptions): Promise<Stage> {
    const parts = {
      scene: await Scene.open({ ...place, secrets: {}, seed }),
      secrets: await ObjectHistory.start<KubeObject & KubeSecret>(place, '/api/v1', 'secrets'),
      resources: await ObjectHistory.start<SeenResource>(place, '/apis/alibabacloud.com/v1alpha1', 'externalsecrets'),
    }
    const stage = new Stage(parts, args)
    try {
      await stage.#start()
      return stage
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The one that runs, or ran last. */
  get operator(): OperatorProcess {
    const operator = this.scene.operators.at(-1)
    if (operator === undefined) throw new Error('no operator was started')
    return operator
  }

  /** Stops the operator, lets something happen, and starts another one. For tables that are played in order. */
  async withoutOperator(happen: () => Promise<void>): Promise<void> {
    await this.operator.stop()
    await happen()
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.secrets[Symbol.asyncDispose](), this.resources[Symbol.asyncDispose]()])
    await this.scene[Symbol.asyncDispose]()
  }

  async #start(): Promise<void> {
    const operator = await this.scene.operator(...this.#args)
    await operator.leading()
    // A resource that comes before its store is ready says so.
    await this.scene.untilReason('secretstores', 'kms', 'Ready')
  }
}
