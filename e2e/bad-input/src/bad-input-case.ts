import { type KubeSecret, type ReadyCondition, type TestEnvironment, until } from '@ack-secret-manager/testenv'

/** One failure of an identity. */
export interface BadInputSpec {
  /** Spec of the working store. */
  readonly good: (row: BadInputCase) => object | Promise<object>
  /** Credential of the store. */
  readonly keep: (row: BadInputCase) => Promise<Readonly<Record<string, string>>>
  /** Identity that KMS logs for its reads. */
  readonly reader: string
  /** Use a ClusterSecretStore. @default false */
  readonly cluster?: boolean
  readonly breaks: (row: BadInputCase) => Promise<void>
  /** Expected Ready condition of the store. */
  readonly store: { readonly reason: string; readonly says: RegExp }
  /** Expected Ready condition of the ExternalSecret; `says` if an earlier message has the same reason. */
  readonly resource: { readonly reason: string; readonly says?: RegExp }
  /** Only a read can detect the recovery, so reads continue. @default false */
  readonly isReadAgain?: boolean
}

/** Observed state of a row. */
export interface RowState {
  readonly store: ReadyCondition | undefined
  readonly resource: ReadyCondition | undefined
  readonly secret: Pick<KubeSecret, 'data'> & { readonly resourceVersion: string | undefined }
  /** Identities that have read its secret according to KMS, and how often. */
  readonly readers: readonly string[]
  readonly reads: number
}

/** A working store and a synced ExternalSecret, which the case then breaks. */
export class BadInputCase {
  readonly env: TestEnvironment
  /** Name of the store, the ExternalSecret and its Secret. */
  readonly name: string
  readonly spec: BadInputSpec
  /** Name of the Secret with the credential. */
  readonly credential: string
  readonly #what: string
  readonly #secretName: string
  #storeName: string
  #before: RowState | undefined
  #broken: RowState | undefined

  constructor(env: TestEnvironment, index: number, what: string, spec: BadInputSpec) {
    this.env = env
    this.name = `row-${index}`
    this.credential = `${this.name}-credential`
    this.#what = what
    this.spec = spec
    this.#storeName = this.name
    this.#secretName = BadInputCase.secretName(index)
  }

  /** Name in KMS of the secret of a row. */
  static secretName(index: number): string {
    return `row/${index}`
  }

  /** Syncs the ExternalSecret through the working store. */
  async begin(value: string): Promise<void> {
    const { good, keep, cluster = false } = this.spec
    await this.env.putSecret(this.credential, await keep(this))
    const spec = await good(this)
    if (cluster) this.#storeName = await this.env.clusterStore(this.name, this.#inNamespace(spec))
    else await this.env.apply('SecretStore', this.name, spec)
    const kind = cluster ? 'ClusterSecretStore' : 'SecretStore'
    const secretStoreRef = { kind, name: this.#storeName }
    await this.env.apply('ExternalSecret', this.name, {
      data: [{ key: this.#secretName, name: 'password', secretStoreRef }],
    })
    await this.env.untilSecret(this.name, { password: value })
    await this.env.untilReason('externalsecrets', this.name, 'Synced')
    this.#before = await this.state()
  }

  /** State before the failure. */
  get before(): RowState | undefined {
    return this.#before
  }

  /** State after the failure. */
  get broken(): RowState | undefined {
    return this.#broken
  }

  /** Breaks the store and waits for the expected conditions, or returns the actual ones. */
  async break(): Promise<RowState> {
    const { breaks, store, resource } = this.spec
    await breaks(this)
    const isSaid = async (): Promise<boolean> => {
      this.#broken = await this.state()
      const { store: ofStore, resource: ofResource } = this.#broken
      const isStore = ofStore?.reason === store.reason && store.says.test(ofStore.message)
      const isResource = ofResource?.reason === resource.reason && resource.says?.test(ofResource.message) !== false
      return isStore && isResource
    }
    // The test reports a different state.
    await until(`${this.#what}: the conditions are as expected`, isSaid, { deadlineMs: 100_000 }).catch(() => undefined)
    this.#broken = await this.state()
    return this.#broken
  }

  /** The part of a state that must stay unchanged after the failure. */
  lasting({ reads, ...state }: RowState): object {
    return this.spec.isReadAgain === true ? state : { ...state, reads }
  }

  async state(): Promise<RowState> {
    const [store, resource, secret, all] = await Promise.all([
      this.env.ready(this.#plural, this.#storeName),
      this.env.ready('externalsecrets', this.name),
      this.env.secret(this.name),
      this.env.simulator.calls(),
    ])
    const calls = all.calls.filter((call) => call.secret === this.#secretName)
    return {
      store,
      resource,
      secret: { data: secret?.data ?? {}, resourceVersion: secret?.metadata.resourceVersion },
      readers: [...new Set(calls.map(({ identity }) => identity))],
      reads: calls.reduce((sum, { count }) => sum + count, 0),
    }
  }

  /** The conditions after the failure, for the output of the test. */
  summary(): string {
    const { store, resource } = this.#broken ?? {}
    const kind = this.spec.cluster === true ? 'ClusterSecretStore' : 'SecretStore'
    return [
      this.#what,
      `  ${kind}: ${store?.reason}: ${store?.message}`,
      `  ExternalSecret: ${resource?.reason}: ${resource?.message}`,
    ].join('\n')
  }

  async patchCredential(stringData: Readonly<Record<string, string | null>>): Promise<void> {
    const data = Object.entries(stringData).map(([key, text]) => [key, text === null ? null : btoa(text)])
    await this.#patch(this.env.secretPath(this.credential), { data: Object.fromEntries(data) as object })
  }

  async deleteCredential(): Promise<void> {
    await this.env.cluster.request('DELETE', this.env.secretPath(this.credential))
  }

  async patchStore(spec: object): Promise<void> {
    await this.#patch(this.env.resourcePath(this.#plural, this.#storeName), { spec })
  }

  async replaceStore(spec: object): Promise<void> {
    await this.#replace(this.env.resourcePath(this.#plural, this.#storeName), '/spec', spec)
  }

  /** Changes the store reference of the ExternalSecret. */
  async replaceReference(secretStoreRef: object): Promise<void> {
    await this.#replace(
      this.env.resourcePath('externalsecrets', this.name),
      '/spec/data/0/secretStoreRef',
      secretStoreRef,
    )
  }

  /** Removes the store reference of the ExternalSecret. */
  async dropReference(): Promise<void> {
    const where = this.env.resourcePath('externalsecrets', this.name)
    await this.#patch(where, [{ op: 'remove', path: '/spec/data/0/secretStoreRef' }], 'application/json-patch+json')
  }

  get #plural(): 'secretstores' | 'clustersecretstores' {
    return this.spec.cluster === true ? 'clustersecretstores' : 'secretstores'
  }

  /** References of a ClusterSecretStore need a namespace. */
  #inNamespace(spec: object): object {
    const { namespace } = this.env.cluster
    const text = JSON.stringify(spec).replaceAll(`"name":"${this.credential}"`, `$&,"namespace":"${namespace}"`)
    return JSON.parse(text) as object
  }

  async #replace(where: string, field: string, value: object): Promise<void> {
    await this.#patch(where, [{ op: 'replace', path: field, value }], 'application/json-patch+json')
  }

  async #patch(where: string, patch: object, contentType = 'application/merge-patch+json'): Promise<void> {
    const { status, body } = await this.env.cluster.request('PATCH', where, patch, { contentType })
    if (status !== 200) throw new Error(`${this.#what}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}
