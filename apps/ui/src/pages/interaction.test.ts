import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ResourceDetail } from '../model/views/index.ts'
import { TestServer } from '../testing/test-server.ts'
import { builtPages } from './testing/built-pages.ts'
import { resourceDetail } from './testing/detail-fixtures.ts'
import { at } from './testing/base-fixtures.ts'
import { rows, snapshot } from './testing/fixtures.ts'
import { usePages } from './testing/use-pages.ts'

const { server, open } = usePages()
let part: Partial<ResourceDetail> = {}

beforeEach(() => {
  const whole = snapshot(300)
  part = {}
  server.snapshot = whole
  server.status = 200
  server.actions.length = 0
  server.lastIds.length = 0
  server.resourceDetails = (key) => {
    const row = whole.resources.find((each) => each.key === key)
    return row === undefined ? undefined : resourceDetail(row, part)
  }
})

async function fragmentOf(page: Page): Promise<string> {
  return page.evaluate(() => location.hash)
}

/** CPU time to show 25 other rows. It takes 20 ms; on cores that others use as well, three times as long. */
const FRAME_MS = 100

/** How to read the CPU time of the main thread in milliseconds; unlike the duration of tasks, it does not grow on a busy machine. */
async function mainThread(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Infinity) * 1_000
  }
}

async function names(page: Page): Promise<readonly string[]> {
  return page.locator('.table-body .cell-name').allTextContents()
}

it('answers why shop/api is not Ready, since when, and what to do: after two clicks', async (context) => {
  await using visited = await open(context, '#/')
  const { page } = visited
  await page.locator('.cause', { hasText: 'AccessDenied' }).locator('summary').click()
  await page.locator('.cause', { hasText: 'AccessDenied' }).getByRole('link', { name: 'shop/api', exact: true }).click()
  const answer = page.locator('.answer')
  await answer.getByText('AccessDenied').first().waitFor()
  const text = await answer.textContent()
  for (const each of ['KMS denied the read', 'for 24 min', 'Grant the identity', 'acksm refresh api -n shop --wait'])
    expect(text).toContain(each)
  expect(await page.title()).toBe('shop/api · acksm')
})

describe('the causes of the overview', () => {
  const openTitles = (page: Page) => page.locator('.cause[open] summary h3').allTextContents()

  it('are in the URL as the user opened them: after a reload, for a colleague, and on the way back', async (context) => {
    await using visited = await open(context, '#/')
    const { page } = visited
    await page.locator('.cause').first().waitFor()
    const [first = ''] = await openTitles(page)
    expect(await fragmentOf(page)).toBe('#/')
    const denied = page.locator('.cause', { hasText: 'AccessDenied' })
    await denied.locator('summary').click()
    await expect.poll(() => fragmentOf(page)).toBe('#/?cause=stale-shared,denied-shop')
    await page.locator('.cause', { hasText: first }).first().locator('summary').press('Enter')
    await expect.poll(() => fragmentOf(page)).toBe('#/?cause=denied-shop')
    const link = await fragmentOf(page)
    await page.reload()
    await denied.waitFor()
    expect(await openTitles(page)).toEqual(['AccessDenied'])
    await using colleague = await open(context, link)
    await colleague.page.locator('.cause').first().waitFor()
    expect(await openTitles(colleague.page)).toEqual(['AccessDenied'])
    // At once, before the address is written.
    await denied.locator('summary').click()
    await page.getByRole('link', { name: 'Stores', exact: true }).click()
    await page.getByRole('grid').waitFor()
    await page.goBack()
    await denied.waitFor()
    expect(await openTitles(page)).toEqual([])
    expect(await fragmentOf(page)).toBe('#/?cause=')
  })

  it('says that the cause of a link is gone', async (context) => {
    await using visited = await open(context, '#/?cause=000000000000')
    await visited.page.getByText('The cause of this link is gone').waitFor()
    expect(await openTitles(visited.page)).toEqual([])
  })
})

