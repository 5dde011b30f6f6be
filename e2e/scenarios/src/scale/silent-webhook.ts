import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type TestNamespace, until } from '@ack-secret-manager/testenv'

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'

/** An admission webhook for all Secrets of a namespace that never responds. */
export class SilentWebhook implements AsyncDisposable {
  readonly #cluster: TestNamespace
  readonly #server: Server
  #held = 0
  #onHeld: () => void = () => undefined

  private constructor(cluster: TestNamespace, server: Server) {
    this.#cluster = cluster
    this.#server = server
    server.on('request', () => {
      this.#held += 1
      this.#onHeld()
    })
  }

  /** Registers the webhook. Resolves when the API server calls it. */
  static async beforeSecretsOf(cluster: TestNamespace): Promise<SilentWebhook> {
    const { keyPem: key, chainPem: cert, rootPem } = await issueServerCertificate(['127.0.0.1'])
    const server = createServer({ key, cert })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const webhook = new SilentWebhook(cluster, server)
    await webhook.#register((server.address() as AddressInfo).port, rootPem)
    return webhook
  }

  /** Resolves when this number of writes of Secrets waits for a response. */
  async holds(writes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onHeld = () => {
        if (this.#held >= writes) resolve()
      }
      this.#onHeld()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.request('DELETE', `${CONFIGURATIONS}/${this.#cluster.namespace}`)
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #register(port: number, rootPem: string): Promise<void> {
    const { request, namespace } = this.#cluster
    const { status } = await request('POST', CONFIGURATIONS, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'silent.example.com',
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(rootPem).toString('base64') },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          timeoutSeconds: 30,
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
    if (status !== 201) throw new Error(`registering the webhook: HTTP ${status}`)
    const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'probe-' } }
    const secrets = `/api/v1/namespaces/${namespace}/secrets?dryRun=All`
    await until('the API server calls the webhook', async () => {
      const answered = request('POST', secrets, probe).then(() => false)
      const asked = new Promise<boolean>((resolve) => (this.#onHeld = () => resolve(true)))
      return Promise.race([asked, answered])
    })
    this.#held = 0
  }
}
