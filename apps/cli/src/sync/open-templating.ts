import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import { ContentWatch, type KubeClient } from '@ack-secret-manager/k8s-client'
import type { ResourceKey, Templating } from '@ack-secret-manager/sync-engine'
import type { Manifests } from '../manifests/manifests.ts'
import { ManifestTemplateSources } from './manifest-template-sources.ts'

/** Options of {@link openTemplating}. */
export interface OpenTemplatingOptions {
  /** The manifests as they are at the moment. */
  readonly manifests: () => Manifests
  /** Has the templates that no manifest has. */
  readonly cluster: KubeClient | undefined
  /** Notice when templates in the cluster change. */
  readonly watch: boolean
  /** Templates of these resources are not as they have read them. */
  readonly onChange: (resources: readonly ResourceKey[]) => void
}

/** What renders templates, and where they are. Nothing is started before the first template is rendered. */
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
