import type { ContentWatchOptions } from '@ack-secret-manager/k8s-client'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import type { Templating } from '@ack-secret-manager/sync-engine'
import { KubeTemplateSources } from './controllers/external-secret/kube-template-sources.ts'

/** What renders templates, and what notices that they change. Costs nothing before the first template is rendered. */
export interface OperatorTemplating extends Templating {
  close(): Promise<void>
}

/** @param options.onChange templates of these resources are not as they have read them */
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
