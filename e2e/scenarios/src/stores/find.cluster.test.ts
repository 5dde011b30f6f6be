import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import { ACCESS_KEY, accessKeyStore, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

const READ = { actions: ['kms:GetSecretValue'], resources: ['*'] }
const LIST = { actions: ['kms:ListSecrets'], resources: ['*'] }
const store = { secretStoreRef: { name: 'kms' } }
interface Status {
  readonly observedGeneration: number
  readonly found?: number
}

/** Sweeps at an interval are at least 10 s apart. */
const PATIENCE_MS = 120_000

describeCluster('an ExternalSecret that finds secrets', { timeout: 600_000 }, () => {
  // A namespace for each test: they mostly wait for the interval of sweeps, so they run at the same time.
  const clusters = [useCluster(), useCluster(), useCluster(), useCluster(), useCluster()] as const
  const allow = (env: TestEnvironment, ...rules: object[]): Promise<unknown> =>
    env.simulator.control('PUT', `/accessKeys/${ACCESS_KEY.id}`, { allow: rules })
  it.concurrent('copies what matches and is allowed, follows new and deleted secrets, and shows no other', async () => {
    const [db, token, root] = [canary('db'), canary('token'), canary('root')]
    await using env = await TestEnvironment.start({
      controlPlane: clusters[0],
      seed: { secrets: { 'app/db': db, 'app/web/token': token, 'prod/root': root } },
    })
    await allow(env, READ)
    await clusters[0].request('PATCH', env.resourcePath('secretstores', 'kms'), {
      spec: { allow: [{ secrets: ['app/**'] }] },
    })
    await env.leader('--polling-interval=2s')
    const find = { ...store, name: { regexp: '.*' }, maxSecrets: 3 }
    await env.apply('ExternalSecret', 'web', { dataFrom: [{ find, rewrite: [{ source: '^app/' }] }] })
    const { message } = await env.untilReason('externalsecrets', 'web', 'AccessDenied')
    expect(message).toContain('may not call kms:ListSecrets on secret')
    expect(await env.secret('web')).toBeUndefined()

    await allow(env, READ, LIST)
    await env.untilSecret('web', { db, web_token: token }, PATIENCE_MS)
    await env.simulator.put('app/new', token)
    await env.untilSecret('web', { db, web_token: token, new: token }, PATIENCE_MS)

    await env.simulator.control('DELETE', '/secrets/app/web/token', { recoveryWindowInDays: 7 })
    await env.untilSecret('web', { db, new: token }, PATIENCE_MS)

    // More than maxSecrets: the count is that of the allowed ones. Nothing is added, and values are refreshed.
    // In one request: a list between two would match three, and the third would be added.
    const more = ['x', 'y'].map((name) => ({ name: `app/${name}`, data: db, versionId: 'v1' }))
    await env.simulator.control('PUT', '/secrets', more)
    const refused = await env.untilReason('externalsecrets', 'web', 'Degraded', PATIENCE_MS)
    expect(refused.message).toContain('4 secrets match; the maximum is 3')
    const rotated = canary('rotated')
    await env.simulator.put('app/db', rotated)
    await env.untilSecret('web', { db: rotated, new: token }, PATIENCE_MS)
    const shown = await env.visibleObjects()
    expect(shown).not.toContain('prod/root')
    const { calls } = await env.simulator.calls()
    expect(calls.filter(({ secret }) => secret === 'prod/root')).toEqual([])
  })

  it.concurrent('keeps keys over a rename, a restart and a lost status while the list fails, with and without a template', async () => {
    const [db, token] = [canary('db'), canary('token')]
    await using env = await TestEnvironment.start({
      controlPlane: clusters[1],
      seed: { secrets: { 'app/db': db, 'app/web/token': token } },
    })
    await allow(env, READ, LIST)
    const operator = await env.leader('--polling-interval=2s')
    const dataFrom = [{ find: { ...store, path: 'app' }, rewrite: [{ source: '^app/' }] }]
    const template = { data: { all: '{{ .db }} {{ .web_token }}' } }
    await env.apply('ExternalSecret', 'web', { dataFrom })
    await env.apply('ExternalSecret', 'page', { dataFrom, target: { template } })
    await env.untilSecret('web', { db, web_token: token }, PATIENCE_MS)
    await env.untilSecret('page', { all: `${db} ${token}` }, PATIENCE_MS)

    await allow(env, READ)
    await operator.stop()
    for (const name of ['web', 'page']) {
      const path = `${env.resourcePath('externalsecrets', name)}/status`
      await clusters[1].request('PATCH', path, { status: null })
    }
    const rotated = canary('rotated')
    await env.simulator.put('app/db', rotated)
    const upper = [{ ...dataFrom[0], rewrite: [{ source: '^app/', target: 'K_' }] }]
    await env.apply('ExternalSecret', 'web', { dataFrom: upper, target: { name: 'renamed' } })
    await env.leader('--polling-interval=2s')
    await env.untilSecret('renamed', { K_db: rotated, K_web_token: token }, PATIENCE_MS)
    await env.untilSecret('page', { all: `${rotated} ${token}` }, PATIENCE_MS)
    const { message } = await env.untilReason('externalsecrets', 'page', 'Degraded', PATIENCE_MS)
    expect(message).toContain('may not call kms:ListSecrets')
  })

  it.concurrent('shows no count of found secrets once the spec has no find', async () => {
    const cluster = clusters[4]
    const db = canary('db')
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { 'app/db': db } } })
    await allow(env, READ, LIST)
    await env.leader('--polling-interval=2s')
    await env.apply('ExternalSecret', 'web', {
      dataFrom: [{ find: { ...store, path: 'app' }, rewrite: [{ source: '^app/' }] }],
    })
    const path = env.resourcePath('externalsecrets', 'web')
    const untilFound = (count: number | undefined): Promise<true> =>
      until(`the status has ${count ?? 'no'} found secrets`, async () => {
        const { body } = await cluster.request<{ metadata: { generation: number }; status?: Status }>('GET', path)
        return body.status?.observedGeneration === body.metadata.generation && body.status.found === count
      })
    await untilFound(1)
    const spec = { dataFrom: null, data: [{ ...store, key: 'app/db', name: 'db' }] }
    expect((await cluster.request('PATCH', path, { spec })).status).toBe(200)
    await untilFound(undefined)
    await env.untilSecret('web', { db })
  })

  it.concurrent('finds encrypted parameters of OOS below a path, and follows new and deleted ones', async () => {
    const [db, other] = [canary('db'), canary('other')]
    await using env = await TestEnvironment.start({
      controlPlane: clusters[2],
      seed: {
        secrets: {},
        parameters: [
          { name: '/app/db', value: db },
          { name: '/application/x', value: other },
        ],
      },
    })
    await allow(env, READ, { actions: ['oos:GetSecretParameter', 'oos:ListSecretParameters'], resources: ['*'] })
    const { KMS } = accessKeyStore('kms-key') as { readonly KMS: { readonly KMSAuth: object } }
    await env.apply('SecretStore', 'oos', { OOS: { OOSAuth: KMS.KMSAuth } })
    await env.leader('--polling-interval=2s')
    const find = { secretStoreRef: { name: 'oos' }, path: '/app' }
    const rewrite = [{ source: '^/app/' }]
    await env.apply('ExternalSecret', 'parameters', { provider: 'oos', dataFrom: [{ find, rewrite }] })
    await env.untilSecret('parameters', { db }, PATIENCE_MS)
    await env.simulator.control('PUT', '/parameters/%2Fapp%2Fnew', { value: other })
    await env.untilSecret('parameters', { db, new: other }, PATIENCE_MS)
    await env.simulator.control('DELETE', '/parameters/%2Fapp%2Fdb')
    await env.untilSecret('parameters', { new: other }, PATIENCE_MS)
  })

  it.concurrent('keeps every key of 500 among 4,500 secrets while others come and go between pages', async () => {
    const secrets = Object.fromEntries(
      Array.from({ length: 4_500 }, (_none, at) => [at % 9 === 0 ? `shop/s${at}` : `other/s${at}`, `v${at}`]),
    )
    await using env = await TestEnvironment.start({ controlPlane: clusters[3], seed: { secrets } })
    await allow(env, READ, LIST)
    const operator = await env.leader('--polling-interval=10s')
    const startedMs = Date.now()
    for (const name of ['web', 'second', 'third']) {
      const target = { dataFrom: [{ find: { ...store, path: 'shop' }, rewrite: [{ source: '^shop/' }] }] }
      await env.apply('ExternalSecret', name, target)
    }
    const keyCount = async (name: string): Promise<number> => {
      const secret = await env.secret(name)
      return secret === undefined ? 0 : Object.keys(textsOf(secret)).length
    }
    await until('all resources have 500 keys', async () =>
      (await Promise.all(['web', 'second', 'third'].map(keyCount))).every((count) => count === 500),
    )
    const firstMs = Date.now() - startedMs
    const pagesOf = async (): Promise<number> => (await env.simulator.calls({ action: 'ListSecrets' })).total
    // Deletes from the front and creates at the end: each shifts the pages of a running sweep.
    let changes = 0
    const sweepsOf = async (): Promise<number> =>
      Number(/^acksm_sweeps_total\{[^}]*result="ok"[^}]*\} (\d+)/m.exec(await operator.metrics())?.[1])
    let least = 500
    while (changes < 60 || changes % 20 > 0 || (await sweepsOf()) < 2) {
      const name = `other/s${changes + 1 + Math.floor(changes / 8)}`
      await env.simulator.control('DELETE', `/secrets/${name}`).catch(() => undefined)
      await env.simulator.put(`other/new${changes}`, 'x')
      changes += 1
      if (changes % 20 === 0) least = Math.min(least, await keyCount('web'))
    }
    const metrics = await operator.metrics()
    const sweeps = await sweepsOf()
    const pages = await pagesOf()
    const secondsOf = Number(/^acksm_sweep_duration_seconds_sum\{[^}]*\} ([\d.]+)/m.exec(metrics)?.[1])
    console.log(JSON.stringify({ firstMs, changes, sweeps, pages, sweepSeconds: secondsOf / sweeps, least }))
    expect(least).toBe(500)
    // One sweep for three resources; one that shifted is read twice.
    expect(pages).toBeLessThanOrEqual((sweeps + 1) * 2 * 50)
    expect(await keyCount('second')).toBe(500)
  })
})
