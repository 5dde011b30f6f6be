import { apply, type KubeSecret, type TestNamespace, textsOf, until } from '@ack-secret-manager/testenv'

/** An ExternalSecret from the API server. */
export interface KubeExternalSecret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: ReadonlyArray<{ readonly kind: string; readonly name: string }>
  }
  readonly spec: { readonly rotationInterval?: string; readonly suspend?: boolean; readonly target?: object }
}

/** A ClusterExternalSecret from the API server. */
export interface KubeClusterExternalSecret {
  readonly metadata: { readonly resourceVersion: string }
  readonly status?: {
    readonly observedGeneration?: number
    readonly conditions: ReadonlyArray<{ readonly status: string; readonly reason: string; readonly message: string }>
    readonly provisionedNamespaces: readonly string[]
    readonly failedNamespaces: ReadonlyArray<{ readonly namespace: string; readonly reason: string }>
  }
}

const API = '/apis/alibabacloud.com/v1alpha1'

/** Additional namespaces with the test namespace as name prefix, and the objects of ClusterExternalSecrets in them. */
export class ManyNamespaces implements AsyncDisposable {
  readonly #cluster: TestNamespace
  readonly #letters: readonly string[]

  private constructor(cluster: TestNamespace, letters: readonly string[]) {
    this.#cluster = cluster
    this.#letters = letters
  }

  static async open(cluster: TestNamespace, letters: readonly string[]): Promise<ManyNamespaces> {
    const namespaces = new ManyNamespaces(cluster, letters)
    for (const letter of letters) await namespaces.label(letter, {})
    return namespaces
  }

  nameOf(letter: string): string {
    return `${this.#cluster.namespace}-${letter}`
  }

  get all(): readonly string[] {
    return this.#letters.map((letter) => this.nameOf(letter))
  }

  /** Creates the namespace, or changes its labels; null removes one. */
  async label(letter: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.nameOf(letter), labels } }
    await apply(this.#cluster.request, manifest)
  }

  async delete(letter: string): Promise<void> {
    await this.#cluster.request('DELETE', `/api/v1/namespaces/${this.nameOf(letter)}`)
  }

  /** Creates a ClusterExternalSecret with the test namespace as name prefix. */
  async ask(name: string, spec: object): Promise<void> {
    const metadata = { name: this.nameOf(name) }
    const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ClusterExternalSecret', metadata, spec }
    await apply(this.#cluster.request, object)
  }

  /** Merges a change into the spec of a ClusterExternalSecret. */
  async change(name: string, spec: object): Promise<void> {
    const path = `${API}/clusterexternalsecrets/${this.nameOf(name)}`
    const { status, body } = await this.#cluster.request('PATCH', path, { spec })
    if (status !== 200) throw new Error(`${path}: HTTP ${status} ${JSON.stringify(body)}`)
  }

  async dismiss(name: string): Promise<void> {
    await this.#cluster.request('DELETE', `${API}/clusterexternalsecrets/${this.nameOf(name)}`)
  }

  async asked(name: string): Promise<KubeClusterExternalSecret> {
    const path = `${API}/clusterexternalsecrets/${this.nameOf(name)}`
    return (await this.#cluster.request<KubeClusterExternalSecret>('GET', path)).body
  }

  /** Waits until the status of a ClusterExternalSecret has this reason and these namespaces. */
  async untilStatus(
    name: string,
    reason: string,
    letters: readonly string[],
    deadlineMs: number = 60_000,
  ): Promise<NonNullable<KubeClusterExternalSecret['status']>> {
    const wanted = letters.map((letter) => this.nameOf(letter)).join()
    let seen = ''
    const ask = async () => {
      const { status } = await this.asked(name)
      seen = JSON.stringify(status)
      const isSo = status?.conditions[0]?.reason === reason && status.provisionedNamespaces.join() === wanted
      return isSo ? status : undefined
    }
    return until(`${name} is ${reason} in ${letters.join(', ')}`, ask, { deadlineMs }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : ''}; it is ${seen}`, { cause: error })
    })
  }

  pathOf(letter: string, name: string): string {
    return `${API}/namespaces/${this.nameOf(letter)}/externalsecrets/${name}`
  }

  async externalSecret(letter: string, name: string): Promise<KubeExternalSecret | undefined> {
    const { status, body } = await this.#cluster.request<KubeExternalSecret>('GET', this.pathOf(letter, name))
    return status === 200 ? body : undefined
  }

  /** Waits until an ExternalSecret matches; `undefined` means that it does not exist. */
  async until(
    letter: string,
    name: string,
    isSo: (found: KubeExternalSecret | undefined) => boolean,
  ): Promise<KubeExternalSecret | undefined> {
    const seen = await until(`ExternalSecret ${name} in ${letter} is as expected`, async () => {
      const found = await this.externalSecret(letter, name)
      return isSo(found) ? { found } : undefined
    })
    return seen.found
  }

  async patch(letter: string, name: string, patch: object): Promise<void> {
    await this.#cluster.request('PATCH', this.pathOf(letter, name), patch)
  }

  /** Waits until a Secret holds exactly these texts; `undefined` means that it does not exist. */
  async untilSecret(letter: string, name: string, texts: Readonly<Record<string, string>> | undefined): Promise<void> {
    const path = `/api/v1/namespaces/${this.nameOf(letter)}/secrets/${name}`
    await until(
      `Secret ${name} in ${letter} is as expected`,
      async () => {
        const { status, body } = await this.#cluster.request<KubeSecret>('GET', path)
        if (status === 404) return texts === undefined
        return texts !== undefined && JSON.stringify(textsOf(body)) === JSON.stringify(texts)
      },
      { deadlineMs: 120_000 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#letters.map((letter) => this.delete(letter)))
  }
}
