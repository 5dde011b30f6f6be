import { beforeEach, describe, expect, it } from 'vitest'
import type { ChangeView, ResourceDetail, TargetView } from '../model/views/index.ts'
import { at, NO_COUNTS } from './testing/base-fixtures.ts'
import { resourceDetail, storeDetail } from './testing/detail-fixtures.ts'
import { access, rows, snapshot, storeRow } from './testing/fixtures.ts'
import { DENIED_GUIDE } from './testing/overview-fixtures.ts'
import { pushSecretDetail, pushSecretRow } from './testing/push-fixtures.ts'
import { usePages } from './testing/use-pages.ts'

const { server, open } = usePages()
let detail: ResourceDetail

const [ROW] = rows(1)
if (ROW === undefined) throw new Error('no row')
const PUSHED = ['PushSecret shop/web', 'PushSecret shop/audit']

beforeEach(() => {
  server.snapshot = snapshot(20)
  detail = resourceDetail(ROW)
  server.resourceDetails = (key) => (key === ROW.key ? detail : undefined)
})

describe.each<[string, Readonly<Record<TargetView['state'], string>>]>([
  [
    'en',
    {
      present: 'The record of the operator in the Secret names no key of it.',
      missing: 'The Secret does not exist, so no key of it is written.',
      loading: 'The Secret is being read.',
      forbidden: 'You may not read the metadata of the Secret',
      disconnected: 'The Secret is not read at the moment',
    },
  ],
  [
    'zh-CN',
    {
      present: 'Secret 上的 Operator 记录中没有来自它的键。',
      missing: 'Secret 不存在',
      loading: '正在读取 Secret。',
      forbidden: '您没有读取 Secret 元数据的权限',
      disconnected: '目前未能读取 Secret',
    },
  ],
])('in %s', (locale, texts) => {
  it('says why no key of a source is known', async (context) => {
    const sources = detail.sources.slice(0, 1).map((source) => ({ ...source, keys: [] }))
    const show = (state: TargetView['state']) =>
      (detail = resourceDetail(ROW, { sources, target: { ...detail.target, state } }))
    show('present')
    await using visited = await open(context, `#/resources/${ROW.key}`, { locale })
    const hint = visited.page.locator('.sources .hint')
    for (const [state, text] of Object.entries(texts)) {
      show(state as TargetView['state'])
      server.send({ touched: [ROW.key], now: at(1) })
      await hint.filter({ hasText: text }).waitFor()
    }
  })
})

it('says what a resource without a Secret has, once, and for how long it is not Ready', async (context) => {
  const source = { ...detail.sources[0], message: 'no kms:GetSecretValue' } as ResourceDetail['sources'][number]
  detail = resourceDetail(ROW, {
    message: 'KMS denied it: no kms:GetSecretValue',
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'AccessDenied',
        message: 'AccessDenied: KMS denied it: no kms:GetSecretValue',
        since: at(-11),
      },
    ],
    sources: [source],
    events: { state: 'known', events: [] },
    guide: { ...DENIED_GUIDE, written: 'none' },
    workloads: [],
    target: { ...detail.target, state: 'missing' },
  })
  await using visited = await open(context, `#/resources/${ROW.key}`)
  const { page } = visited
  const answer = page.locator('.answer')
  await answer.getByText('was not written yet').waitFor()
  expect(await answer.textContent()).not.toContain('keeps its last values')
  expect(await answer.textContent()).toContain('not Ready for 24 min')
  expect(await page.locator('main').getByText('no kms:GetSecretValue').count()).toBe(1)
  expect(await page.locator('.condition-head').first().textContent()).toBe('Ready: Falsefor 11 minAccessDenied')
  await page.getByText('None of these in its namespace names this Secret: Deployment, StatefulSet, CronJob.').waitFor()
})

