import { readFile } from 'node:fs/promises'
import { canary } from '@ack-secret-manager/testbed/canary'
import { copyOf } from './entries.ts'
import type { Situation } from './situation.ts'

/** A role that takes any AccessKey; each row that needs one has its own. */
export const roleSeed = (name: string) => ({
  name,
  trust: { accessKeys: ['*'] },
  allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }],
})

/** Client keys of the instance on a stage whose seed has this. */
export const INSTANCE_SEED = { id: 'kst-demo', clientKeys: [{ id: 'KAAP.good', password: 'told-by-the-simulator' }] }

/** A store of a row's own: the SecretStore has the row's id for a name, the Secret with its credential is `ID-key`. */
export class OwnStore {
  readonly situation: Situation
  readonly keyId: string
  readonly credential: string

  constructor(situation: Situation) {
    this.situation = situation
    this.keyId = `LTAI5t.${situation.id.replaceAll('-', '.')}`
    this.credential = `${situation.id}-key`
  }

  /** What an ExternalSecret says that reads one secret through this store. */
  spec(secret: string, more: object = {}): object {
    const secretStoreRef = { name: this.situation.id, ...more }
    return { data: [copyOf(this.situation, secret, { secretStoreRef })] }
  }

  /** Makes the AccessKey known, or known again, to Alibaba Cloud. */
  async know(secret: string = this.#secret): Promise<void> {
    const allow = [{ actions: ['kms:GetSecretValue', 'sts:AssumeRole'], resources: ['*'] }]
    await this.#control('PUT', `/accessKeys/${this.keyId}`, { secret, allow })
  }

  /** Has Alibaba Cloud forget the AccessKey. */
  async forget(): Promise<void> {
    await this.#control('DELETE', `/accessKeys/${this.keyId}`)
  }

  /** Puts the AccessKey into its Secret. */
  async keep(): Promise<void> {
    await this.keepParts({ id: this.keyId, secret: this.#secret })
  }

  /** Puts these parts of a credential into the Secret. */
  async keepParts(stringData: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name: this.credential }
    await this.situation.scene.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
  }

  /** Puts a client key of the instance into the Secret. */
  async keepClientKey(file: string, password: string): Promise<void> {
    await this.keepParts({ file: await readFile(file, 'utf8'), password })
  }

  /** Applies the SecretStore, with the AccessKey or with what `KMS` says instead, and waits until it is Ready. */
  async apply(KMS: object = this.accessKey()): Promise<void> {
    const { scene, id } = this.situation
    await scene.apply('SecretStore', id, { KMS })
    await scene.untilReason('secretstores', id, 'Ready')
  }

  /** Makes all of it: AccessKey, Secret and SecretStore. */
  async open(more: object = {}): Promise<void> {
    await this.know()
    await this.keep()
    await this.apply(this.accessKey(more))
  }

  /** `spec.KMS` of a store that reads with the AccessKey. */
  accessKey(more: object = {}, where: object = {}): { readonly KMSAuth: object } {
    return { KMSAuth: { accessKey: this.#ref('id', where), accessKeySecret: this.#ref('secret', where), ...more } }
  }

  /** `spec.KMS` of a store that reads at the instance with the client key. */
  async clientKey(): Promise<object> {
    const { instance = '', instanceCaFile = '' } = this.situation.scene.simulator.ready
    const ca = (await readFile(instanceCaFile)).toString('base64')
    const where = { protocol: 'https', endpoint: new URL(instance).host, ca }
    return { dedicatedKMSAuth: { ...where, clientKeyContent: this.#ref('file'), password: this.#ref('password') } }
  }

  get #secret(): string {
    return canary(this.situation.id)
  }

  #ref(key: string, where: object = {}): object {
    return { name: this.credential, key, ...where }
  }

  #control(method: string, path: string, body?: object): Promise<unknown> {
    return this.situation.scene.simulator.control(method, path, body)
  }
}
