import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { type Respond, startTestServer } from '@ack-secret-manager/test-support/test-server'
import type { TestNamespace } from './namespace-objects.ts'

const API = '/apis/admissionregistration.k8s.io/v1'

export interface AdmissionWebhookOptions {
  /** Name of the configuration. */
  readonly name: string
  /** Handles the calls of the API server. */
  readonly respond: Respond
  /** @default 'Validating' */
  readonly type?: 'Validating' | 'Mutating'
  /** Fields of the webhook, with its name. */
  readonly fields: { readonly name: string } & Readonly<Record<string, unknown>>
}

/** An admission webhook for writes of Secrets in a namespace. The API server may call it some time after its registration. */
export class AdmissionWebhook implements AsyncDisposable {
  readonly #unregister: () => Promise<unknown>
  readonly #stop: () => PromiseLike<void>

  private constructor(unregister: () => Promise<unknown>, stop: () => PromiseLike<void>) {
    this.#unregister = unregister
    this.#stop = stop
  }

  static async register(
    { request, namespace }: TestNamespace,
    { name, respond, type = 'Validating', fields }: AdmissionWebhookOptions,
  ): Promise<AdmissionWebhook> {
    const { keyPem: key, chainPem: cert, rootPem } = await issueServerCertificate(['127.0.0.1'])
    const server = await startTestServer(respond, { key, cert })
    const caBundle = Buffer.from(rootPem).toString('base64')
    const configurations = `${API}/${type.toLowerCase()}webhookconfigurations`
    const { status } = await request('POST', configurations, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${type}WebhookConfiguration`,
      metadata: { name },
      webhooks: [
        {
          clientConfig: { url: `https://${server.endpoint}/`, caBundle },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['CREATE', 'UPDATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          ...fields,
        },
      ],
    })
    if (status !== 201) throw new Error(`registering the webhook: HTTP ${status}`)
    const unregister = (): Promise<unknown> => request('DELETE', `${configurations}/${name}`)
    return new AdmissionWebhook(unregister, () => server[Symbol.asyncDispose]())
  }

  /** Stops the server but keeps the registration. */
  async stop(): Promise<void> {
    await this.#stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unregister()
    await this.#stop()
  }
}
