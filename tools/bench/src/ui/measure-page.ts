import type { Browser, Page } from 'playwright-core'
import { memoryOf } from './ui-process.ts'

const DEADLINE_MS = 300_000
/** Pixels of one step of a fast scroll, and how many. */
const SCROLL = { pixels: 3_000, steps: 150 }

/** Opens the page until it shows all resources; times in ms from the start of the navigation. */
export async function openPage(
  browser: Browser,
  url: string,
  resources: number,
): Promise<{
  readonly page: Page
  readonly firstPaintMs: number
  readonly firstDataMs: number
  readonly allDataMs: number
}> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 } })
  const startMs = performance.now()
  await page.goto(url)
  const wait = { polling: 'raf', timeout: DEADLINE_MS } as const
  await page.waitForFunction(() => document.querySelector('.hero h1, .table') !== null, undefined, wait)
  const firstDataMs = performance.now() - startMs
  const total = new Intl.NumberFormat('en').format(resources)
  await page.waitForFunction(
    (text) => document.querySelector('.hero h1')?.textContent?.includes(`of ${text} `),
    total,
    wait,
  )
  const allDataMs = performance.now() - startMs
  const firstPaintMs = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  )
  return { page, firstPaintMs, firstDataMs, allDataMs }
}

/** Memory of the tab after a garbage collection: the heap of its scripts, and the largest process of a page. */
export async function tabMemory(
  browser: Browser,
  page: Page,
): Promise<{ readonly heapMib: number; readonly rssMib: number }> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  await session.send('Performance.enable')
  const { metrics } = await session.send('Performance.getMetrics')
  const heapBytes = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN
  const whole = await browser.newBrowserCDPSession()
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo')
  const sizes = await Promise.all(
    processInfo.filter(({ type }) => type === 'renderer').map(async ({ id }) => (await memoryOf(id)).nowMib),
  )
  return { heapMib: Math.round(heapBytes / 1024 ** 2), rssMib: Math.max(...sizes) }
}

/** Scrolls through the table of all resources; the longest task and the longest time between two frames, in ms. */
export async function scrollTable(
  page: Page,
): Promise<{ readonly longestTaskMs: number; readonly longestFrameMs: number }> {
  await page.evaluate(() => {
    location.hash = '#/resources?sort=name'
  })
  await page.locator('[role=grid]').waitFor()
  return page.evaluate(async ({ pixels, steps }) => {
    let longestTaskMs = 0
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration)
    })
    observer.observe({ type: 'longtask' })
    let [longestFrameMs, lastMs] = [0, performance.now()]
    for (let step = 0; step < steps; step += 1) {
      scrollBy(0, step % 50 === 49 ? -20 * pixels : pixels)
      const nowMs = await new Promise<number>((resolve) => {
        requestAnimationFrame(() => resolve(performance.now()))
      })
      longestFrameMs = Math.max(longestFrameMs, nowMs - lastMs)
      lastMs = nowMs
    }
    observer.disconnect()
    return { longestTaskMs: Math.round(longestTaskMs), longestFrameMs: Math.round(longestFrameMs) }
  }, SCROLL)
}

/** Time from the response of the API server to a change until a frame shows it, in ms, sorted. */
export async function changeLatencies(
  page: Page,
  changes: readonly (() => Promise<string>)[],
): Promise<readonly number[]> {
  const times: number[] = []
  for (const change of changes) {
    const text = await change()
    const startMs = performance.now()
    await page.waitForFunction((wanted) => document.body.textContent?.includes(wanted), text, {
      polling: 'raf',
      timeout: DEADLINE_MS,
    })
    times.push(Math.round(performance.now() - startMs))
  }
  return times.toSorted((a, b) => a - b)
}
