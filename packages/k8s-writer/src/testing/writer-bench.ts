import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ContentDigester,
  contentDigester,
  type Owner,
  type TargetChange,
  type TargetRef,
} from '@ack-secret-manager/core'
import type { TestCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient, type KubeRequestStats } from '@ack-secret-manager/k8s-client'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { KubeSecretWriter, type KubeSecretWriterOptions } from '../kube-secret-writer.ts'

const { signal } = new AbortController()

/** A kind for tests only, so that resources of other tests do not interfere. */
const KIND = 'SecretWriterTestOwner'
const PLURAL = 'secretwritertestowners'
const API_VERSION = 'alibabacloud.com/v1alpha1'
/** API servers that have the kind, by kubeconfig. */
const SERVED = new Map<string, Promise<void>>()

/** A writer on the test cluster, and calls of other clients. */
export class WriterBench implements AsyncDisposable {
  readonly #cluster: TestCluster
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #directory: string | undefined
  readonly client: KubeClient
  readonly writer: KubeSecretWriter
  readonly digester: ContentDigester
  readonly changes: TargetChange[] = []
  readonly requests: KubeRequestStats[]

  private constructor(
    cluster: TestCluster,
    client: KubeClient,
    requests: KubeRequestStats[],
    options: Partial<KubeSecretWriterOptions>,
  ) {
    this.#cluster = cluster
    this.client = client
    this.requests = requests
    this.digester = options.digester ?? contentDigester()
    this.writer = new KubeSecretWriter({ client, namespaces: [cluster.namespace], ...options, digester: this.digester })
    this.writer.onChange((change) => this.changes.push(change))
    this.#running = this.writer.run(this.#stopping)
  }

  static async open(cluster: TestCluster, options: Partial<KubeSecretWriterOptions> = {}): Promise<WriterBench> {
    const requests: KubeRequestStats[] = []
    const onRequest = (stats: KubeRequestStats): void => void requests.push(stats)
    const client = new KubeClient({ credentials: await clusterCredentials(cluster), onRequest })
    const bench = new WriterBench(cluster, client, requests, options)
    await bench.writer.synced
    return bench
  }

