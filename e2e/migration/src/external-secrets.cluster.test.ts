import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { collectionPath, type Manifest, readManifests, TestEnvironment } from '@ack-secret-manager/testenv'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterAll, expect, it, vi } from 'vitest'
import { BINARY, KEY, MAIL, migrationSeed, TOKEN } from './external-secrets-seed.ts'
import { migrate } from './migrate.ts'

const MANIFESTS = fileURLToPath(new URL('../../../apps/cli/src/testing/external-secrets', import.meta.url))
const BYTES = Buffer.from([251, 255, 191, 0])

interface ExternalSecret extends Manifest {
  readonly status?: { readonly conditions?: readonly { readonly reason: string }[] }
}

interface Secret {
  readonly type: string
  readonly metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }
  readonly data: Record<string, string>
}

/** Secrets in KMS in addition to those of the seed. */
const VALUES: Readonly<Record<string, string>> = {
  'app/config': JSON.stringify({
    db: { user: 'tom', port: 5432 },
    hosts: ['a.example', 'b.example'],
    'with-dash': 'dash',
    'with.dot': 'dot',
  }),
  'app/flat': JSON.stringify({ plain: 'text', 'db.url/primary': 'mysql://db', db_user: 'tom' }),
  'app/database': JSON.stringify({ user: 'tom', password: 'a/b', host: 'db', name: 'Shop' }),
  'app/other': JSON.stringify({ region: 'cn-hangzhou' }),
  'app/base64': BINARY.toString('base64'),
  'app/base64url': BYTES.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
}

/** A generated password in base64. */
const passwordOf = (length: number): string =>
  expect.stringMatching(new RegExp(`^[\\w+/]{${(length * 4) / 3}}$`)) as string

/** Secrets as External Secrets Operator writes them for the manifests, by their names. */
const WRITTEN: Readonly<Record<string, Readonly<Record<string, string | Buffer>>>> = {
  'whole-value-secret': { token: TOKEN },
  version: { token: TOKEN },
  property: { user: 'tom', 'second-host': 'b.example', dashed: 'dash', dotted: 'dot', port: '5432', token: TOKEN },
  extract: { plain: 'text', 'db.url_primary': 'mysql://db', db_user: 'tom' },
  rewrite: { plain: 'text', DB_url_primary: 'mysql://db', DB_user: 'tom', region: 'cn-hangzhou' },
  decoding: { keystore: BINARY, 'url.safe': BYTES, token: TOKEN },
  template: {
    url: 'mysql://tom:a%2Fb@db/Shop',
    config: '\nhost="db"\nname="Shop"\npassword="a/b"\nuser="tom"\n',
  },
  'template-merge': { user: 'tom', password: 'a/b', host: 'db', name: 'Shop', 'user-and-host': 'tom@db' },
  'template-from': { 'app.ini': '[db]\nuser = tom\nhost = db\n', user: 'TOM' },
  'merge-target': { token: TOKEN },
  orphan: { token: TOKEN },
  often: { token: TOKEN },
  labels: { token: TOKEN },
  policies: { token: TOKEN, again: TOKEN },
  live: { token: TOKEN },
  'unknown-fields': { token: TOKEN },
  'duplicate-keys': { token: TOKEN },
  'everywhere-secret': { token: TOKEN },
  find: {
    ...Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [name.replace('/', '_'), value])),
    app_token: TOKEN,
    app_keystore: BINARY,
  },
  'find-and-token': { token: TOKEN, mail: MAIL },
  'null-bytes': { token: TOKEN, shop_mail: MAIL, user: 'tom', password: 'a/b', host: 'db', name: 'Shop' },
}

describeCluster('manifests of External Secrets Operator, migrated', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  let applied: readonly Manifest[] = []

  const env = useFixture(() => TestEnvironment.start({ controlPlane: cluster, seed: () => migrationSeed(VALUES) }))
  afterAll(async () => {
    // What has no namespace does not go with it.
    for (const manifest of applied.filter(({ metadata }) => metadata.namespace === undefined)) {
      await cluster.request('DELETE', `${collectionPath(manifest, cluster.namespace)}/${manifest.metadata.name}`)
    }
  })

  /** The manifests with names of this test, migrated. */
  async function migrated(): Promise<readonly Manifest[]> {
    const { namespace } = cluster
    const texts: Record<string, string> = {}
    for (const name of await readdir(MANIFESTS)) {
      const text = await readFile(path.join(MANIFESTS, name), 'utf8')
      texts[name] = text
        .replaceAll('namespace: shop', `namespace: ${namespace}`)
        .replaceAll('    - shop\n', `    - ${namespace}\n`)
        .replaceAll(/\b(shared|everywhere|nowhere)$/gm, `$1-${namespace}`)
        .replace('access-key-secret', KEY.secret)
    }
    const directory = await migrate(env.directory, texts, '--endpoint', env.simulator.endpoint)
    const files = (await readdir(directory)).map((name) => readManifests(path.join(directory, name)))
    return (await Promise.all(files)).flat()
  }

  it('apply on the API server, which has every field', async () => {
    applied = await migrated()
    const answers = await Promise.all(
      applied.map(async (manifest) => {
        const collection = collectionPath(manifest, cluster.namespace)
        const { status, body } = await cluster.request('POST', `${collection}?fieldValidation=Strict`, manifest)
        return { status, body }
      }),
    )
    expect(answers.filter(({ status }) => status !== 201)).toEqual([])
    expect(applied.length).toBeGreaterThan(35)
  })

  it('produce the same Secrets as before', async () => {
    await env.leader('--polling-interval=120s', '--log-level=info')
    // One of its stores is not among the manifests.
    const wanted = { 'source-ref': 'Degraded' }
    await vi.waitFor(async () => expect(await unready()).toEqual(wanted), { timeout: 120_000, interval: 250 })

    const { body } = await cluster.request<{ items: (Secret & Manifest)[] }>(
      'GET',
      `/api/v1/namespaces/${cluster.namespace}/secrets?labelSelector=alibabacloud.com/managed-by`,
    )
    const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64')
    const encoded = Object.entries(WRITTEN).map(([name, data]) => [
      name,
      Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
    ])
    expect(Object.fromEntries(body.items.map(({ metadata, data }) => [metadata.name, data]))).toEqual({
      ...Object.fromEntries(encoded),
      generated: { password: passwordOf(42) },
      'generated-and-token': { password: passwordOf(42), token: base64(TOKEN) },
      'default-length': { password: passwordOf(24) },
      'generated-once': { password: passwordOf(42) },
    })
    const secret = (name: string): Secret | undefined => body.items.find(({ metadata }) => metadata.name === name)
    expect(secret('template')).toMatchObject({
      type: 'example.com/database',
      metadata: { labels: { database: 'shop' }, annotations: { 'example.com/host': 'db' } },
    })
    expect(secret('template-from')?.metadata.annotations).toMatchObject({ hint: 'reads as tom' })
    expect(secret('labels')?.metadata).toMatchObject({
      labels: { app: 'shop' },
      annotations: { 'example.com/note': 'no {{ template }}' },
    })
  })

  /** Reasons of resources that should sync and do not. */
  async function unready(): Promise<Readonly<Record<string, string>>> {
    const { body } = await cluster.request<{ items: readonly ExternalSecret[] }>(
      'GET',
      `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets`,
    )
    const ready = body.items.map(({ metadata, status }) => [metadata.name, status?.conditions?.[0]?.reason ?? 'none'])
    return Object.fromEntries(ready.filter(([, reason]) => reason !== 'Synced' && reason !== 'Suspended'))
  }
})
