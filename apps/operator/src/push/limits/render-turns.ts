import { Semaphore, type TemplateRenderer, withSignal } from '@ack-secret-manager/core'
import type { LaneRun } from './push-lanes.ts'

type Renderer = Pick<TemplateRenderer, 'render'>

/** The run that renders. */
interface RenderingRun extends Pick<LaneRun, 'signal'>, Partial<Omit<LaneRun, 'signal'>> {
  /** Namespace of the PushSecret. */
  readonly namespace: string
}

/** Shares one renderer among all runs. Namespaces take turns, so that slow templates delay only their own namespace. */
export class RenderTurns {
  readonly #renderer: Renderer
  readonly #turns = new Semaphore(1)

  constructor(renderer: Renderer) {
    this.#renderer = renderer
  }

  /**
   * The renderer of one run. The deadline of the run does not count waits for a turn, because the renderer limits each turn. The run has no
   * place in its lane meanwhile: slow templates would otherwise keep other namespaces from its endpoint.
   */
  of({ namespace, signal, waiting = (wait) => wait(), withoutPlace = (work) => work() }: RenderingRun): Renderer {
    const render: Renderer['render'] = async (request, options) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const outputs = this.#turns.run(() => {
        resolve()
        return this.#renderer.render(request, options)
      }, namespace)
      // If the run ends before its turn, no caller handles a rejection.
      outputs.catch(() => undefined)
      await waiting(() => withSignal(promise, signal))
      return outputs
    }
    return { render: (request, options) => withoutPlace(() => render(request, options)) }
  }
}