  /** Opens a writer with an identity without permissions. */
  async withoutRights(options: Partial<KubeSecretWriterOptions>): Promise<WriterBench> {
    const accounts = `/api/v1/namespaces/${this.namespace}/serviceaccounts`
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const { body: granted } = await this.#cluster.request<{ status: { token: string } }>(
      'POST',
      `${accounts}/default/token`,
      body,
    )
    const config = parse(await readFile(this.#cluster.kubeconfigPath, 'utf8')) as { users: { user: object }[] }
    for (const user of config.users) user.user = { token: granted.status.token }
    const directory = await mkdtemp(join(tmpdir(), 'k8s-writer-'))
    const kubeconfigPath = join(directory, 'kubeconfig')
    await writeFile(kubeconfigPath, stringify(config), { mode: 0o600 })
    const bench = await WriterBench.open({ ...this.#cluster, kubeconfigPath }, options)
    bench.#directory = directory
    return bench
  }

  get namespace(): string {
    return this.#cluster.namespace
  }

  /** Grants the default ServiceAccount verbs on Secrets. Resolves when the API server applies them. */
  async grant(...verbs: readonly string[]): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`
    const metadata = { name: 'writer' }
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs }]
    await this.#cluster.request('POST', `${rbac}/roles`, { metadata, rules })
    await this.#cluster.request('POST', `${rbac}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: this.namespace }],
    })
    const user = `system:serviceaccount:${this.namespace}:default`
    const resourceAttributes = { verb: verbs[0], resource: 'secrets', namespace: this.namespace }
    await vi.waitFor(async () => {
      const { body } = await this.#cluster.request<{ status: { allowed: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        { spec: { user, resourceAttributes } },
      )
      if (!body.status.allowed) throw new Error('not granted yet')
    }, WAIT)
  }

  /** Applied, because the API server delays the first create of a new kind by two seconds. */
  async owner(name: string): Promise<Owner> {
    await this.#haveKind()
    const path = `/apis/${API_VERSION}/namespaces/${this.namespace}/${PLURAL}/${name}?fieldManager=other-client`
    const resource = { apiVersion: API_VERSION, kind: KIND, metadata: { name } }
    const contentType = 'application/apply-patch+yaml'
    const { metadata } = await vi.waitFor(async () => {
      const { status, body } = await this.#cluster.request<TestSecret>('PATCH', path, resource, { contentType })
      // A new kind is not served immediately.
      if (status !== 200 && status !== 201) throw new Error(`apply of ${name}: HTTP ${status}`)
      return body
    }, WAIT)
    return { apiVersion: API_VERSION, kind: KIND, name, uid: metadata.uid }
  }

  /** The whole object, read by another client. */
  async object(target: TargetRef): Promise<TestSecret | undefined> {
    const { status, body } = await this.#cluster.request<TestSecret>('GET', pathOf(target))
    return status === 200 ? body : undefined
  }

  async read(target: TargetRef): Promise<Record<string, string> | undefined> {
    const secret = await this.object(target)
    return (
      secret &&
      Object.fromEntries(
        Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
      )
    )
  }

  async edit(target: TargetRef, key: string, value: string | undefined): Promise<void> {
    await this.patch(target, {
      data: Object.fromEntries([[key, value === undefined ? null : Buffer.from(value).toString('base64')]]),
    })
  }

  /** Sends a merge patch of another client. */
  async patch(target: TargetRef, patch: object, manager = 'other-client'): Promise<void> {
    const path = `${pathOf(target)}?fieldManager=${manager}`
    const { status } = await this.#cluster.request('PATCH', path, patch, {
      contentType: 'application/merge-patch+json',
    })
    if (status !== 200) throw new Error(`patch of ${target.name}: HTTP ${status}`)
  }

  /** Creates a Secret of another client. */
  async make(target: TargetRef, secret: object): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Secret', ...secret }
    const path = `/api/v1/namespaces/${target.namespace}/secrets?fieldManager=other-client`
    const { status } = await this.#cluster.request('POST', path, { metadata: { name: target.name }, ...body })
    if (status !== 201) throw new Error(`create of ${target.name}: HTTP ${status}`)
  }

  async delete(target: TargetRef): Promise<void> {
    await this.#cluster.request('DELETE', pathOf(target))
  }

  /** The first reported change of the target from `index` on. */
  change(target: TargetRef, index = 0): Promise<TargetChange> {
    return vi.waitFor(() => {
      const found = this.changes.slice(index).find((change) => change.target.name === target.name)
      if (!found) throw new Error(`no change of ${target.name}`)
      return found
    }, WAIT)
  }

  /** Resolves when the watch has delivered all events until now. */
  async untilWatched(): Promise<void> {
    const target = { namespace: this.namespace, name: `mark-${Date.now()}-${Math.trunc(Math.random() * 1e9)}` }
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    await this.make(target, { metadata: { name: target.name, labels } })
    await vi.waitFor(async () => {
      if (!(await this.writer.observe(target, { signal }))) throw new Error('not yet')
    }, WAIT)
    await this.delete(target)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.writer.close()
    await this.client.close()
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true })
  }

  /** Once for an API server in each worker. */
  #haveKind(): Promise<void> {
    const { kubeconfigPath } = this.#cluster
    const served = SERVED.get(kubeconfigPath) ?? this.#createKind()
    SERVED.set(kubeconfigPath, served)
    return served
  }

  async #createKind(): Promise<void> {
    const names = { kind: KIND, plural: PLURAL, singular: KIND.toLowerCase(), listKind: `${KIND}List` }
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${PLURAL}.alibabacloud.com` },
      spec: {
        group: 'alibabacloud.com',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
      },
    }
    await this.#cluster.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
  }
}

/** Fields that tests check. */
export interface TestSecret {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[]
  }
  readonly type: string
  readonly immutable?: boolean
  readonly data?: Record<string, string>
}

const WAIT = { timeout: 40_000, interval: 20 }

function pathOf({ namespace, name }: TargetRef): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}
