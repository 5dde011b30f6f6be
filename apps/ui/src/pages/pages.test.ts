import type { Locator, Page } from 'playwright-core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ClusterView, ResourceRow } from '../model/views/index.ts'
import { barriers } from './testing/browser.ts'
import { resourceDetail, storeDetail } from './testing/detail-fixtures.ts'
import { at, NO_COUNTS } from './testing/base-fixtures.ts'
import { access, rows, snapshot } from './testing/fixtures.ts'
import { overviewOf } from './testing/overview-fixtures.ts'
import { pushSecretDetail, pushSecretRow } from './testing/push-fixtures.ts'
import { usePages } from './testing/use-pages.ts'

const { server, open } = usePages()

beforeEach(() => {
  const whole = snapshot(200)
  server.snapshot = whole
  server.status = 200
  server.resourceDetails = (key) => found(whole.resources, (row) => row.key === key, resourceDetail)
  server.storeDetails = (id) => found(whole.stores, (row) => row.id === id, storeDetail)
  server.pushSecretDetails = (id) => found(whole.pushSecrets, (row) => row.id === id, pushSecretDetail)
})

function found<Row, Detail>(all: readonly Row[], is: (row: Row) => boolean, detail: (row: Row) => Detail) {
  const row = all.find(is)
  return row === undefined ? undefined : detail(row)
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.round(document.documentElement.scrollWidth - document.body.getBoundingClientRect().width),
  )
}

/** The rightmost pixel of these elements; 0 without one. A part of a page that scrolls hides it from {@link overflow}. */
async function rightEdge(elements: Locator): Promise<number> {
  const edges = await elements.evaluateAll((all) => all.map((each) => each.getBoundingClientRect().right))
  return Math.ceil(Math.max(0, ...edges))
}

/** Sum of the shifts of the layout without an input. */
async function layoutShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const shifts = list.getEntries() as unknown as ReadonlyArray<{ value: number }>
          resolve(shifts.reduce((sum, { value }) => sum + value, 0))
        }).observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(0), 50)
      }),
  )
}

const FRAGMENTS = [
  ['#/', 'not Ready, 2 suspended'],
  ['#/resources', 'Resources'],
  ['#/resources/shop/api', 'api'],
  ['#/stores', 'Stores'],
  ['#/clustersecretstores/shared', 'shared'],
  ['#/clusterexternalsecrets', 'ClusterExternalSecrets'],
  ['#/clusterexternalsecrets/registry-pull', 'registry-pull'],
  ['#/pushsecrets', 'PushSecrets'],
  ['#/pushsecrets/shop/web', 'web'],
  ['#/access', 'Connection and access'],
] as const

