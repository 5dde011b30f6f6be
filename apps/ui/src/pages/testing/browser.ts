import { openChromium } from '@ack-secret-manager/debian/chromium'
import { DebianUnavailable } from '@ack-secret-manager/debian/debian-packages'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** Playwright's is 30 seconds, which a busy machine exceeds. */
export const DEADLINE_MS = 100_000

/** Chromium, or why there is none on this machine; in CI that is a failure. */
export async function browserOrReason(): Promise<Browser | string> {
  try {
    return await openChromium()
  } catch (error) {
    if (!(error instanceof DebianUnavailable) || process.env['CI'] === 'true') throw error
    return error.message
  }
}

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** Messages of the console, failed requests of files, and requests to other hosts. */
  readonly problems: string[]
}

export interface VisitOptions {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
  readonly locale?: string
  readonly reducedMotion?: 'reduce'
}

/** Opens a page by its fragment. */
export async function visit(
  browser: Browser,
  url: string,
  fragment: string,
  options: VisitOptions = {},
): Promise<Visit> {
  const { width = 1_280, height = 900, ...rest } = options
  const settings: BrowserContextOptions = { viewport: { width, height }, reducedMotion: 'reduce', ...rest }
  const context = await browser.newContext(settings)
  context.setDefaultTimeout(DEADLINE_MS)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    // Chromium reports each response with an error status, which some tests are about.
    if (!/Failed to load resource/.test(message.text())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(`left: ${request.url()}`)
  })
  await page.goto(url + fragment)
  return { page, problems, [Symbol.asyncDispose]: () => context.close() }
}

/** What WCAG 2.2 AA forbids, as far as axe finds it. */
export async function barriers(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string; failureSummary: string }> }>
        }>
      }
    }
    const { violations } = await inPage.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
  })
}