it('explains a reason in the language of the page, and keeps the message of the API in English', async (context) => {
  await using visited = await open(context, '#/resources/shop/api', { locale: 'zh-CN' })
  const guide = visited.page.locator('.answer .guide')
  await guide.waitFor()
  const prose = guide.locator('dd span')
  expect(new Set(await prose.evaluateAll((spans) => spans.map((span) => span.getAttribute('lang'))))).toEqual(
    new Set(['zh-CN']),
  )
  expect(await guide.textContent()).toContain('该身份没有读取此凭据的权限')
  expect(await visited.page.locator('.answer-message').getAttribute('lang')).toBe('en')
})

describe('the table', () => {
  it('filters and sorts, and keeps both in the URL', async (context) => {
    await using visited = await open(context, '#/resources')
    const { page } = visited
    await page.getByRole('grid').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('shop database')
    await expect.poll(() => page.locator('.page-count').textContent()).toMatch(/ of 300$/)
    await page.getByRole('button', { name: /^Ready/ }).click()
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    await expect.poll(() => fragmentOf(page)).toBe('#/resources?q=shop+database&state=ready&sort=-name')
    const shown = await names(page)
    expect(shown.every((name) => name.startsWith('shop/database'))).toBe(true)
    expect(shown).toEqual([...shown].sort().toReversed())
    expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending')
    await page.reload()
    await page.getByRole('grid').waitFor()
    expect(await names(page)).toEqual(shown)
    expect(await page.locator('[data-search]').inputValue()).toBe('shop database')
    await page.locator('[data-search]').press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await page.getByRole('grid').getAttribute('aria-activedescendant')).toBe('resources-row-0')
    await page.locator('[data-search]').press('Escape')
    expect(await page.locator('[data-search]').inputValue()).toBe('')
    await page.getByRole('combobox', { name: 'Namespace' }).selectOption('media')
    await page.locator('[data-search]').fill('no such thing')
    await page.getByText('Nothing matches').waitFor()
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expect.poll(() => fragmentOf(page)).toBe('#/resources?sort=-name')
  })

  it('works with the keyboard alone, and comes back to the same row', async (context) => {
    await using visited = await open(context, '#/resources')
    const { page } = visited
    const grid = page.getByRole('grid')
    await grid.focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'j', 'k', 'End', 'PageUp', 'Home', 'ArrowDown'])
      await page.keyboard.press(key)
    const active = await grid.getAttribute('aria-activedescendant')
    expect(active).toBe('resources-row-1')
    const row = page.locator(`#${active}`)
    const name = (await row.locator('.cell-name').textContent()) ?? ''
    await page.keyboard.press('Enter')
    await page.locator('main h1', { hasText: name.split('/')[1] ?? '' }).waitFor()
    // Preact moves the focus after the frame that shows the page.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await page.goBack()
    await grid.waitFor()
    expect(await grid.getAttribute('aria-activedescendant')).toBe(active)
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid')
    await page.keyboard.press('End')
    await page.locator('#resources-row-299').waitFor()
  })

  it('goes to pages with two keys, unless the user has switched them off', async (context) => {
    await using visited = await open(context, '#/')
    const { page } = visited
    await page.locator('main h1').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.locator('h1', { hasText: 'Stores' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('checkbox').uncheck()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    expect(await fragmentOf(page)).toBe('#/stores')
  })

  it.for([1_000, 10_000])('shows %d rows at once, and scrolls without a long task', async (count, context) => {
    server.snapshot = snapshot(count)
    await using visited = await open(context, '#/resources')
    const { page } = visited
    const cpu = await mainThread(page)
    await page.reload()
    await page.locator('.table-body .row').first().waitFor()
    expect(await page.locator('.table-body .row').count()).toBeLessThan(60)
    const loading = await cpu()
    const frames = 40
    await page.evaluate(async (steps) => {
      for (let step = 1; step <= steps; step++) {
        scrollTo(0, ((document.documentElement.scrollHeight - innerHeight) * step) / steps)
        await new Promise(requestAnimationFrame)
      }
    }, frames)
    const scrolling = (await cpu()) - loading
    await page.locator(`#resources-row-${count - 1}`).waitFor()
    expect({ loading, frame: scrolling / frames }).toEqual({
      loading: expect.toSatisfy((ms: number) => ms < 1_000),
      frame: expect.toSatisfy((ms: number) => ms < FRAME_MS),
    })
  })
})

