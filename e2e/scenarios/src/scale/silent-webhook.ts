import { AdmissionWebhook, type TestNamespace, until } from '@ack-secret-manager/testenv'

/** What an admission webhook holds, and a request that shows that the API server calls it. */
interface Held {
  readonly rule: Readonly<Record<string, readonly string[]>>
  readonly probe: (cluster: TestNamespace) => Promise<unknown>
}

/** An admission webhook for writes in a namespace that never responds. */
export class SilentWebhook implements AsyncDisposable {
  readonly #cluster: TestNamespace
  #webhook: AdmissionWebhook | undefined
  #waiting = 0
  #ended = 0
  #onHeld: () => void = () => undefined

  private constructor(cluster: TestNamespace) {
    this.#cluster = cluster
  }

  /** Registers the webhook for all Secrets. Resolves when the API server calls it. */
  static beforeSecretsOf(cluster: TestNamespace): Promise<SilentWebhook> {
    return SilentWebhook.#register(cluster, {
      rule: { apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] },
      probe: ({ request, namespace }) =>
        request('POST', `/api/v1/namespaces/${namespace}/secrets?dryRun=All`, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { generateName: 'probe-' },
        }),
    })
  }

  /** Registers the webhook for the statuses of all ExternalSecrets, of which `name` is one. Resolves when the API server calls it. */
  static beforeStatusesOf(cluster: TestNamespace, name: string): Promise<SilentWebhook> {
    const group = 'alibabacloud.com'
    const resources = ['externalsecrets/status']
    return SilentWebhook.#register(cluster, {
      rule: { apiGroups: [group], apiVersions: ['*'], resources, operations: ['UPDATE'] },
      probe: ({ request, namespace }) =>
        request(
          'PATCH',
          `/apis/${group}/v1alpha1/namespaces/${namespace}/externalsecrets/${name}/status?dryRun=All`,
          {},
        ),
    })
  }

  /** Number of writes that have waited for nothing: the API server does not wait forever. */
  get ended(): number {
    return this.#ended
  }

  /** Resolves when this number of writes waits for a response. */
  async holds(writes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onHeld = () => {
        if (this.#waiting >= writes) resolve()
      }
      this.#onHeld()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhook?.[Symbol.asyncDispose]()
  }

  static async #register(cluster: TestNamespace, { rule, probe }: Held): Promise<SilentWebhook> {
    const webhook = new SilentWebhook(cluster)
    await webhook.#start(rule)
    await until('the API server calls the webhook', async () => {
      const stored = probe(cluster).then(() => false)
      const called = new Promise<boolean>((resolve) => (webhook.#onHeld = () => resolve(true)))
      return Promise.race([called, stored])
    })
    return webhook
  }

  async #start(rule: Held['rule']): Promise<void> {
    this.#webhook = await AdmissionWebhook.register(this.#cluster, {
      name: this.#cluster.namespace,
      fields: { name: 'silent.example.com', timeoutSeconds: 30, rules: [rule] },
      respond: (response) => {
        this.#waiting += 1
        response.once('close', () => {
          this.#waiting -= 1
          this.#ended += 1
        })
        this.#onHeld()
      },
    })
  }
}
