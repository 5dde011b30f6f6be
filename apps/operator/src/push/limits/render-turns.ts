import { Semaphore, type TemplateRenderer } from '@ack-secret-manager/core'
import { withSignal } from '../../with-signal.ts'
import type { LaneRun } from './push-lanes.ts'

type Renderer = Pick<TemplateRenderer, 'render'>

/** The run that renders. */
interface RenderingRun {
  /** Namespace of its PushSecret. */
  readonly namespace: string
  readonly signal: AbortSignal
  readonly waiting: LaneRun['waiting']
}

/** Passes requests of all runs to one renderer, one at a time. Namespaces take turns, so that slow templates delay their own namespace. */
export class RenderTurns {
  readonly #renderer: Renderer
  readonly #turns = new Semaphore(1)

  constructor(renderer: Renderer) {
    this.#renderer = renderer
  }

  /** The renderer of one run. The deadline of the run does not count its waits, because the renderer limits each turn. */
  of(run: RenderingRun): Renderer {
    return {
      render: async (request, options) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const outputs = this.#turns.run(() => {
          resolve()
          return this.#renderer.render(request, options)
        }, run.namespace)
        // It fails without a reader if the run ends before its turn.
        outputs.catch(() => undefined)
        await run.waiting(() => withSignal(promise, run.signal))
        return outputs
      },
    }
  }
}