it('belongs to the browser that opened the link of the server, and to no other', async (context) => {
  await using real = await TestServer.start({ pages: await builtPages() })
  await using visited = await open(context, '', {}, real.server.url)
  const { page } = visited
  await page.locator('h1', { hasText: 'The API server does not respond' }).waitFor()
  const address = page.url()
  expect(new URL(address).search).toBe('')
  expect(await page.evaluate(() => document.cookie)).toBe('')
  await using other = await open(context, '', {}, address)
  await other.page.locator('h1', { hasText: 'Signed out' }).waitFor()
})

describe('the stream', () => {
  it('changes what is shown, and tells apart what it does not know', async (context) => {
    await using visited = await open(context, '#/resources?q=shop%2Foauth-2')
    const { page } = visited
    await page.locator('.table-body .row', { hasText: 'Failing' }).first().waitFor()
    const row = rows(1_000).find(({ key }) => key === 'shop/oauth-2')
    if (row === undefined) throw new Error('no row')
    server.send({
      resources: { set: [{ ...row, state: 'ready', reason: 'Synced', message: 'up to date' }], removed: [] },
      now: at(1),
    })
    await page.locator('.table-body .row', { hasText: 'up to date' }).waitFor()
    server.send({ resources: { set: [], removed: [row.key] }, now: at(2) })
    await expect.poll(() => page.locator('.page-count').textContent()).toMatch(/ of 299$/)
  })

  it('reads an open detail again when it changes', async (context) => {
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.locator('.answer').waitFor()
    part = { message: 'a new message' }
    server.send({ touched: ['shop/api'], now: at(1) })
    await page.locator('.answer-message', { hasText: 'a new message' }).waitFor()
  })

  it('reads an open detail again while others change without end', async (context) => {
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.locator('.answer').waitFor()
    part = { message: 'a new message' }
    server.send({ touched: ['shop/api'], now: at(1) })
    const others = setInterval(() => server.send({ touched: ['media/worker'], now: at(1) }), 100)
    try {
      await page.locator('.answer-message', { hasText: 'a new message' }).waitFor()
    } finally {
      clearInterval(others)
    }
  })

  it('says that an open detail is gone if a snapshot does not have it', async (context) => {
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.locator('.answer').waitFor()
    server.resourceDetails = () => undefined
    server.snapshot = snapshot(0)
    server.drop()
    await page.locator('h1', { hasText: 'Not found' }).waitFor()
  })

  it('shows an outage as unknown, and reads again until all is known, though nothing changes', async (context) => {
    const unknown = { state: 'unknown', why: 'the API server did not say whether you may patch it' } as const
    part = {
      actions: { refresh: unknown, suspend: unknown, resume: unknown },
      events: { state: 'disconnected' },
    }
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.locator('.actions-why', { hasText: 'Not known at the moment' }).waitFor()
    expect(await page.locator('.actions').textContent()).not.toContain('Not allowed')
    expect(await page.getByRole('button', { name: 'Suspend' }).getAttribute('aria-disabled')).toBe('true')
    part = {}
    await page.locator('.actions-why').waitFor({ state: 'detached' })
    await page.locator('.events li').first().waitFor()
  })

  it('reads an open detail again when the API server responds again', async (context) => {
    const { cluster } = snapshot(0)
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.locator('.answer').waitFor()
    server.send({ cluster: { ...cluster, state: 'disconnected', message: 'timeout' }, now: at(1) })
    await page.locator('.connection', { hasText: 'No connection' }).waitFor()
    part = { message: 'a new message' }
    server.send({ cluster, now: at(2) })
    await page.locator('.answer-message', { hasText: 'a new message' }).waitFor()
  })

  it('reconnects where it was, says that it is lost meanwhile, and moves nothing', async (context) => {
    await using visited = await open(context, '#/')
    const { page, problems } = visited
    await page.locator('main h1').waitFor()
    server.send({ now: at(1) })
    const top = await page.locator('main h1').boundingBox()
    server.status = 500
    server.drop()
    await page.getByRole('alert').getByText('Connection lost').waitFor()
    expect(await page.locator('main h1').boundingBox()).toEqual(top)
    const attempts = server.lastIds.length
    await page.getByRole('button', { name: 'Try again now' }).click()
    await expect.poll(() => server.lastIds.length).toBeGreaterThan(attempts)
    server.status = 200
    await page.getByRole('alert').waitFor({ state: 'detached' })
    expect(server.lastIds.at(-1)).toMatch(/^e1-\d+$/)
    expect(problems).toEqual([])
  })

  it('does not reconnect to a server that was stopped', async (context) => {
    await using visited = await open(context, '#/')
    const { page } = visited
    await page.locator('main h1').waitFor()
    const connections = server.lastIds.length
    server.end()
    await page.getByRole('alert').getByText('acksm ui was stopped').waitFor()
    expect(server.lastIds.length).toBe(connections)
  })
})

