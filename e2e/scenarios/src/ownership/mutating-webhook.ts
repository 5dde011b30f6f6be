import { json } from '@ack-secret-manager/test-support/test-server'
import { AdmissionWebhook, type TestNamespace, until } from '@ack-secret-manager/testenv'

/** An operation of a JSON patch. */
export interface Change {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly value?: unknown
}

/** A Secret that the API server is about to store. */
export interface ReviewedSecret {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { readonly name: string }[] }
  readonly data?: Readonly<Record<string, string>>
}

interface Review {
  readonly request: {
    readonly uid: string
    readonly operation: 'CREATE' | 'UPDATE'
    readonly name: string
    readonly dryRun?: boolean
    readonly object: ReviewedSecret
    readonly options?: { readonly fieldManager?: string }
  }
}

/** What a webhook does with the Secrets of one owner, or of one name. */
export type Rule = (secret: ReviewedSecret, operation: 'CREATE' | 'UPDATE') => readonly Change[]

/** A mutating admission webhook for the Secrets of a namespace, which also counts the writes of the operator. */
export class MutatingWebhook implements AsyncDisposable {
  readonly rules = new Map<string, Rule>()
  /** Times of the writes of the operator, by name of the Secret; `performance.now()`. */
  readonly #writes = new Map<string, readonly number[]>()
  #checks = 0
  #webhook: AdmissionWebhook | undefined
  #isCalled = false

  /** Resolves when the API server calls it. */
  static async register(cluster: TestNamespace): Promise<MutatingWebhook> {
    const webhook = new MutatingWebhook()
    webhook.#webhook = await AdmissionWebhook.register(cluster, {
      name: `${cluster.namespace}-mutating`,
      type: 'Mutating',
      fields: { name: 'mutating.example.com' },
      respond: (response, request) => json(200, webhook.#review(JSON.parse(request.body) as Review))(response, request),
    })
    const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { generateName: 'probe-' } }
    await until('the API server calls the webhook', async () => {
      await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets?dryRun=All`, probe)
      return webhook.#isCalled
    })
    return webhook
  }

  /** Times of the writes of the operator to a Secret. */
  writesOf(name: string): readonly number[] {
    return this.#writes.get(name) ?? []
  }

  /** Number of dry runs of the operator. */
  get checks(): number {
    return this.#checks
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhook?.[Symbol.asyncDispose]()
  }

  #review({ request: { uid, operation, name, dryRun, object, options } }: Review): object {
    this.#isCalled = true
    const isOurs = options?.fieldManager === 'ack-secret-manager'
    if (isOurs && dryRun === true) this.#checks += 1
    else if (isOurs) this.#writes.set(name, [...this.writesOf(name), performance.now()])
    const owner = object.metadata.ownerReferences?.[0]?.name ?? name
    const changes = this.rules.get(owner)?.(object, operation) ?? []
    const patch = Buffer.from(JSON.stringify(changes)).toString('base64')
    return {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, allowed: true, ...(changes.length > 0 && { patchType: 'JSONPatch', patch }) },
    }
  }
}
