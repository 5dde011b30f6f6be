import { canary } from '@ack-secret-manager/test-support/canary'
import { copyOf } from './spec-entries.ts'
import type { Scenario } from './scenario.ts'

/** A role that any AccessKey may assume. Each row that needs a role has its own. */
export const roleSeed = (name: string) => ({
  name,
  trust: { accessKeys: ['*'] },
  allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }],
})

/** KMS instance of the seed, with a client key. */
export const INSTANCE_SEED = {
  id: 'kst-demo',
  clientKeys: [{ id: 'KAAP.good', password: canary('client-key-password') }],
}

/** A SecretStore for one row. Its name is the row's id; the Secret with its credential is `ID-key`. */
export class OwnStore {
  readonly scenario: Scenario
  readonly keyId: string
  readonly credential: string

  constructor(scenario: Scenario) {
    this.scenario = scenario
    this.keyId = `LTAI5t.${scenario.id.replaceAll('-', '.')}`
    this.credential = `${scenario.id}-key`
  }

  /** Spec of an ExternalSecret that reads one secret through this store. */
  spec(secret: string, more: object = {}): object {
    return { data: [this.entry(secret, more)] }
  }

  /** An entry of `spec.data` that copies a secret of the row through this store. */
  entry(secret: string, more: object = {}): object {
    return copyOf(this.scenario, secret, { secretStoreRef: { name: this.scenario.id, ...more } })
  }

  /** Creates the AccessKey in Alibaba Cloud, or creates it again. */
  async createKey(secret: string = this.#secret): Promise<void> {
    const allow = [{ actions: ['kms:GetSecretValue', 'sts:AssumeRole'], resources: ['*'] }]
    await this.#control('PUT', `/accessKeys/${this.keyId}`, { secret, allow })
  }

  /** Deletes the AccessKey in Alibaba Cloud. */
  async deleteKey(): Promise<void> {
    await this.#control('DELETE', `/accessKeys/${this.keyId}`)
  }

  /** Writes the AccessKey to its Secret. */
  async writeKey(): Promise<void> {
    await this.writeCredential({ id: this.keyId, secret: this.#secret })
  }

  /** Writes these parts of a credential to the Secret. */
  async writeCredential(stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.scenario.env.putSecret(this.credential, stringData)
  }

  /** Applies the SecretStore and waits until it is Ready. @param KMS `spec.KMS`. @default reads with the AccessKey */
  async apply(KMS: object = this.accessKey()): Promise<void> {
    const { env, id } = this.scenario
    await env.apply('SecretStore', id, { KMS })
    await env.untilReason('secretstores', id, 'Ready')
  }

  /**
   * Opens a store for a row whose messages must not depend on others: while the connection of a store is unreachable, its
   * resources without a value report the last failure of any of its secrets.
   */
  static async openFor(scenario: Scenario): Promise<OwnStore> {
    const store = new OwnStore(scenario)
    await store.open()
    return store
  }

  /** Creates AccessKey, Secret and SecretStore. */
  async open(more: object = {}): Promise<void> {
    await this.createKey()
    await this.writeKey()
    await this.apply(this.accessKey(more))
  }

  /** `spec.KMS` of a store that reads with the AccessKey. */
  accessKey(more: object = {}, where: object = {}): { readonly KMSAuth: object } {
    return { KMSAuth: { accessKey: this.#ref('id', where), accessKeySecret: this.#ref('secret', where), ...more } }
  }

  /** `spec.KMS` of a store that reads at the instance with the client key. */
  async clientKey(): Promise<object> {
    const where = await this.scenario.env.simulator.instance()
    return { dedicatedKMSAuth: { ...where, clientKeyContent: this.#ref('file'), password: this.#ref('password') } }
  }

  get #secret(): string {
    return canary(this.scenario.id)
  }

  #ref(key: string, where: object = {}): object {
    return { name: this.credential, key, ...where }
  }

  #control(method: string, path: string, body?: object): Promise<unknown> {
    return this.scenario.env.simulator.control(method, path, body)
  }
}
