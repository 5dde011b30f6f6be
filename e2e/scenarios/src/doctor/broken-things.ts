import { readFile } from 'node:fs/promises'
import { canary } from '@ack-secret-manager/test-support/canary'
import { accessKeyStore, type TestEnvironment } from '@ack-secret-manager/testenv'

/** A package for stores with `plugin`, whose reads fail in a way that its contract does not allow. */
export const DEFECT_PACKAGE = {
  name: '@example/defect',
  files: {
    'package.json': '{"name":"@example/defect","type":"module","exports":"./index.js"}',
    'index.js': `export const backendPlugin = {
      contractVersion: 1,
      name: 'defect',
      optionsSchema: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
      connect: () => ({
        key: 'defect',
        kind: 'defect',
        quota: { account: 'defect', region: '' },
        backend: { read: async () => { throw new TypeError('a defect') }, close: async () => undefined },
      }),
    }`,
  },
}

/** Makes one thing that is broken, or fine, under the name of its row. The store `kms` can read all secrets. */
export class BrokenThings {
  readonly env: TestEnvironment
  readonly name: string

  constructor(env: TestEnvironment, name: string) {
    this.env = env
    this.name = name
  }

  get namespace(): string {
    return this.env.cluster.namespace
  }

  /** Name of a secret in KMS that only this row uses. */
  kms(secret: string): string {
    return `${this.name}.${secret}`
  }

  /** An entry of `spec.data`, or an `extract`. */
  entry(secret: string, more: object = {}): object {
    return { key: this.kms(secret), secretStoreRef: { name: 'kms' }, ...more }
  }

  /** Creates secrets in KMS. */
  async put(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await this.env.simulator.put(this.kms(name), value)
  }

  /** Makes reads of a secret fail. */
  async fault(fault: string, secret: string): Promise<void> {
    await this.env.simulator.control('POST', '/faults', { match: { secret: this.kms(secret) }, fault })
  }

  /** An ExternalSecret of this name. */
  async externalSecret(spec: object): Promise<void> {
    await this.env.apply('ExternalSecret', this.name, spec)
  }

  /** An ExternalSecret that copies one secret as the key `password`. */
  async copy(more: object = {}, spec: object = {}): Promise<void> {
    await this.externalSecret({ data: [this.entry('password', { name: 'password', ...more })], ...spec })
  }

  /** The same through the store of this name. */
  async copyThroughOwnStore(): Promise<void> {
    await this.copy({ secretStoreRef: { name: this.name } })
  }

  async untilSynced(): Promise<void> {
    await this.env.untilReason('externalsecrets', this.name, 'Synced')
  }

  /** A SecretStore of this name that reads with the AccessKey of the store `kms`. */
  async store(more: object = {}, spec: object = {}): Promise<void> {
    await this.env.apply('SecretStore', this.name, { ...accessKeyStore('kms-key', undefined, more), ...spec })
  }

  /** A SecretStore of this name that reads from the KMS instance with a client key of its own. */
  async instanceStore({ notAfter, ...more }: { readonly notAfter?: string; readonly [field: string]: unknown }) {
    const password = canary(`password-${this.name}`)
    const made = { password, ...(notAfter === undefined ? {} : { notAfter }) }
    const key = (await this.env.simulator.control('PUT', `/clientKeys/KAAP.${this.name}`, made)) as { file: string }
    await this.env.putSecret(`${this.name}-key`, { file: await readFile(key.file, 'utf8'), password })
    const ref = (part: string): object => ({ name: `${this.name}-key`, key: part })
    const access = { clientKeyContent: ref('file'), password: ref('password') }
    const dedicatedKMSAuth = { ...(await this.env.simulator.instance()), ...access, ...more }
    await this.env.apply('SecretStore', this.name, { KMS: { dedicatedKMSAuth } })
  }

  /** A ClusterExternalSecret that is named after this row and the namespace. */
  async clusterExternalSecret(more: object): Promise<void> {
    const externalSecretSpec = { data: [this.entry('password', { name: 'password' })] }
    await this.env.apply('ClusterExternalSecret', this.clusterName, {
      externalSecretName: this.name,
      externalSecretSpec,
      ...more,
    })
  }

  get clusterName(): string {
    return `${this.name}-${this.namespace}`
  }

  /** Denies the creation of the Secret of this name, with a policy that is named after this row and the namespace. */
  async denyWrites(): Promise<void> {
    const api = { apiVersion: 'admissionregistration.k8s.io/v1' }
    const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }]
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': this.namespace } }
    const expression = `object.metadata.name != '${this.name}'`
    await this.#clusterObject('validatingadmissionpolicies', {
      ...api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: this.clusterName },
      spec: {
        matchConstraints: { namespaceSelector, resourceRules },
        validations: [{ expression, message: 'this Secret is not wanted' }],
      },
    })
    await this.#clusterObject('validatingadmissionpolicybindings', {
      ...api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: this.clusterName },
      spec: { policyName: this.clusterName, validationActions: ['Deny'] },
    })
    const { request } = this.env.cluster
    const probe = { apiVersion: 'v1', kind: 'Secret', metadata: { name: this.name } }
    const path = `/api/v1/namespaces/${this.namespace}/secrets?dryRun=All`
    while ((await request('POST', path, probe)).status !== 422) await new Promise((resolve) => setTimeout(resolve, 100))
  }

  /** Deletes what is not in the namespace. */
  async close(): Promise<void> {
    const { request } = this.env.cluster
    await request('DELETE', this.env.resourcePath('clusterexternalsecrets', this.clusterName))
    for (const plural of ['validatingadmissionpolicybindings', 'validatingadmissionpolicies']) {
      await request('DELETE', `/apis/admissionregistration.k8s.io/v1/${plural}/${this.clusterName}`)
    }
  }

  async #clusterObject(plural: string, object: object): Promise<void> {
    const { status, body } = await this.env.cluster.request(
      'POST',
      `/apis/admissionregistration.k8s.io/v1/${plural}`,
      object,
    )
    if (status !== 201) throw new Error(`${plural}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}
