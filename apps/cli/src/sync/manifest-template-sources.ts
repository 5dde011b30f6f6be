import { isSecretSyncError, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { ContentWatch } from '@ack-secret-manager/k8s-client'
import type { ResourceKey, TemplateContent, TemplateObjectKeys, TemplateSources } from '@ack-secret-manager/sync-engine'
import type { Manifests } from '../manifests/manifests.ts'
import { withKubeErrors } from './cluster/kube-errors.ts'

/** Finds templates in the manifests, or else in the cluster. */
export class ManifestTemplateSources implements TemplateSources {
  readonly #manifests: () => Manifests
  readonly #cluster: ContentWatch | undefined

  /** @param cluster undefined without a cluster */
  constructor(manifests: () => Manifests, cluster: ContentWatch | undefined) {
    this.#manifests = manifests
    this.#cluster = cluster
  }

  mayRead(namespace: string): boolean {
    return this.#cluster?.mayRead(namespace) ?? true
  }

  async read(
    resource: ResourceKey,
    objects: readonly TemplateObjectKeys[],
    { signal }: { signal: AbortSignal },
  ): Promise<readonly (TemplateContent | undefined)[]> {
    const given = new Map(objects.map((object) => [object, this.#given(object)] as const))
    const others = objects.filter((object) => given.get(object) === undefined)
    const found = await this.#fromCluster(resource, others, signal)
    return objects.map((object) => given.get(object) ?? found[others.indexOf(object)])
  }

  forget(resource: ResourceKey): void {
    this.#cluster?.forget(resource)
  }

  #given({ kind, namespace, name }: TemplateObjectKeys): TemplateContent | undefined {
    const key = `${namespace}/${name}`
    if (kind === 'ConfigMap') {
      const texts = this.#manifests().configMaps.get(key)
      return texts && new Map([...texts].map(([entry, text]) => [entry, new Sensitive(new TextEncoder().encode(text))]))
    }
    return this.#manifests().secrets.get(key)
  }

  async #fromCluster(
    resource: ResourceKey,
    objects: readonly TemplateObjectKeys[],
    signal: AbortSignal,
  ): Promise<readonly (TemplateContent | undefined)[]> {
    const cluster = this.#cluster
    const [first] = objects
    if (!cluster) {
      if (!first) return []
      const { kind, namespace, name } = first
      throw new SecretSyncError(
        'TemplateError',
        `spec.target.template: ${kind} ${namespace}/${name}: not in the manifests`,
      )
    }
    try {
      return await withKubeErrors('templates', () => cluster.read(resource, objects, { signal }))
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'AccessDenied') throw error
      throw new SecretSyncError('TemplateError', `spec.target.template: ${error.message}`)
    }
  }
}