it('counts suspended resources apart', async (context) => {
  const { overview } = snapshot(20)
  const counts = { ...NO_COUNTS, total: 46, ready: 9, failing: 2, suspended: 35 }
  const heading = async (part: Partial<typeof counts>, text: string) => {
    server.send({ overview: { ...overview, counts: { ...counts, ...part } }, now: at(1) })
    await visited.page.locator('.hero h1', { hasText: text }).waitFor()
  }
  await using visited = await open(context, '#/')
  await visited.page.locator('.hero h1').waitFor()
  await heading({}, '2 of 46 resources not Ready, 35 suspended')
  await heading({ failing: 0, total: 44 }, '9 Ready, 35 suspended')
  await heading({ suspended: 0, total: 11 }, '2 of 11 resources are not Ready')
  await heading({ suspended: 0, failing: 0, total: 9 }, 'All 9 resources are Ready')
})

it('says "latest", because a list of changes has a limit', async (context) => {
  const { overview } = snapshot(20)
  const changes = Array.from({ length: 100 }, (_, index): ChangeView => ({
    time: at(-index / 10),
    kind: 'not-ready',
    resource: `shop/r${index}`,
    text: 'SecretNotFound',
  }))
  changes[1] = { time: at(-0.1), kind: 'ready', resource: 'shop/fine', text: 'Synced' }
  server.snapshot = snapshot(20, { overview: { ...overview, changes } })
  await using visited = await open(context, '#/')
  await visited.page.getByRole('button', { name: 'Show the latest 100' }).waitFor()
  await visited.page.getByText('became not Ready; now: SecretNotFound').first().waitFor()
  expect(await visited.page.locator('.change-what', { hasText: 'shop/fine' }).textContent()).toBe(
    'shop/fine became Ready',
  )
})

it('names the namespace that has no resource, and offers all of them', async (context) => {
  const { overview, session } = snapshot(0)
  server.snapshot = snapshot(0, {
    session: { ...session, namespace: 'shpo' },
    overview: { ...overview, counts: NO_COUNTS, causes: [], changes: [] },
  })
  await using visited = await open(context, '#/')
  const { page } = visited
  for (const fragment of ['#/', '#/resources']) {
    await page.evaluate((hash) => (location.hash = hash), fragment)
    await page.locator('h1', { hasText: 'No ExternalSecrets in namespace shpo' }).waitFor()
    await page.getByText('acksm ui -A --context prod-hangzhou').waitFor()
  }
})

it('does not say of an object that it does not exist if the page cannot know it', async (context) => {
  const { session } = snapshot(0)
  const message = 'clustersecretstores is forbidden: User "eve" cannot list'
  server.snapshot = snapshot(20, {
    session: { ...session, namespace: 'shop' },
    access: access({
      ClusterSecretStore: { state: 'forbidden', message },
      SecretStore: { state: 'disconnected', message: 'timeout' },
    }),
  })
  await using visited = await open(context, '#/clustersecretstores/shared')
  const { page } = visited
  await page.locator('h1', { hasText: 'Not visible to you' }).waitFor()
  expect(await page.locator('main').textContent()).toContain(message)
  for (const [fragment, title] of [
    ['#/secretstores/shop/kms', 'Not read at the moment'],
    ['#/resources/media/api', 'Outside of the namespace of this page'],
    ['#/resources/shop/none', 'Not found'],
  ] as const) {
    await page.evaluate((hash) => (location.hash = hash), fragment)
    await page.locator('h1', { hasText: title }).waitFor()
  }
})

it.for([
  ['no-crds', 'en', 'The page looks again every minute.'],
  ['forbidden', 'en', 'The page looks again every minute.'],
  ['no-crds', 'zh-CN', '页面每分钟重新检查一次。'],
] as const)('says while the cluster is %s (%s) that it looks again', async ([state, locale, text], context) => {
  const cluster = { state, since: at(-1), message: '', hint: 'acksm crds | kubectl apply --server-side -f -' }
  server.snapshot = snapshot(0, { cluster })
  await using visited = await open(context, '#/', { locale })
  await visited.page.getByText(text).waitFor()
  await visited.page.getByText('kubectl apply --server-side -f - --context prod-hangzhou').waitFor()
})