describe('each page', () => {
  it.for(FRAGMENTS)('%s: no barrier in light and dark, and no error', async ([fragment, title], context) => {
    await using visited = await open(context, fragment)
    const { page, problems } = visited
    await page.locator('main h1', { hasText: title }).waitFor()
    expect(await barriers(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect({ barriers: await barriers(page), problems, shift: await layoutShift(page) }).toEqual({
      barriers: [],
      problems: [],
      shift: expect.toSatisfy((shift: number) => shift < 0.05),
    })
  })

  it.for(FRAGMENTS)('%s: fits into 320 pixels in Chinese', async ([fragment], context) => {
    await using visited = await open(context, fragment, { width: 320, height: 640, locale: 'zh-CN' })
    const { page, problems } = visited
    await page.locator('main h1').first().waitFor()
    await expect.poll(() => page.locator('.skeleton').count()).toBe(0)
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
    expect({ overflow: await overflow(page), barriers: await barriers(page), problems }).toEqual({
      overflow: 0,
      barriers: [],
      problems: [],
    })
  })

  it('fits into 4K, with larger text', async (context) => {
    await using visited = await open(context, '#/', { width: 3_840, height: 2_160 })
    const { page } = visited
    await page.locator('main h1').waitFor()
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toMatch(/^2[0-9.]+px$/)
    expect(await overflow(page)).toBe(0)
  })
})

describe('what does not work', () => {
  it.for<[ClusterView['state'], string, string]>([
    ['disconnected', 'The API server does not respond', 'dial tcp 10.0.0.1:6443: connect: connection refused'],
    [
      'unauthenticated',
      'The cluster does not accept your credential',
      'the server has asked for the client to provide credentials',
    ],
    ['no-crds', 'ack-secret-manager is not installed here', 'externalsecrets.alibabacloud.com is not found'],
    [
      'forbidden',
      'You may not list ExternalSecrets',
      'externalsecrets.alibabacloud.com is forbidden: User "eve" cannot list',
    ],
  ])('the cluster is %s: a page says what to do', async ([state, title, message], context) => {
    const cluster: ClusterView = { state, since: at(-2), message, hint: 'acksm ui -n shop' }
    server.snapshot = snapshot(0, { cluster })
    await using visited = await open(context, '#/')
    const { page, problems } = visited
    await page.locator('h1', { hasText: title }).waitFor()
    const text = await page.locator('main').textContent()
    expect(text).toContain(message)
    expect(text).toContain('acksm ui -n shop')
    expect(text).toContain('2 min')
    expect({ barriers: await barriers(page), problems }).toEqual({ barriers: [], problems: [] })
  })

  it('keeps the table of a cluster that does not respond any more', async (context) => {
    server.snapshot = snapshot(20, { cluster: { state: 'disconnected', since: at(-2), message: 'timeout', hint: '' } })
    await using visited = await open(context, '#/resources')
    await visited.page.getByRole('grid').waitFor()
    expect(await visited.page.locator('.connection').textContent()).toBe('No connection')
  })

  it.for<[number, string]>([
    [401, 'Signed out'],
    [404, 'Signed out'],
    [503, 'Too many pages'],
    [500, 'Connection lost'],
  ])('the stream answers %d: a page says %s', async ([status, title], context) => {
    server.status = status
    await using visited = await open(context, '#/')
    await visited.page.locator('h1', { hasText: title }).waitFor()
    expect(await barriers(visited.page)).toEqual([])
  })

  it('an empty cluster: pages say what to do first', async (context) => {
    const { overview } = snapshot(0)
    server.snapshot = snapshot(0, {
      overview: { ...overview, counts: NO_COUNTS, causes: [], changes: [] },
      stores: [],
      clusterExternalSecrets: [],
      pushSecrets: [],
    })
    await using visited = await open(context, '#/')
    const { page } = visited
    await page.locator('h1', { hasText: 'No ExternalSecrets yet' }).waitFor()
    expect(await barriers(page)).toEqual([])
    await page.getByRole('link', { name: 'Stores' }).click()
    await page.locator('h1', { hasText: 'No stores yet' }).waitFor()
    await page.getByRole('link', { name: 'Cluster-wide' }).click()
    await page.locator('h1', { hasText: 'No ClusterExternalSecrets' }).waitFor()
    await page.getByRole('link', { name: 'Push', exact: true }).click()
    await page.locator('h1', { hasText: 'No PushSecrets' }).waitFor()
  })

  it('hidden kinds: the page says what is missing, and shows the rest', async (context) => {
    const forbidden = {
      state: 'forbidden' as const,
      message: 'events is forbidden: User "eve" cannot list resource "events"',
    }
    const whole = snapshot(100)
    server.snapshot = {
      ...whole,
      access: access({ CronJob: forbidden, Lease: { ...forbidden, hint: 'acksm ui -n shop' } }),
      overview: {
        ...whole.overview,
        kms: { state: 'unknown', why: 'you may not get pods/proxy of the operator' },
        operator: { state: 'unknown', detail: 'it was not found', isConfirmed: false, isLed: false },
      },
    }
    await using visited = await open(context, '#/')
    const { page } = visited
    await page.getByText('you may not get pods/proxy').waitFor()
    expect(await page.locator('.connection').textContent()).toBe('Partly live')
    await page.locator('.connection').click()
    await page.locator('.access li', { hasText: 'Operator: Lease' }).getByText('Not allowed').waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('an object that is gone, an address that is none, and a defect of the data', async (context) => {
    await using visited = await open(context, '#/resources/shop/gone')
    const { page } = visited
    await page.locator('h1', { hasText: 'Not found' }).waitFor()
    await page.evaluate(() => (location.hash = '#/what'))
    await page.locator('h1', { hasText: 'No such page' }).waitFor()
    server.resourceDetails = (key) => ({ row: { key } }) as never
    await page.evaluate(() => (location.hash = '#/resources/shop/api'))
    await page.locator('h1', { hasText: 'This page has a defect' }).waitFor()
    // The rest of the pages works on.
    await page.getByRole('link', { name: 'Stores' }).click()
    await page.locator('h1', { hasText: 'Stores' }).waitFor()
  })
})

describe('hostile text', () => {
  const NAME = 'a'.repeat(253)
  const MESSAGE = `<img src=x onerror="globalThis.hit=1"> \u202Egnp.exe\u0000 ${'long '.repeat(190)}`
  const row: ResourceRow = {
    ...(rows(1)[0] as ResourceRow),
    key: `${'n'.repeat(63)}/${NAME}`,
    namespace: 'n'.repeat(63),
    name: NAME,
    reason: '<script>globalThis.hit=1</script>',
    message: MESSAGE.slice(0, 200),
    stores: [`SecretStore ${'n'.repeat(63)}/${NAME}`],
  }

  it.for([
    ['#/', 1_280],
    ['#/resources', 320],
    [`#/resources/${row.key}`, 320],
    [`#/resources/${row.key}`, 1_280],
  ] as const)('is shown as text on %s at %d pixels', async ([fragment, width], context) => {
    const overview = overviewOf([row])
    server.snapshot = snapshot(0, {
      resources: [row],
      overview: {
        ...overview,
        causes: overview.causes.map((cause) => ({
          ...cause,
          reason: row.reason,
          cause: MESSAGE,
          resources: [row.key],
        })),
      },
    })
    const base = resourceDetail(row)
    server.resourceDetails = () => ({
      ...base,
      message: MESSAGE,
      graph: { ...base.graph, nodes: base.graph.nodes.map((node) => ({ ...node, name: NAME, detail: MESSAGE })) },
      sources: base.sources.map((source) => ({
        ...source,
        secret: MESSAGE,
        keys: Array.from({ length: 300 }, (_key, index) => `${NAME}${index}`),
      })),
    })
    await using visited = await open(context, fragment, { width })
    const { page, problems } = visited
    await page.getByText('<img src=x onerror').first().waitFor({ state: 'attached' })
    const text = (await page.locator('main').textContent()) ?? ''
    expect(text).toContain('‹U+202E›gnp.exe‹U+0000›')
    expect(text).not.toContain('\u202E')
    if (width === 320) expect(await rightEdge(page.locator('.node'))).toBeLessThanOrEqual(width)
    expect({
      hit: await page.evaluate(() => 'hit' in globalThis),
      images: await page.locator('main img, main script').count(),
      overflow: await overflow(page),
      problems,
    }).toEqual({ hit: false, images: 0, overflow: 0, problems: [] })
  })

  it.for([
    ['#/pushsecrets', 320],
    [`#/pushsecrets/${row.key}`, 320],
  ] as const)('of a PushSecret is shown as text on %s at %d pixels', async ([fragment, width], context) => {
    const pushed = pushSecretRow(NAME, {
      id: `PushSecret ${row.key}`,
      namespace: row.namespace,
      stores: row.stores,
      secret: NAME,
      reason: row.reason,
      message: row.message,
    })
    server.snapshot = snapshot(0, { pushSecrets: [pushed] })
    const base = pushSecretDetail(pushed)
    server.pushSecretDetails = () => ({
      ...base,
      message: MESSAGE,
      selectedKeys: Array.from({ length: 60 }, (_key, index) => `${NAME}${index}`),
      entries: [{ key: MESSAGE, secretKey: NAME, stages: [MESSAGE] }],
      targets: Array.from({ length: 256 }, (_target, index) => ({
        key: `${MESSAGE}${index}`,
        store: row.stores[0] ?? '',
        state: 'Failed',
        message: `${index} ${MESSAGE}`,
        versionId: NAME,
      })),
      graph: { ...base.graph, nodes: base.graph.nodes.map((node) => ({ ...node, name: NAME, detail: MESSAGE })) },
    })
    await using visited = await open(context, fragment, { width })
    const { page, problems } = visited
    await page.getByText('<img src=x onerror').first().waitFor({ state: 'attached' })
    expect(await page.locator('main').textContent()).not.toContain('\u202E')
    expect(await page.locator('.sources > li').count()).toBeLessThan(50)
    expect({
      hit: await page.evaluate(() => 'hit' in globalThis),
      images: await page.locator('main img, main script').count(),
      overflow: await overflow(page),
      problems,
    }).toEqual({ hit: false, images: 0, overflow: 0, problems: [] })
  })
})
