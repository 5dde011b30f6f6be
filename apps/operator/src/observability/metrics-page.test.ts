import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'
import { MetricsPage } from './metrics-page.ts'

/** A page whose render takes `tookMs` of a manual clock. */
function pageOf({ tookMs = 0 }: { readonly tookMs?: number } = {}) {
  const metrics = createMetrics('1.2.3', { perResource: true })
  const state = { nowMs: 5_000, renders: 0, broken: false }
  const page = new MetricsPage({
    metrics,
    beforeRender: () => {
      state.renders += 1
      state.nowMs += tookMs
      if (state.broken) throw new Error('broken')
      metrics.queueDepth.set(state.renders)
    },
    clock: { monotonic: () => state.nowMs },
  })
  return { page, metrics, state }
}

describe('MetricsPage', () => {
  it('contains all metrics, also per-resource ones', async () => {
    const { page, metrics } = pageOf()
    const text = (await page.read()).toString()
    for (const { name, type, help } of metrics.definitions) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
    }
  })

  it('renders once for concurrent scrapes', async () => {
    const { page, state } = pageOf()
    const [first, ...others] = await Promise.all(Array.from({ length: 60 }, () => page.read()))
    expect(others.every((one) => one === first)).toBe(true)
    expect(state.renders).toBe(1)
  })

  it.each([
    ['ten times the render time', 20, 200],
    ['at most one second', 400, 1_000],
  ])('is cached for %s', async (_rule, tookMs, cachedMs) => {
    const { page, state } = pageOf({ tookMs })
    await page.read()
    state.nowMs += cachedMs - 1
    await page.read()
    expect(state.renders).toBe(1)
    state.nowMs += 1
    expect((await page.read()).toString()).toContain('\nacksm_queue_depth 2\n')
  })

  it('yields to the event loop while it renders', async () => {
    const { page, metrics } = pageOf()
    const one = { namespace: 'shop', ready: 'True', reason: 'Synced', changedMs: 0, sourceAgeMs: 0 } as const
    metrics.ofResources?.update(Array.from({ length: 5_000 }, (_none, index) => ({ ...one, name: `r${index}` })))
    let [turns, done] = [0, false]
    const turn = (): void => {
      turns += 1
      if (!done) setImmediate(turn)
    }
    setImmediate(turn)
    await page.read()
    done = true
    expect(turns).toBeGreaterThanOrEqual(30)
  })

  it('fails while rendering fails, and recovers', async () => {
    const { page, state } = pageOf()
    state.broken = true
    await expect(page.read()).rejects.toThrow('broken')
    state.broken = false
    expect((await page.read()).toString()).toContain('acksm_queue_depth 2')
  })
})
