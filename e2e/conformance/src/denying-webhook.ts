import { json } from '@ack-secret-manager/test-support/test-server'
import { AdmissionWebhook, type TestNamespace, until } from '@ack-secret-manager/testenv'

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly data?: Readonly<Record<string, string>> } }
}

/** An admission webhook that denies writes of one Secret, with a message that repeats its value. */
export class DenyingWebhook implements AsyncDisposable {
  readonly #cluster: TestNamespace
  readonly #secret: string
  readonly #webhook: AdmissionWebhook

  private constructor(cluster: TestNamespace, secret: string, webhook: AdmissionWebhook) {
    this.#cluster = cluster
    this.#secret = secret
    this.#webhook = webhook
  }

  /** Registers the webhook. Resolves when the API server calls it. */
  static async beforeSecret(cluster: TestNamespace, secret: string): Promise<DenyingWebhook> {
    const registered = await AdmissionWebhook.register(cluster, {
      name: `${cluster.namespace}-${secret}`,
      fields: {
        name: 'denying.example.com',
        matchConditions: [{ name: 'one-secret', expression: `object.metadata.name == '${secret}'` }],
      },
      respond: (response, request) => json(200, denialOf(JSON.parse(request.body) as Review))(response, request),
    })
    const webhook = new DenyingWebhook(cluster, secret, registered)
    await webhook.#waitForMessage(/denied the request/)
    return webhook
  }

  /** Stops the server but keeps the registration. */
  async leave(): Promise<void> {
    await this.#webhook.stop()
    await this.#waitForMessage(/failed calling webhook/)
  }

  /** Removes the registration. Resolves when the API server no longer calls the webhook. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhook[Symbol.asyncDispose]()
    await this.#waitForMessage(/already exists|undefined/)
  }

  async #waitForMessage(words: RegExp): Promise<void> {
    const { request, namespace } = this.#cluster
    const secrets = `/api/v1/namespaces/${namespace}/secrets?dryRun=All`
    const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { name: this.#secret } }
    await until(`the API server responds ${words}`, async () => {
      const { body } = await request<{ message?: string }>('POST', secrets, probe)
      return words.test(String(body.message))
    })
  }
}

function denialOf({ request: { uid, object } }: Review): object {
  const words = Object.entries(object.data ?? {})
    .flat()
    .join()
  const causes = [{ field: words, reason: words, message: words }]
  const status = { code: 403, message: words, reason: words, details: { causes } }
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: false, status },
  }
}
