import { until } from '@ack-secret-manager/testbed'
import type { KubeSecret, ReadyCondition } from '../testing/cluster-objects.ts'
import type { Scene } from '../testing/scene.ts'
import type { SeenResource, Stage } from './stage.ts'

/** What an event of a resource says. */
export interface SaidEvent {
  readonly reason: string
  readonly note: string
}

/** Calls of KMS, by what came of them. */
export type Calls = Readonly<Record<string, number>>

const MERGE = { contentType: 'application/merge-patch+json' }

/**
 * One row on the stage, with secrets, resource and target that no other row touches. The ExternalSecret and the Secret
 * have the row’s id for a name, unless a test says otherwise; its secrets in KMS are called `ID.NAME`.
 */
export class Situation {
  readonly stage: Stage
  readonly id: string
  readonly #secrets = new Set<string>()

  constructor(stage: Stage, id: string) {
    this.stage = stage
    this.id = id
  }

  get scene(): Scene {
    return this.stage.scene
  }

  /** What KMS calls one of the secrets of this row. */
  kmsName(name: string): string {
    return `${this.id}.${name}`
  }

  /** Puts values into KMS, the first ones or new ones. */
  async put(values: Readonly<Record<string, string>>, versionId?: string): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      this.#secrets.add(name)
      await this.scene.simulator.put(this.kmsName(name), value, versionId)
    }
  }

  /** Makes a version of a secret the current one. */
  async moveStage(name: string, versionId: string): Promise<void> {
    const path = `/secrets/${this.kmsName(name)}/stages`
    await this.scene.simulator.control('PUT', path, { stage: 'ACSCurrent', versionId })
  }

  /** Deletes a secret in KMS. */
  async drop(name: string): Promise<void> {
    await this.scene.simulator.control('DELETE', `/secrets/${this.kmsName(name)}`)
  }

  /** Has the next calls for one secret fail: `throttle`, `http503`, `reset`, `garbage`, `deny`, `slow`, `hang`. */
  async fault(fault: string, name: string, more: object = {}): Promise<void> {
    await this.scene.simulator.control('POST', '/faults', { match: { secret: this.kmsName(name) }, fault, ...more })
  }

  /** Applies the ExternalSecret: a key for each of `keys`, by default for all that was put into KMS, or what `spec` says. */
  async apply(spec: object = {}, name: string = this.id, keys: Iterable<string> = this.#secrets): Promise<void> {
    const secrets = [...keys].map((key) => [key, this.kmsName(key)] as const)
    await this.scene.externalSecret(name, Object.fromEntries(secrets), spec)
  }

  /** Changes the ExternalSecret by a JSON merge patch. */
  async patch(change: object, name: string = this.id): Promise<void> {
    await this.#merge(this.scene.resourcePath('externalsecrets', name), change)
  }

  /** Has the operator read the secrets of the ExternalSecret now. */
  async refresh(name: string = this.id): Promise<void> {
    await this.patch({ metadata: { annotations: { 'alibabacloud.com/refresh-now': 'please' } } }, name)
  }

  async delete(name: string = this.id): Promise<void> {
    await this.scene.place.request('DELETE', this.scene.resourcePath('externalsecrets', name))
  }

  /** The ExternalSecret as it is. @throws Error when there is none */
  async resource(name: string = this.id): Promise<SeenResource> {
    const path = this.scene.resourcePath('externalsecrets', name)
    const { status, body } = await this.scene.place.request<SeenResource>('GET', path)
    if (status !== 200) throw new Error(`there is no ExternalSecret ${name}`)
    return body
  }

  /** What a Secret has as its ownerReference that goes with the ExternalSecret. */
  async reference(name: string = this.id): Promise<object> {
    const { apiVersion, kind, metadata } = await this.resource(name)
    return { apiVersion, kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: false }
  }

  /** Makes a Secret that no operator has anything to do with. */
  async foreignSecret(
    texts: Readonly<Record<string, string>>,
    metadata: object = {},
    name: string = this.id,
  ): Promise<KubeSecret> {
    await this.scene.applyObject({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name },
      stringData: texts,
    })
    return this.secret(name)
  }

  /** Changes the Secret by a JSON merge patch, as somebody else. */
  async editSecret(change: object, name: string = this.id): Promise<void> {
    await this.#merge(this.scene.secretPath(name), change)
  }

  /** Changes the SecretStore that has the row’s name, by a JSON merge patch. */
  async patchStore(spec: object): Promise<void> {
    await this.#merge(this.scene.resourcePath('secretstores', this.id), { spec })
  }

  /** The Secret as it is. @throws Error when there is none */
  async secret(name: string = this.id): Promise<KubeSecret> {
    const secret = await this.scene.secret(name)
    if (secret === undefined) throw new Error(`there is no Secret ${name}`)
    return secret
  }

  /** Waits for the Secret with exactly these values and for Ready True. */
  async untilSynced(texts: Readonly<Record<string, string>>, name: string = this.id): Promise<KubeSecret> {
    const secret = await this.scene.untilSecret(name, texts)
    await this.untilReady('Synced', name)
    return secret
  }

  /** Waits until the ExternalSecret gives this reason for how it is. */
  async untilReady(reason: string, name: string = this.id): Promise<ReadyCondition> {
    return this.scene.untilReason('externalsecrets', name, reason)
  }

  /** How often the Secret has been written since its first state, or since it had a resourceVersion. */
  async writesSince({ metadata: { resourceVersion } }: KubeSecret, name: string = this.id): Promise<number> {
    const states = await this.stage.secrets.of(name)
    const index = states.findIndex((state) => state?.metadata.resourceVersion === resourceVersion)
    if (index < 0) throw new Error(`Secret ${name} was never at ${resourceVersion}`)
    return states.length - 1 - index
  }

  /** Whether there has ever been a Secret. */
  async hadSecret(name: string = this.id): Promise<boolean> {
    return (await this.stage.secrets.of(name)).length > 0
  }

  /** Reasons of the Ready condition one after the other, without repetitions. */
  async reasons(name: string = this.id): Promise<readonly string[]> {
    const all = (await this.stage.resources.of(name)).map((state) => state?.status?.conditions?.[0]?.reason)
    return all.filter((reason, index) => reason !== undefined && reason !== all[index - 1]) as string[]
  }

  /** Calls for one secret of this row, by result: `{ OK: 2, 'Forbidden.NoPermission': 1 }`. */
  async calls(name: string): Promise<Calls> {
    const { calls } = await this.scene.simulator.calls()
    const found: Record<string, number> = {}
    for (const { secret, result, count } of calls) {
      if (secret === this.kmsName(name)) found[result] = (found[result] ?? 0) + count
    }
    return found
  }

  /** Waits until KMS has been asked for a secret so many times more, whatever came of it. */
  async untilAsked(name: string, times: number = 2): Promise<void> {
    const total = async (): Promise<number> => sum(await this.calls(name))
    const before = await total()
    await until(`KMS is asked for ${name} again`, async () => (await total()) >= before + times)
  }

  /** How often the operator that runs has looked at the ExternalSecret, as its log tells. */
  looks(name: string = this.id): number {
    const key = `"resource":"${this.scene.place.namespace}/${name}"`
    return this.stage.operator.program.lines.filter((line) => line.includes(key)).length
  }

  /** Waits until the operator that runs has looked at the ExternalSecret. */
  async untilLooked(name: string = this.id): Promise<void> {
    await until(`${name} was looked at`, async () => this.looks(name) > 0)
  }

  /** Events of the ExternalSecret so far, oldest first. They are written a moment after what they tell. */
  async events(name: string = this.id): Promise<readonly SaidEvent[]> {
    const { request, namespace } = this.scene.place
    interface Listed {
      readonly items: ReadonlyArray<
        SaidEvent & { readonly regarding: { readonly kind: string; readonly name: string }; readonly eventTime: string }
      >
    }
    const { body } = await request<Listed>('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
    return body.items
      .filter(({ regarding }) => regarding.kind === 'ExternalSecret' && regarding.name === name)
      .toSorted((a, b) => (a.eventTime < b.eventTime ? -1 : 1))
      .map(({ reason, note }) => ({ reason, note }))
  }

  /** Waits until events with exactly these reasons exist, in this order; a pattern is for `Synced,Stale`. */
  async untilEvents(reasons: readonly string[] | RegExp, name: string = this.id): Promise<readonly SaidEvent[]> {
    let seen: readonly SaidEvent[] = []
    const isAsExpected = async (): Promise<boolean> => {
      seen = await this.events(name)
      const told = seen.map(({ reason }) => reason).join()
      return reasons instanceof RegExp ? reasons.test(told) : told === reasons.join()
    }
    await until(`events ${String(reasons)}`, isAsExpected).catch((error: unknown) => {
      throw new Error(seen.map(({ reason, note }) => `${reason}: ${note}`).join('\n'), { cause: error })
    })
    return seen
  }

  async #merge(path: string, change: object): Promise<void> {
    const { status, body } = await this.scene.place.request('PATCH', path, change, MERGE)
    if (status !== 200) throw new Error(`PATCH ${path}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}

function sum(calls: Calls): number {
  return Object.values(calls).reduce((all, count) => all + count, 0)
}
