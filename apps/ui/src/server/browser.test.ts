import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { browserOrReason, DEADLINE_MS } from '../pages/testing/browser.ts'
import { builtPages } from '../pages/testing/built-pages.ts'
import { TestServer } from '../testing/test-server.ts'

let browser: Browser | string
let pages: string
beforeAll(async () => {
  pages = await builtPages()
  browser = await browserOrReason()
})
afterAll(async () => {
  if (typeof browser !== 'string') await browser?.close()
})

/** A page of a real browser, and what its console says. */
async function openPage() {
  if (typeof browser === 'string') throw new Error(browser)
  const context = await browser.newContext()
  context.setDefaultTimeout(DEADLINE_MS)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  return { page, context, problems }
}

it('works in a browser that a file leads to it, within its own policy', async ({ skip }) => {
  if (typeof browser === 'string') return skip(browser)
  await using server = await TestServer.start({ pages })
  const folder = await directoryOfTest()
  const file = path.join(folder, 'open.html')
  await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${server.server.url}">`)
  const { page, problems } = await openPage()
  const stream = page.waitForResponse(/api\/v1\/stream$/)
  await page.goto(pathToFileURL(file).href)
  // The cookie is strict, and the way began elsewhere.
  expect((await stream).status()).toBe(200)
  // Nothing answers at the address of the API server.
  await page.getByText('ECONNREFUSED').first().waitFor()
  expect(page.url()).not.toContain(server.token)
  expect(problems).toEqual([])
  await page.reload()
  await page.getByText('ECONNREFUSED').first().waitFor()
})

it('gives a page of another port nothing: no cookie, no answer, no frame, no change', async ({ skip }) => {
  if (typeof browser === 'string') return skip(browser)
  let acted = 0
  await using server = await TestServer.start({
    pages,
    act: () => {
      acted += 1
      return Promise.resolve({ result: 'done', message: '' })
    },
  })
  const cookies: (string | undefined)[] = []
  const evil = createServer((request, response) => {
    cookies.push(request.headers.cookie)
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>')
  }).listen(0, '127.0.0.1')
  await once(evil, 'listening')
  onTestFinished(() => void evil.close())
  const { page, context } = await openPage()
  await page.goto(server.server.url)
  const url = page.url().replace(/#.*/, '')
  expect((await context.cookies(url)).map(({ name }) => name)).toEqual(['acksm-ui'])

  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`)
  const tried = await page.evaluate(async (target) => {
    const asked = (name: string, init: RequestInit): Promise<string> =>
      fetch(target + name, { credentials: 'include', ...init }).then(
        ({ status, type }) => `${type} ${status}`,
        () => 'blocked',
      )
    const body = JSON.stringify({ action: 'suspend', namespace: 'a', name: 'b', uid: 'c' })
    const frame = document.createElement('iframe')
    frame.src = target
    document.body.append(frame)
    await new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
    let framed: string
    try {
      framed = frame.contentWindow?.document.title ?? 'closed'
    } catch {
      framed = 'closed'
    }
    const form = document.createElement('form')
    const inner = document.createElement('iframe')
    inner.name = 'answer'
    document.body.append(inner, form)
    Object.assign(form, { method: 'post', action: `${target}api/v1/actions`, target: 'answer', enctype: 'text/plain' })
    const sent = new Promise((resolve) => inner.addEventListener('load', resolve, { once: true }))
    form.submit()
    await sent
    return {
      read: await asked('api/v1/stream', {}),
      simple: await asked('api/v1/actions', { method: 'POST', body }),
      json: await asked('api/v1/actions', { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
      opaque: await asked('api/v1/stream', { mode: 'no-cors' }),
      framed,
    }
  }, url)
  expect(tried).toEqual({ read: 'blocked', simple: 'blocked', json: 'blocked', opaque: 'blocked', framed: 'closed' })
  expect(acted).toBe(0)
  expect(cookies.length).toBeGreaterThan(0)
  expect(cookies.filter((cookie) => cookie !== undefined)).toEqual([])
})
