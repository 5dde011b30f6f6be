import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { apply, readManifests, TestEnvironment, textsOf } from '@ack-secret-manager/testenv'
import { plantSeed } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'

const EXAMPLES = fileURLToPath(new URL('../../../../examples/templates', import.meta.url))
const pem = (what: string): string => `-----BEGIN ${what}-----\nbm90IGEgcmVhbCBvbmU=\n-----END ${what}-----\n`

/** Expected Secrets by file; file and Secret have the same name. */
const WRITTEN: Readonly<Record<string, { readonly type?: string; readonly texts: Readonly<Record<string, unknown>> }>> =
  {
    connection: {
      texts: {
        url: 'postgres://shop:first%20password@db.shop.svc:5432/shop',
        '.pgpass': 'db.shop.svc:5432:shop:shop:first password\n',
      },
    },
    tls: { type: 'kubernetes.io/tls', texts: { 'tls.crt': pem('CERTIFICATE'), 'tls.key': pem('PRIVATE KEY') } },
    'config-file': { texts: { 'application.yaml': 'mail:\n  host: smtp.shop.svc\n  password: "smtp-password"\n' } },
    environment: { texts: { DB_HOST: 'db.shop.svc', DB_USER: 'shop', DB_PASSWORD: 'first password' } },
    labels: { texts: { password: 'smtp-password', htpasswd: expect.stringMatching(/^shop:\$2a\$10\$.{53}\n$/) } },
  }

describeCluster('examples/templates', { timeout: 180_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment

  beforeAll(async () => {
    const seed = parse(await readFile(path.join(EXAMPLES, '../seeds/templates.yaml'), 'utf8')) as Seed
    const texts = seed.secrets?.map(({ name, versions }) => [name, versions[0]?.data ?? ''] as const)
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: Object.fromEntries(texts ?? []) } })
    for (const { id, secret, allow } of seed.accessKeys ?? []) {
      await env.simulator.control('PUT', `/accessKeys/${id}`, { secret, allow })
    }
    const names = ['store', ...Object.keys(WRITTEN)]
    const objects = (await Promise.all(names.map((name) => readManifests(path.join(EXAMPLES, `${name}.yaml`))))).flat()
    const resources = objects.filter(({ kind }) => kind !== 'Secret')
    plantSeed(seed, JSON.stringify(resources))
    for (const object of objects) await apply(cluster.request, object, cluster.namespace)
    await env.leader()
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('have no further manifests', async () => {
    const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.yaml'))
    expect(files.map((file) => path.basename(file, '.yaml')).toSorted()).toEqual(
      [...Object.keys(WRITTEN), 'store'].toSorted(),
    )
  })

  it.each(Object.entries(WRITTEN))('%s.yaml creates its Secret', async (name, { type = 'Opaque', texts }) => {
    await env.untilReason('externalsecrets', name, 'Synced')
    const { body } = await cluster.request<{ type: string; data: Record<string, string> }>('GET', env.secretPath(name))
    expect([body.type, textsOf(body)]).toEqual([type, texts])
  })

  it('labels.yaml sets labels and annotations', async () => {
    expect((await cluster.request('GET', env.secretPath('labels'))).body).toMatchObject({
      metadata: { labels: { team: 'shop' }, annotations: { 'example.com/length': '13 characters' } },
    })
  })
})
