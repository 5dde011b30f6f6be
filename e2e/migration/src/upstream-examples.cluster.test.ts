import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import {
  ACCOUNT,
  type AppliedObject,
  apply,
  type ClusterIssuer,
  type KubeSecret,
  providerArn,
  providerOf,
  type ReadyCondition,
  roleArn,
  TestEnvironment,
  textsOf,
  trustOf,
} from '@ack-secret-manager/testenv'
import { plantSeed } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const EXAMPLES = fileURLToPath(new URL('../../../examples/upstream', import.meta.url))
const READ = [{ actions: ['kms:GetSecretValue', 'oos:GetSecretParameter', 'sts:AssumeRole'], resources: ['*'] }]
const READER = '{"name":"ada","age":"36","loans":[{"title":"Flatland"},{"title":"Emma"}]}'

/** Secrets as the Go operator writes them, except for the differences in the migration guide; by namespace of the examples. */
const WRITTEN: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  default: {
    'first-secret': { number: '42-7' },
    'rrsa-secret': { 'library-card': '42-7' },
    'access-key-secret': { number: '42-7' },
    'assumed-role-secret': { number: '42-7' },
    borrowed: Object.fromEntries(
      ['other-spelling', 'rrsa', 'service-account', 'assumed-role', 'access-key'].map((way) => [
        `by-${way}`,
        'borrowed',
      ]),
    ),
    'instance-secret': { number: '42-7' },
    'oos-secret': { hours: '9-18' },
    'oos-several': { 'db-host': 'db.example.com', 'db-password': 'oos-password' },
    'some-members': { name: 'ada', 'first-loan': 'Flatland', titles: '["Flatland","Emma"]' },
    'all-members': { reader: 'ada', age: '36', borrowed: '[{"title":"Flatland"},{"title":"Emma"}]' },
    'yaml-members': { 'mon-open': '0900', closed: '["sun"]' },
    endpoints: {
      'default-endpoint': '42-7',
      'public-endpoint': '42-7',
      'other-region': '42-7',
      'no-endpoint': '42-7',
    },
    'several-keys': {
      card: '42-7',
      reader: READER,
      'tls-certificate': expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    },
    typed: { username: 'desk', password: 'desk-password' },
    'empty-fields': { 'library-card': '42-7' },
    'branch-card': { number: '42-7' },
    connection: {
      postgres_url: 'postgresql://admin:db-password@db.example.com:5432/library\n',
      username_upper: 'ADMIN',
      is_admin: 'true',
      timeout: '30',
      all: '\nhost=db.example.com\npassword=db-password\nusername=admin\n',
    },
    'json-members': {
      name: 'ada',
      title: 'Flatland',
      fines: '0',
      'by-index': 'ada',
      merged: '{"age":"37","loans":[{"title":"Flatland"},{"title":"Emma"}],"name":"ada"}',
    },
    lines: { floor: '2', host_array: '["a.example.com","b.example.com"]' },
    hashes: {
      hashed: expect.stringMatching(/^\$2a\$10\$.{53}$/),
      hashed_strong: expect.stringMatching(/^\$2a\$11\$.{53}$/),
      htpasswd: expect.stringMatching(/^desk:\$2a\$10\$.{53}\n$/),
    },
    'marked-secret': { number: '42-7' },
    certificate: {
      'tls.crt': expect.stringMatching(/CERT/),
      'tls.key': expect.stringMatching(/KEY/),
      'ca.crt': expect.stringMatching(/CERT/),
    },
    'templates-from': {
      host: 'db.example.com',
      user: 'admin',
      mode: 'remote',
      key: 'admin',
      secret: 'db-password',
      literal: 'APP_USER=admin\n',
    },
    'merged-keys': { password: 'db-password', host: 'DB.EXAMPLE.COM', url: 'postgresql://db.example.com/library' },
    'replaced-keys': { DATABASE_URL: 'postgresql://db.example.com:5432/library' },
    'only-labels': { host: 'db.example.com' },
  },
  'team-a': { 'team-secret': { shelf: 'A' } },
  'team-b': {
    'team-secret': { shelf: 'B' },
    'branch-secret': { number: '42-7' },
    'branch-card': { number: '42-7' },
    'branch-readers': { number: '42-7', reader: READER },
  },
  'dev-branch': { 'branch-card': { number: '42-7' } },
}

interface Listed {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly target?: { readonly name?: string } }
  readonly status?: { readonly conditions?: readonly ReadyCondition[] }
}

