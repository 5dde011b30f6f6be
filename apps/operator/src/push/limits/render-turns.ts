import { Semaphore, type TemplateRenderer, withSignal } from '@ack-secret-manager/core'
import type { LaneRun } from './push-lanes.ts'

type Renderer = Pick<TemplateRenderer, 'render'>

/** The run that renders. */
interface RenderingRun {
  /** Namespace of the PushSecret. */
  readonly namespace: string
  readonly signal: AbortSignal
  readonly waiting: LaneRun['waiting']
}

/** Shares one renderer among all runs. Namespaces take turns, so that slow templates delay only their own namespace. */
export class RenderTurns {
  readonly #renderer: Renderer
  readonly #turns = new Semaphore(1)

  constructor(renderer: Renderer) {
    this.#renderer = renderer
  }

  /** The renderer of one run. The deadline of the run does not count waits for a turn, because the renderer limits each turn. */
  of(run: RenderingRun): Renderer {
    return {
      render: async (request, options) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const outputs = this.#turns.run(() => {
          resolve()
          return this.#renderer.render(request, options)
        }, run.namespace)
        // If the run ends before its turn, no caller handles a rejection.
        outputs.catch(() => undefined)
        await run.waiting(() => withSignal(promise, run.signal))
        return outputs
      },
    }
  }
}
