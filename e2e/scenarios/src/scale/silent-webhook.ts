import { AdmissionWebhook, type TestNamespace, until } from '@ack-secret-manager/testenv'

/** An admission webhook for all Secrets of a namespace that never responds. */
export class SilentWebhook implements AsyncDisposable {
  readonly #cluster: TestNamespace
  #webhook: AdmissionWebhook | undefined
  #waiting = 0
  #ended = 0
  #onHeld: () => void = () => undefined

  private constructor(cluster: TestNamespace) {
    this.#cluster = cluster
  }

  /** Registers the webhook. Resolves when the API server calls it. */
  static async beforeSecretsOf(cluster: TestNamespace): Promise<SilentWebhook> {
    const webhook = new SilentWebhook(cluster)
    await webhook.#register()
    return webhook
  }

  /** Number of writes of Secrets that have waited for nothing: the API server does not wait forever. */
  get ended(): number {
    return this.#ended
  }

  /** Resolves when this number of writes of Secrets waits for a response. */
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

  async #register(): Promise<void> {
    const { request, namespace } = this.#cluster
    this.#webhook = await AdmissionWebhook.register(this.#cluster, {
      name: namespace,
      fields: { name: 'silent.example.com', timeoutSeconds: 30 },
      respond: (response) => {
        this.#waiting += 1
        response.once('close', () => {
          this.#waiting -= 1
          this.#ended += 1
        })
        this.#onHeld()
      },
    })
    const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'probe-' } }
    const secrets = `/api/v1/namespaces/${namespace}/secrets?dryRun=All`
    await until('the API server calls the webhook', async () => {
      const stored = request('POST', secrets, probe).then(() => false)
      const called = new Promise<boolean>((resolve) => (this.#onHeld = () => resolve(true)))
      return Promise.race([called, stored])
    })
  }
}
