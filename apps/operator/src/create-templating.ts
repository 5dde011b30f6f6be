import type { ContentWatchOptions } from '@ack-secret-manager/k8s-client'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import type { Templating } from '@ack-secret-manager/sync-engine'
import { KubeTemplateSources } from './controllers/external-secret/kube-template-sources.ts'

/** Renders templates and watches their sources. Starts no thread or watch before the first template is rendered. */
export interface OperatorTemplating extends Templating {
  close(): Promise<void>
}

/** @param options.onChange called with the resources whose templates have changed */
export function createTemplating(options: ContentWatchOptions): OperatorTemplating {
  const renderer = new GoTemplateRenderer()
  const sources = new KubeTemplateSources(options)
  return {
    renderer,
    sources,
    close: async () => {
      await Promise.all([renderer.close(), sources.close()])
    },
  }
}
