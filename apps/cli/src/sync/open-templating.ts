import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import { ContentWatch, type KubeClient } from '@ack-secret-manager/k8s-client'
import type { ResourceKey, Templating } from '@ack-secret-manager/sync-engine'
import type { Manifests } from '../manifests/manifests.ts'
import { ManifestTemplateSources } from './manifest-template-sources.ts'

/** Options of {@link openTemplating}. */
export interface OpenTemplatingOptions {
  /** Returns the current manifests. */
  readonly manifests: () => Manifests
  /** Source of templates that are not in the manifests. */
  readonly cluster: KubeClient | undefined
  /** Watch templates in the cluster. */
  readonly watch: boolean
  /** Called with the resources whose templates have changed. */
  readonly onChange: (resources: readonly ResourceKey[]) => void
}

/** Renderer and sources of templates. The renderer starts with the first template. */
export function openTemplating(options: OpenTemplatingOptions): Templating & { close(): Promise<void> } {
  const { manifests, cluster, watch, onChange } = options
  const renderer = new GoTemplateRenderer()
  const contents = cluster && new ContentWatch({ client: cluster, watch, onChange })
  return {
    renderer,
    sources: new ManifestTemplateSources(manifests, contents),
    close: async () => {
      await Promise.all([renderer.close(), contents?.close()])
    },
  }
}
