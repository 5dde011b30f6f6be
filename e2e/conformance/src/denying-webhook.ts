import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type TestNamespace, until } from '@ack-secret-manager/testenv'

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly data?: Readonly<Record<string, string>> } }
}

/** An admission webhook that denies writes of one Secret, with a message that repeats its value. */
export class DenyingWebhook implements AsyncDisposable {
  readonly #cluster: TestNamespace
  readonly #secret: string
  readonly #server: Server

  private constructor(cluster: TestNamespace, secret: string, server: Server) {
    this.#cluster = cluster
    this.#secret = secret
    this.#server = server
  }

  /** Registers the webhook. Resolves when the API server calls it. */
  static async beforeSecret(cluster: TestNamespace, secret: string): Promise<DenyingWebhook> {
    const { keyPem: key, chainPem: cert, rootPem } = await issueServerCertificate(['127.0.0.1'])
    const server = createServer({ key, cert }, (request, response) => {
      void (async () => {
        const review = JSON.parse(await text(request)) as Review
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(denialOf(review)))
      })()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const webhook = new DenyingWebhook(cluster, secret, server)
    await webhook.#register((server.address() as AddressInfo).port, rootPem)
    return webhook
  }

  /** Stops the server but keeps the registration. */
  async leave(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.#waitForMessage(/failed calling webhook/)
  }

  /** Removes the registration. Resolves when the API server no longer calls the webhook. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.request('DELETE', `${CONFIGURATIONS}/${this.#name}`)
    this.#server.closeAllConnections()
    this.#server.close()
    await this.#waitForMessage(/already exists|undefined/)
  }

  get #name(): string {
    return `${this.#cluster.namespace}-${this.#secret}`
  }

  async #register(port: number, rootPem: string): Promise<void> {
    const { request, namespace } = this.#cluster
    const { status } = await request('POST', CONFIGURATIONS, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: this.#name },
      webhooks: [
        {
          name: 'denying.example.com',
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(rootPem).toString('base64') },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          matchConditions: [{ name: 'one-secret', expression: `object.metadata.name == '${this.#secret}'` }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
    if (status !== 201) throw new Error(`registering the webhook: HTTP ${status}`)
    await this.#waitForMessage(/denied the request/)
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
