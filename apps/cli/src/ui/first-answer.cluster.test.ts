import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { openChromium } from '@ack-secret-manager/debian/chromium'
import { DebianUnavailable } from '@ack-secret-manager/debian/debian-packages'
import { canary } from '@ack-secret-manager/test-support/canary'
import { TestEnvironment } from '@ack-secret-manager/testenv'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { buildPages } from '../testing/built-pages.ts'
import { start } from '../testing/run.ts'

const VALUE = canary('ui-answer')
/** Playwright's is 30 seconds, which a busy machine exceeds. */
const DEADLINE_MS = 100_000
/** Keeps the screenshots of each step. */
const SCREENSHOTS = process.env['ACKSM_UI_SCREENSHOTS']

/** A browser, or why there is none on this machine. */
async function browserOrReason(): Promise<Browser | string> {
  try {
    return await openChromium()
  } catch (error) {
    if (!(error instanceof DebianUnavailable) || process.env['CI'] === 'true') throw error
    return error.message
  }
}

/** A page on which each click is counted, and each step has a picture. */
class Visitor {
  clicks = 0
  readonly page: Page
  readonly #folder: string

  constructor(page: Page, folder: string) {
    this.page = page
    this.#folder = folder
  }

  async click(target: Locator): Promise<void> {
    this.clicks += 1
    await target.click()
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(this.#folder, `answer-${this.clicks}-clicks-${name}.png`) })
  }
}

describeCluster('a first visit', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  let env: TestEnvironment
  let browser: Browser | string

  beforeAll(async () => {
    await buildPages()
    browser = await browserOrReason()
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: VALUE, token: VALUE } } })
    await env.leader('--disable-polling')
    await env.simulator.control('POST', '/faults', { match: { secret: 'db' }, fault: 'deny' })
    await env.externalSecret('web', { token: 'token' })
    await env.externalSecret('api', { password: 'db' })
    await env.untilReason('externalsecrets', 'web', 'Synced')
    await env.untilReason('externalsecrets', 'api', 'AccessDenied')
  })
  afterAll(async () => {
    if (typeof browser !== 'string') await browser?.close()
    await env?.[Symbol.asyncDispose]()
  })

  async function visit(open: Browser): Promise<Visitor> {
    const running = start([
      'ui',
      '--no-open',
      '--kubeconfig',
      cluster.kubeconfigPath,
      '-n',
      ns,
      '--operator-namespace',
      ns,
    ])
    const folder = SCREENSHOTS ?? (await mkdtemp(path.join(tmpdir(), 'acksm-ui-shots-')))
    await mkdir(folder, { recursive: true })
    onTestFinished(async () => {
      running.stop('SIGINT')
      await running.done
      if (SCREENSHOTS === undefined) await rm(folder, { recursive: true })
    })
    const page = await open.newPage({ viewport: { width: 1_280, height: 900 }, reducedMotion: 'reduce' })
    page.setDefaultTimeout(DEADLINE_MS)
    onTestFinished(() => page.close())
    await page.goto((await running.out.until(/\n/)).trim())
    return new Visitor(page, folder)
  }

  it('says why a resource is not Ready, since when, and what to do: after one click, and it is mended after three', async ({
    skip,
  }) => {
    if (typeof browser === 'string') return skip(browser)
    const visitor = await visit(browser)
    const { page } = visitor
    const cause = page.locator('.cause', { hasText: 'AccessDenied' })
    await cause.getByText('Grant the identity').waitFor()
    await visitor.picture('overview')
    await visitor.click(cause.getByRole('link', { name: `${ns}/api`, exact: true }))

    const answer = page.locator('.answer')
    await answer.getByText('AccessDenied').first().waitFor()
    const text = (await answer.textContent()) ?? ''
    // Why: the identity, the secret and the permission.
    expect(text).toMatch(/KMS secret "db"/)
    expect(text).toContain('kms:GetSecretValue')
    // Since when, and what to do.
    expect(text).toMatch(/for \d+ (?:s|min)/)
    expect(text).toContain('Grant the identity in the message')
    expect(text).toContain(`acksm refresh api -n ${ns} --wait`)
    expect(visitor.clicks).toBe(1)
    await visitor.picture('resource')

    await env.simulator.control('DELETE', '/faults')
    await visitor.click(page.getByRole('button', { name: 'Refresh', exact: true }))
    await visitor.click(page.getByRole('dialog').locator('.button-main'))
    await answer.getByText('Synced').waitFor()
    expect(visitor.clicks).toBe(3)
    await visitor.picture('mended')
    expect(await page.content()).not.toContain(VALUE)
  })
})
