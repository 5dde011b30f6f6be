import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openChromium } from '@ack-secret-manager/debian/chromium'
import { DebianUnavailable } from '@ack-secret-manager/debian/debian-packages'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSite } from './build-site.ts'
import { serveSite, type SiteServer } from './testing/site-server.ts'

const BASE = '/v0.1/'
/** Playwright's is 30 seconds, which a busy machine exceeds. */
const DEADLINE_MS = 100_000

/** Why no browser can be had on this machine; in CI that is a failure. */
let unavailable: string | undefined
let browser: Browser
let server: SiteServer
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'acksm-site-'))
  process.env['DOCS_BASE'] = BASE
  await buildSite(directory)
  server = await serveSite(directory, BASE)
  try {
    browser = await openChromium()
  } catch (error) {
    if (!(error instanceof DebianUnavailable) || process.env['CI'] === 'true') throw error
    unavailable = error.message
  }
}, 300_000)

afterAll(async () => {
  delete process.env['DOCS_BASE']
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

interface Visit {
  readonly page: Page
  /** Messages of the console, failed requests, and requests to other hosts. */
  readonly problems: string[]
}

async function visit(address: string, colorScheme: 'light' | 'dark' = 'light', width = 1_280): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  page.setDefaultTimeout(DEADLINE_MS)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
      problems.push(`left: ${request.url()}`)
  })
  const response = await page.goto(new URL(address, server.url).href, { waitUntil: 'networkidle' })
  expect(response?.status(), `page ${address}`).toBe(200)
  // Before, the page is complete, but its buttons do nothing.
  const isHydrated = (): Promise<boolean> =>
    page.evaluate(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
  await expect.poll(isHydrated, { timeout: DEADLINE_MS }).toBe(true)
  return { page, problems }
}

async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }> }>
      }
    }
    const { violations } = await inPage.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
}

describe('the documentation in a browser', () => {
  it.for([
    ['', 'light', 1_280],
    ['', 'dark', 400],
    ['architecture', 'light', 1_280],
    ['architecture', 'dark', 1_280],
    ['guides/templates', 'light', 1_280],
    ['reference/reasons', 'dark', 1_280],
    ['troubleshooting', 'light', 400],
    ['packages/core', 'light', 1_280],
    ['zh/', 'light', 1_280],
    ['zh/guides/rrsa', 'dark', 400],
  ] as const)(
    'shows /%s in %s at %d px without an error, a request to another host or a barrier',
    async ([address, scheme, width], context) => {
      if (unavailable !== undefined) return context.skip(unavailable)
      const { page, problems } = await visit(address, scheme, width)
      expect(await page.locator('h1').count()).toBe(1)
      expect({ violations: await accessibilityViolations(page), problems }).toEqual({ violations: [], problems: [] })
      await page.close()
    },
  )

  it('leads from the start page through the sidebar to a guide, and on to its neighbour', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable)
    const { page, problems } = await visit('')
    await page.locator('.VPSidebar').getByRole('link', { name: 'Templates', exact: true }).click()
    await page.waitForURL('**/guides/templates')
    // VitePress changes the address before it loads the page.
    await expect.poll(() => page.locator('h1').textContent(), { timeout: DEADLINE_MS }).toContain('Templates')
    // Braces of templates are text, not expressions of the page.
    expect(await page.locator('.vp-doc').textContent()).toContain('{{ index . "api-token" }}')
    await page.locator('.pager-link.next').click()
    await page.waitForURL('**/guides/generators')
    expect(problems).toEqual([])
    await page.close()
  })

  it.for([
    ['install', 'TargetConflict', 'troubleshooting#targetconflict'],
    ['install', '--polling-interval', 'cli'],
    ['zh/install', '凭据版本', '/zh/'],
  ] as const)('from /%s finds %s in a page of its language', async ([address, term, expected], context) => {
    if (unavailable !== undefined) return context.skip(unavailable)
    const { page, problems } = await visit(address)
    await page.locator('.DocSearch-Button').click()
    await page.locator('.search-input').fill(term)
    const results = page.locator('.results .result')
    const links = (): Promise<string[]> =>
      results.evaluateAll((elements) => elements.map((element) => element.getAttribute('href') ?? ''))
    // Results for the first letters come first.
    await expect.poll(links).toContainEqual(expect.stringContaining(expected))
    expect(problems).toEqual([])
    await page.close()
  })

  it.for([
    ['', 1],
    ['zh/', 1],
    ['runbooks', 1],
    ['reference/metrics', 1],
    ['troubleshooting', 1],
    ['zh/troubleshooting', 1],
    ['apps/cli', 2],
  ] as const)(
    'shows the pictures of /%s with a text for those who do not see them',
    async ([address, count], context) => {
      if (unavailable !== undefined) return context.skip(unavailable)
      const { page, problems } = await visit(address)
      const pictures = await page.locator('.vp-doc img').evaluateAll((elements) =>
        elements.map((element) => {
          const { naturalWidth, alt } = element as HTMLImageElement
          return { isDrawn: naturalWidth > 500, hasText: alt.length > 20 }
        }),
      )
      expect(pictures).toEqual(Array.from({ length: count }, () => ({ isDrawn: true, hasText: true })))
      expect(problems).toEqual([])
      await page.close()
    },
  )

  it('draws a diagram in the colours of the page', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable)
    const colours = await Promise.all(
      (['light', 'dark'] as const).map(async (scheme) => {
        const { page } = await visit('architecture', scheme)
        const text = page.locator('.diagram text').first()
        const colour = await text.evaluate((element) => getComputedStyle(element).fill)
        await page.close()
        return colour
      }),
    )
    expect(new Set(colours).size).toBe(2)
  })
})

it('has a page for each Markdown file of the docs, and names its version in each address', async () => {
  const sitemap = JSON.parse(await readFile(path.join(directory, 'hashmap.json'), 'utf8')) as Record<string, string>
  expect(Object.keys(sitemap).length).toBeGreaterThan(100)
  const home = await readFile(path.join(directory, 'index.html'), 'utf8')
  const links = [...home.matchAll(/ href="(\/[^"]*)"/g)].map(([, link]) => link ?? '')
  expect(links.filter((link) => !link.startsWith(BASE))).toEqual([])
})
