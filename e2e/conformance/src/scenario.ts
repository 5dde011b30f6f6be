import { type KubeSecret, type ReadyCondition, type TestEnvironment, until } from '@ack-secret-manager/testenv'
import type { ObservedResource, ScenarioFixture } from './scenario-fixture.ts'

/** Reason and note of an event. */
export interface EventText {
  readonly reason: string
  readonly note: string
}

/** Calls of KMS, by result. */
export type Calls = Readonly<Record<string, number>>

/**
 * One row of a table in the fixture. No other row uses its secrets, resource and target. The ExternalSecret and the Secret
 * have the row’s id as name by default; its secrets in KMS are called `ID.NAME`.
 */
export class Scenario {
  readonly fixture: ScenarioFixture
  readonly id: string
  readonly #secrets = new Set<string>()

  constructor(fixture: ScenarioFixture, id: string) {
    this.fixture = fixture
    this.id = id
  }

  get env(): TestEnvironment {
    return this.fixture.env
  }

  /** Name in KMS of a secret of this row. */
  kmsName(name: string): string {
    return `${this.id}.${name}`
  }

  /** Creates secrets in KMS, or gives them new values. */
  async put(values: Readonly<Record<string, string>>, versionId?: string): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      this.#secrets.add(name)
      await this.env.simulator.put(this.kmsName(name), value, versionId)
    }
  }

  /** Makes a version of a secret the current one. */
  async moveStage(name: string, versionId: string): Promise<void> {
    const path = `/secrets/${this.kmsName(name)}/stages`
    await this.env.simulator.control('PUT', path, { stage: 'ACSCurrent', versionId })
  }

  /** Deletes a secret in KMS. */
  async drop(name: string): Promise<void> {
    await this.env.simulator.control('DELETE', `/secrets/${this.kmsName(name)}`)
  }

  /** Makes the next calls for one secret fail: `throttle`, `http503`, `reset`, `garbage`, `deny`, `slow`, `hang`. */
  async fault(fault: string, name: string, more: object = {}): Promise<void> {
    await this.env.simulator.control('POST', '/faults', { match: { secret: this.kmsName(name) }, fault, ...more })
  }

  /**
   * Ends the faults of one secret once condition and event have the reason. A fault that ends by itself proves nothing:
   * an outcome may be replaced by the next one before it is written.
   */
  async healAfter(reason: string, name: string): Promise<void> {
    await this.untilReady(reason)
    await this.untilEvents(new RegExp(`${reason}$`, 'v'))
    await this.env.simulator.control('DELETE', `/faults?secret=${this.kmsName(name)}`)
  }

  /** Applies the ExternalSecret with a key for each of `keys`, by default for all secrets in KMS, unless `spec` overrides it. */
  async apply(spec: object = {}, name: string = this.id, keys: Iterable<string> = this.#secrets): Promise<void> {
    const secrets = [...keys].map((key) => [key, this.kmsName(key)] as const)
    await this.env.externalSecret(name, Object.fromEntries(secrets), spec)
  }

  /** Changes the ExternalSecret by a JSON merge patch. */
  async patch(change: object, name: string = this.id): Promise<void> {
    await this.#merge(this.env.resourcePath('externalsecrets', name), change)
  }

  /** Requests a refresh of the ExternalSecret. */
  async refresh(name: string = this.id): Promise<void> {
    await this.patch({ metadata: { annotations: { 'alibabacloud.com/refresh-now': 'please' } } }, name)
  }

  async delete(name: string = this.id): Promise<void> {
    await this.env.cluster.request('DELETE', this.env.resourcePath('externalsecrets', name))
  }

  /** The current ExternalSecret. @throws Error when it does not exist */
  async resource(name: string = this.id): Promise<ObservedResource> {
    const path = this.env.resourcePath('externalsecrets', name)
    const { status, body } = await this.env.cluster.request<ObservedResource>('GET', path)
    if (status !== 200) throw new Error(`ExternalSecret ${name} does not exist`)
    return body
  }

  /** The ownerReference that a Secret of the ExternalSecret has. */
  async reference(name: string = this.id): Promise<object> {
    const { apiVersion, kind, metadata } = await this.resource(name)
    return { apiVersion, kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: false }
  }

  /** Creates a Secret that no operator manages. */
  async foreignSecret(
    texts: Readonly<Record<string, string>>,
    metadata: object = {},
    name: string = this.id,
  ): Promise<KubeSecret> {
    await this.env.applyObject({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name },
      stringData: texts,
    })
    return this.secret(name)
  }

  /** Changes the Secret by a JSON merge patch, as another client. */
  async editSecret(change: object, name: string = this.id): Promise<void> {
    await this.#merge(this.env.secretPath(name), change)
  }

  /** Changes the SecretStore that has the row’s name, by a JSON merge patch. */
  async patchStore(spec: object): Promise<void> {
    await this.#merge(this.env.resourcePath('secretstores', this.id), { spec })
  }

  /** The current Secret. @throws Error when it does not exist */
  async secret(name: string = this.id): Promise<KubeSecret> {
    const secret = await this.env.secret(name)
    if (secret === undefined) throw new Error(`Secret ${name} does not exist`)
    return secret
  }

  /** Waits for the Secret with exactly these values and for Ready True. */
  async untilSynced(texts: Readonly<Record<string, string>>, name: string = this.id): Promise<KubeSecret> {
    const secret = await this.env.untilSecret(name, texts)
    await this.untilReady('Synced', name)
    return secret
  }

  /** Waits until the Ready condition of the ExternalSecret has this reason. */
  async untilReady(reason: string, name: string = this.id): Promise<ReadyCondition> {
    return this.env.untilReason('externalsecrets', name, reason)
  }

  /** Number of writes of the Secret since the given state. */
  async writesSince({ metadata: { resourceVersion } }: KubeSecret, name: string = this.id): Promise<number> {
    const states = await this.fixture.secrets.of(name)
    const index = states.findIndex((state) => state?.metadata.resourceVersion === resourceVersion)
    if (index < 0) throw new Error(`Secret ${name} never had resourceVersion ${resourceVersion}`)
    return states.length - 1 - index
  }

  /** Whether the Secret has ever existed. */
  async hadSecret(name: string = this.id): Promise<boolean> {
    return (await this.fixture.secrets.of(name)).length > 0
  }

  /** Reasons of the Ready condition in order, without repetitions. */
  async reasons(name: string = this.id): Promise<readonly string[]> {
    const all = (await this.fixture.resources.of(name)).map((state) => state?.status?.conditions?.[0]?.reason)
    return all.filter((reason, index) => reason !== undefined && reason !== all[index - 1]) as string[]
  }

  /** Calls for one secret of this row, by result: `{ OK: 2, 'Forbidden.NoPermission': 1 }`. */
  async calls(name: string): Promise<Calls> {
    const { calls } = await this.env.simulator.calls({ secret: this.kmsName(name) })
    const found: Record<string, number> = {}
    for (const { result, count } of calls) found[result] = (found[result] ?? 0) + count
    return found
  }

  /** Waits until KMS has received this many more calls for a secret, whatever their result. */
  async untilRead(name: string, times: number = 2): Promise<void> {
    const total = async (): Promise<number> => sum(await this.calls(name))
    const before = await total()
    await until(`KMS gets another call for ${name}`, async () => (await total()) >= before + times)
  }

  /** Reconciles of the ExternalSecret by the running operator, counted in its log. */
  reconciles(name: string = this.id): number {
    const key = `"resource":"${this.env.cluster.namespace}/${name}"`
    return this.fixture.operator.program.lines.filter((line) => line.includes(key)).length
  }

  /** Waits until the running operator has reconciled the ExternalSecret. */
  async untilReconciled(name: string = this.id): Promise<void> {
    await until(`${name} is reconciled`, async () => this.reconciles(name) > 0)
  }

  /** Events of the ExternalSecret, oldest first. They are written shortly after the change. */
  async events(name: string = this.id): Promise<readonly EventText[]> {
    const { request, namespace } = this.env.cluster
    interface Listed {
      readonly items: ReadonlyArray<
        EventText & { readonly regarding: { readonly kind: string; readonly name: string }; readonly eventTime: string }
      >
    }
    const { body } = await request<Listed>('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
    return body.items
      .filter(({ regarding }) => regarding.kind === 'ExternalSecret' && regarding.name === name)
      .toSorted((a, b) => (a.eventTime < b.eventTime ? -1 : 1))
      .map(({ reason, note }) => ({ reason, note }))
  }

  /** Waits until events with exactly these reasons exist, in this order; a pattern is for `Synced,Stale`. */
  async untilEvents(reasons: readonly string[] | RegExp, name: string = this.id): Promise<readonly EventText[]> {
    let seen: readonly EventText[] = []
    const isAsExpected = async (): Promise<boolean> => {
      seen = await this.events(name)
      const actual = seen.map(({ reason }) => reason).join()
      return reasons instanceof RegExp ? reasons.test(actual) : actual === reasons.join()
    }
    await until(`events ${String(reasons)}`, isAsExpected).catch((error: unknown) => {
      throw new Error(seen.map(({ reason, note }) => `${reason}: ${note}`).join('\n'), { cause: error })
    })
    return seen
  }

  async #merge(path: string, change: object): Promise<void> {
    const { status, body } = await this.env.cluster.request('PATCH', path, change)
    if (status !== 200) throw new Error(`PATCH ${path}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}

function sum(calls: Calls): number {
  return Object.values(calls).reduce((all, count) => all + count, 0)
}
