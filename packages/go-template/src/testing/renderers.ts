import { afterEach, beforeEach } from 'vitest'
import { GoTemplateRenderer, type GoTemplateRendererOptions } from '../go-template-renderer.ts'
import { patientClock } from './patient-clock.ts'
import { ThreadWatch } from './threads.ts'

export const ENDLESS = '{{ range 1000000000000 }}{{ end }}'

/** The renderers of a test file. Call it while tests are collected. */
export interface TestRenderers {
  /** The threads of the current test. */
  readonly threads: ThreadWatch
  /** Opens a renderer that is closed after the test. */
  readonly open: (options?: GoTemplateRendererOptions) => GoTemplateRenderer
}

export function useRenderers(): TestRenderers {
  const opened: GoTemplateRenderer[] = []
  let threads: ThreadWatch
  beforeEach(() => {
    threads = new ThreadWatch()
  })
  afterEach(async () => {
    threads[Symbol.dispose]()
    await Promise.all(opened.splice(0).map(async (renderer) => renderer.close()))
  })
  return {
    get threads() {
      return threads
    },
    open: (options = {}) => {
      const renderer = new GoTemplateRenderer({ renderTimeoutMs: 60_000, clock: patientClock, ...options })
      opened.push(renderer)
      return renderer
    },
  }
}