it('says what is generated, what is pushed and why there is no PushSecret, and is live without the kind', async (context) => {
  server.snapshot = snapshot(20)
  server.pushSecretDetails = (id) => (id === 'PushSecret shop/web' ? pushSecretDetail(pushSecretRow('web')) : undefined)
  await using visited = await open(context, `#/resources/${ROW.key}`)
  const { page } = visited
  const generated = page.locator('.sources li', { hasText: 'upload-session' })
  await generated.waitFor()
  expect(await generated.textContent()).toMatch(/Session of a RAM role.*50 min ago.*9 min overdue.*in 10 min/)
  await page.locator('.sources li', { hasText: '.dockerconfigjson' }).getByText('Not generated yet').waitFor()
  await page.locator('.sources li', { hasText: 'sts token' }).getByText('AccessDenied: sts:AssumeRole').waitFor()
  const show = (fragment: string) => page.evaluate((hash) => (location.hash = hash), fragment)
  await show('#/')
  const card = page.locator('.card', { hasText: '51 of 62 not Ready' })
  await card.locator('li', { hasText: 'Unknown' }).getByText('and 47 more').waitFor()
  await page.locator('.rotations', { hasText: 'renewal of a token' }).waitFor()
  await card.getByRole('link', { name: 'shop/web' }).click()
  await page.locator('h1', { hasText: 'web' }).waitFor()
  const target = page.locator('.sources > li', { hasText: 'shop/web/token' }).first()
  expect(await target.textContent()).toContain('StoreNotAllowed: allowPush of SecretStore shop/kms')
  for (const [state, title] of [
    ['forbidden', 'You may not list PushSecrets'],
    ['absent', 'This cluster has no PushSecrets'],
    ['disconnected', 'PushSecrets are not read at the moment'],
    ['live', 'No PushSecrets'],
  ] as const) {
    server.send({ access: access({ PushSecret: { state } }), pushSecrets: { set: [], removed: PUSHED }, now: at(1) })
    await show('#/pushsecrets')
    await page.locator('h1', { hasText: title }).waitFor()
    expect(await page.locator('.connection').textContent()).toBe(state === 'disconnected' ? 'Partly live' : 'Live')
  }
})

it.for([
  ['ClusterSecretStore', '#/stores', 'ClusterSecretStores', 'No stores yet'],
  ['SecretStore', '#/stores', 'SecretStores', 'No stores yet'],
  ['ClusterExternalSecret', '#/clusterexternalsecrets', 'ClusterExternalSecrets', 'No ClusterExternalSecrets'],
] as const)('says why there is no %s', async ([kind, fragment, names, none], context) => {
  const message = `User "eve" cannot list resource "${names.toLowerCase()}"`
  const accessAt = (state: 'forbidden' | 'absent' | 'disconnected' | 'live') => access({ [kind]: { state, message } })
  server.snapshot = snapshot(20, { stores: [], clusterExternalSecrets: [], access: accessAt('forbidden') })
  await using visited = await open(context, fragment)
  const { page } = visited
  await page.locator('h1', { hasText: `You may not list ${names}` }).waitFor()
  await page.getByText(message).waitFor()
  for (const [state, title] of [
    ['absent', `This cluster has no ${names}`],
    ['disconnected', `${names} are not read at the moment`],
    ['live', none],
  ] as const) {
    server.send({ access: accessAt(state), now: at(1) })
    await page.locator('h1', { hasText: title }).waitFor()
  }
})

it('names the PushSecrets that write through a store, the worst first', async (context) => {
  const other = {
    state: 'failing',
    reason: 'AccessDenied',
    stores: ['ClusterSecretStore shared', 'SecretStore shop/kms'],
  } as const
  const pushSecrets = [
    pushSecretRow('fine', { state: 'ready' }),
    pushSecretRow('denied', other),
    pushSecretRow('elsewhere', { stores: ['SecretStore shop/kms-2'] }),
  ]
  server.snapshot = snapshot(0, { pushSecrets })
  server.storeDetails = (id) => storeDetail(storeRow(id))
  await using visited = await open(context, '#/secretstores/shop/kms')
  const card = visited.page.locator('.card', { hasText: '1 of 2 not Ready' })
  await card.getByRole('link', { name: 'shop/denied' }).waitFor()
  expect(await card.locator('li').allTextContents()).toEqual([
    expect.stringMatching(/^shop\/denied.*AccessDenied$/),
    expect.stringMatching(/^shop\/fine/),
  ])
  await visited.page.getByText('No ExternalSecret uses this store.').waitFor()
})
