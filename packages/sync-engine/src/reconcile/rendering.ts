import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import type { ResourceKey, SyncResource } from '../model/resource.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import { objectId, planTemplates } from '../plan/template-plan.ts'
import { type RenderLimiter, RendererBusyError } from '../queue/render-limiter.ts'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import type { ReconcileContext } from './target/reconcile-context.ts'

export interface RenderingOptions extends Pick<SyncEngineOptions, 'templating'> {
  /** Limits access to the renderer of `templating`. */
  readonly limiter: RenderLimiter | undefined
  readonly signal: AbortSignal
}

/**
 * Before any work that would be wasted.
 * @throws RendererBusyError if the render queue is full, or if the namespace has no time to read its template objects
 */
export function checkRendering(
  key: ResourceKey,
  { namespace }: SyncResource,
  { target: { template } }: ExternalSecretSpec,
  { templating, limiter }: Pick<RenderingOptions, 'templating' | 'limiter'>,
): void {
  const planned = template && planTemplates(template, namespace)
  if (planned === undefined) return
  if (planned.objects.length > 0 && templating?.sources.mayRead?.(namespace) === false) {
    limiter?.forget(key)
    throw new RendererBusyError()
  }
  limiter?.check(key)
}

/** The renderer and the template objects of a plan. */
export async function renderingOf(
  key: ResourceKey,
  { templates }: SyncPlan,
  { templating, limiter, signal }: RenderingOptions,
): Promise<ReconcileContext['rendering']> {
  if (!templating) return undefined
  if (!templates) {
    templating.sources.forget(key)
    return undefined
  }
  const { objects } = templates
  const contents = await templating.sources.read(key, objects, { signal })
  return {
    renderer: limiter?.of(key) ?? templating.renderer,
    contents: new Map(objects.map((object, index) => [objectId(object), contents[index]])),
  }
}