describeCluster('manifests of the Go operator’s documentation', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  /** Namespaces of the examples, mapped to those of this test. */
  const homes = (): Readonly<Record<string, string>> => ({
    default: cluster.namespace,
    'team-a': `${cluster.namespace}-a`,
    'team-b': `${cluster.namespace}-b`,
    'dev-branch': `dev-${cluster.namespace}`,
  })

  beforeAll(async () => {
    const base = parse(await readFile(path.join(EXAMPLES, '../seeds/upstream.yaml'), 'utf8')) as Seed
    env = await TestEnvironment.start({ controlPlane: cluster, seed: (issuer) => seedOf(base, issuer, homes()) })
    for (const [name, home] of Object.entries(homes())) {
      if (name === 'default') continue
      const labels = name === 'team-b' ? { 'needs-card': 'true' } : {}
      await cluster.request('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: home, labels },
      })
    }
    await env.serviceAccount('operator')
    const token = await env.tokenFile('operator')
    const { file, password } = await env.simulator.clientKey('KAAP.demo')
    await env.putSecret('client-key', { 'clientKey.json': file, password })
    const objects = await examples()
    const resources = objects.filter(({ kind }) => kind !== 'Secret')
    plantSeed(base, JSON.stringify(resources))
    for (const object of objects) await apply(cluster.request, object, cluster.namespace)
    const operator = await env.replica({
      namespaces: Object.values(homes()),
      args: [
        `--uid=${ACCOUNT}`,
        '--cluster-id=demo',
        `--allow-endpoint=${env.simulator.endpoint}`,
        '--polling-interval=120s',
      ],
      env: {
        ALICLOUD_ROLE_ARN: roleArn('operator'),
        ALICLOUD_OIDC_PROVIDER_ARN: providerArn('ack-rrsa-demo'),
        ALICLOUD_OIDC_TOKEN_FILE: token,
      },
    })
    await operator.leading()
  })
  afterAll(async () => {
    await env?.[Symbol.asyncDispose]()
    for (const kind of ['clustersecretstores', 'clusterexternalsecrets']) {
      for (const name of ['branch-store', 'branch-cards', 'branch-readers']) {
        await cluster.request('DELETE', `/apis/alibabacloud.com/v1alpha1/${kind}/${name}-${cluster.namespace}`)
      }
    }
    for (const [name, home] of Object.entries(homes())) {
      if (name !== 'default') await cluster.request('DELETE', `/api/v1/namespaces/${home}`)
    }
  })

  /** The examples with only names and endpoints replaced. */
  async function examples(): Promise<readonly AppliedObject[]> {
    const { endpoint, ca } = await env.simulator.instance()
    const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.yaml'))
    const texts = await Promise.all(files.map((name) => readFile(path.join(EXAMPLES, name), 'utf8')))
    return texts.flatMap((text) => {
      let moved = text
      for (const [name, home] of Object.entries(homes())) {
        moved = moved.replace(new RegExp(`(namespace: |metadata.name: |^ +- )${name}$`, 'gm'), `$1${home}`)
      }
      moved = moved
        .replace(/(?<=name: )branch-(store|cards|readers)$/gm, `branch-$1-${cluster.namespace}`)
        .replace(/kms(-vpc)?\.cn-\w+\.aliyuncs\.com/g, env.simulator.endpoint)
        .replace('endpoint: kst-demo', `endpoint: ${endpoint}`)
        .replace("ca: ''", `ca: ${ca}`)
      return parseAllDocuments(moved).map((document) => document.toJS() as AppliedObject)
    })
  }

  it('all become Ready', async () => {
    const secrets = Object.entries(WRITTEN).flatMap(([namespace, of]) =>
      Object.keys(of).map((name) => [namespace, name]),
    )
    const wanted = Object.fromEntries(secrets.map(([namespace, name]) => [`${namespace}/${name}`, 'Synced']))
    await vi.waitFor(async () => expect(await reasons()).toEqual(wanted), { timeout: 120_000, interval: 250 })
  })

  it('create the same Secrets as before', async () => {
    const found: Record<string, Record<string, object>> = {}
    for (const [namespace, home] of Object.entries(homes())) {
      const secrets = await list<KubeSecret & Listed>(
        `/api/v1/namespaces/${home}/secrets?labelSelector=alibabacloud.com/managed-by`,
      )
      found[namespace] = Object.fromEntries(secrets.map((secret) => [here(secret), textsOf(secret)]))
    }
    expect(found).toEqual(WRITTEN)
    expect(await env.secret('typed')).toMatchObject({ type: 'kubernetes.io/basic-auth' })
    expect(await env.secret('certificate')).toMatchObject({ type: 'kubernetes.io/tls' })
    expect(await env.secret('marked-secret')).toMatchObject({
      type: 'Opaque',
      metadata: { labels: { 'part-of': 'library' }, annotations: { 'example.com/number': '42-7' } },
    })
    expect(await env.secret('templates-from')).toMatchObject({
      metadata: { annotations: { banner: 'reads as ADMIN' } },
    })
  })

  /** State of each resource, by its Secret. */
  async function reasons(): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    for (const [namespace, home] of Object.entries(homes())) {
      for (const resource of await list<Listed>(`/apis/alibabacloud.com/v1alpha1/namespaces/${home}/externalsecrets`)) {
        const { reason = 'none', message = '' } = resource.status?.conditions?.[0] ?? {}
        found[`${namespace}/${resource.spec?.target?.name ?? here(resource)}`] =
          reason === 'Synced' ? reason : `${reason}: ${message}`
      }
    }
    return found
  }

  async function list<T>(where: string): Promise<readonly T[]> {
    return (await cluster.request<{ items: readonly T[] }>('GET', where)).body.items
  }

  /** Name of an object in the examples. */
  function here({ metadata }: Listed): string {
    return metadata.name.replace(`-${cluster.namespace}`, '')
  }
})

function seedOf(base: Seed, issuer: ClusterIssuer, homes: Readonly<Record<string, string>>): Seed {
  const byToken = (name: string, namespace: string = '', account: string = name) => ({
    name,
    trust: trustOf(issuer, namespace, account),
    allow: READ,
  })
  return {
    ...base,
    roles: [
      ...(base.roles ?? []),
      byToken('operator', homes['default'], 'operator'),
      byToken('borrower', homes['default'], 'borrower'),
      byToken('team-a', homes['team-a'], 'reader'),
      byToken('team-b', homes['team-b'], 'reader'),
      byToken('librarian', homes['team-a'], 'librarian'),
    ],
    oidcProviders: [providerOf(issuer, 'ack-rrsa-demo')],
  }
}