describe('actions', () => {
  it('ask first, and say what they did', async (context) => {
    server.actionResult = { result: 'done', message: 'was asked to refresh' }
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The operator reads all its KMS secrets now').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(server.actions).toEqual([])
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    await dialog.getByRole('button', { name: 'Refresh' }).click()
    await dialog.getByText('shop/api was asked to refresh').waitFor()
    expect(server.actions).toEqual([{ action: 'refresh', namespace: 'shop', name: 'api', uid: 'uid-shop/api' }])
  })

  it.for([
    ['failed', 'Failed.'],
    ['refused', 'Refused.'],
    ['unchanged', 'Nothing to do.'],
  ] as const)('say that the result is %s', async ([result, text], context) => {
    server.actionResult = { result, message: 'could not: <b>x</b>' }
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    await page.getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('dialog').getByText(text).waitFor()
    expect(await page.getByRole('dialog').textContent()).toContain('could not: <b>x</b>')
  })

  it('are not offered without permission, and hidden when read-only', async (context) => {
    const denied = { state: 'denied', why: 'you may not patch externalsecrets in shop' } as const
    part = { actions: { refresh: denied, suspend: denied, resume: { state: 'no-effect', why: 'it is not suspended' } } }
    await using visited = await open(context, '#/resources/shop/api')
    const { page } = visited
    const button = page.getByRole('button', { name: 'Refresh', exact: true })
    await page.getByText('you may not patch externalsecrets in shop').waitFor()
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await button.click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
    const readOnly = { state: 'read-only' } as const
    part = { actions: { refresh: readOnly, suspend: readOnly, resume: readOnly } }
    server.send({ touched: ['shop/api'], now: at(1) })
    await button.waitFor({ state: 'detached' })
    expect(server.actions).toEqual([])
  })
})

it('copies a command', async (context) => {
  await using visited = await open(context, '#/resources/shop/api')
  const { page } = visited
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy: acksm tree api -n shop --context prod-hangzhou' }).click()
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    'acksm tree api -n shop --context prod-hangzhou',
  )
})

it('changes language and theme, and stores nothing outside of the tab', async (context) => {
  await using visited = await open(context, '#/')
  const { page } = visited
  await page.locator('main h1').waitFor()
  await page.getByRole('button', { name: '中文' }).click()
  await page.locator('h1', { hasText: '未就绪' }).waitFor()
  await page.getByRole('button', { name: '主题：跟随系统' }).click()
  await page.getByRole('button', { name: '主题：浅色' }).click()
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
  await page.reload()
  await page.locator('h1', { hasText: '未就绪' }).waitFor()
  expect(
    await page.evaluate(() => [localStorage.length, document.cookie, document.documentElement.dataset['theme']]),
  ).toEqual([0, '', 'dark'])
})
