import { readlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { folderWith, modesOf, treeOf } from '../testing/files.ts'
import { BINARY, KEY_ENV, useKms } from '../testing/kms.ts'
import { entry, externalSecret, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, run, start } from '../testing/run.ts'
import type { ResourceResult } from './resource-result.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const ref = { secretStoreRef: { name: 'kms' } }
const everything = externalSecretYaml('web', {
  data: [
    entry('app/token', 'token'),
    entry('app/keystore', 'keystore.p12'),
    { key: 'app/db', ...ref, jmesPath: [{ path: 'password', objectAlias: 'db-password' }] },
  ],
  dataProcess: [{ extract: { key: 'app/db', ...ref }, replaceRule: [{ source: '^', target: 'DB_' }] }],
})
const token = externalSecretYaml('web', { data: [entry('app/token', 'token')] })

function sync(cwd: string, ...more: string[]): ReturnType<typeof run> {
  return run(['sync', '-f', 'in', '--out', 'out', ...kms.flags, ...more], { cwd })
}

describe('sync --out', () => {
  it('writes each key byte for byte, readable by its owner only', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': everything })
    const { code, out, err } = await sync(cwd)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^NAMESPACE +NAME +READY +REASON +KEYS +MESSAGE\ndefault +web +True +Synced +6 +6 keys up to date\n$/,
    )
    expect(await treeOf(path.join(cwd, 'out'))).toEqual({
      'default/web/DB_password': Buffer.from(`${CANARY}-one`),
      'default/web/DB_port': Buffer.from('5432'),
      'default/web/DB_user': Buffer.from('tom'),
      'default/web/db-password': Buffer.from(`${CANARY}-one`),
      'default/web/keystore.p12': BINARY,
      'default/web/token': Buffer.from(`${CANARY}-token\nsecond line`),
    })
    expect(new Set(await modesOf(path.join(cwd, 'out')))).toEqual(new Set([0o600]))
  })

  it('reports fields without an effect on files, and continues', async () => {
    const restart = [{ kind: 'Deployment', name: 'web' }]
    const fields = { target: { immutable: true }, restart, type: 'example.com/any' }
    const web = externalSecretYaml('web', { data: [entry('app/token', 'token')], ...fields })
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': web })
    expect(await sync(cwd)).toMatchObject({
      code: 0,
      err: `acksm: ExternalSecret default/web: spec.restart has no effect on files
acksm: ExternalSecret default/web: spec.target.immutable has no effect on files
`,
    })
    const before = await readlink(path.join(cwd, 'out/default/web/..data'))
    expect((await sync(cwd)).code).toBe(0)
    expect(await readlink(path.join(cwd, 'out/default/web/..data'))).toBe(before)
    // Another type only changes the record: the files are unchanged.
    await writeFile(path.join(cwd, 'in/web.yaml'), web.replace('example.com/any', 'example.com/other'))
    expect((await sync(cwd)).code).toBe(0)
    expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/web/token'])
  })

  it('does not rewrite unchanged keys, and prints one JSON document', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await sync(cwd)
    const before = await readlink(path.join(cwd, 'out/default/web/..data'))
    const { code, out, err } = await sync(cwd, '--output', 'json')
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toEqual({
      resources: [
        {
          kind: 'ExternalSecret',
          namespace: 'default',
          name: 'web',
          ready: true,
          reason: 'Synced',
          message: '1 key up to date',
          keys: ['token'],
        },
      ],
    })
    expect(await readlink(path.join(cwd, 'out/default/web/..data'))).toBe(before)
  })

  it('reads lists, other namespaces and stdin', async () => {
    const cwd = await folderWith({ 'store.yaml': storeYaml() })
    const items = [externalSecret('web', { data: [entry('app/token', 't')] }, { namespace: 'shop' })]
    const list = stringify({ apiVersion: 'v1', kind: 'List', items }).replace(
      'name: kms',
      'name: kms\n            namespace: base',
    )
    const argv = ['sync', '-f', '-', 'store.yaml', '-n', 'base', '--out', 'out', ...kms.flags, '-o', 'json']
    const { code, out } = await run([...argv, '--enable-cross-namespace-secret-store'], { cwd, stdin: list })
    expect(JSON.parse(out)).toMatchObject({ resources: [{ namespace: 'shop', ready: true }] })
    expect(code).toBe(0)
    expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['shop/web/t'])
  })

  it('uses the identity of the environment for entries without a store', async () => {
    const cwd = await folderWith({
      'in/a.yaml': externalSecretYaml('web', { data: [{ key: 'app/token', name: 't' }] }),
    })
    const { code } = await run(['sync', '-f', 'in', '--out', 'out', ...kms.flags], { cwd, env: KEY_ENV })
    expect(code).toBe(0)
  })

  it('ignores an invalid identity that is not needed', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    const { code, err } = await run(['sync', '-f', 'in', '--out', 'out', ...kms.flags], {
      cwd,
      env: { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/x' },
    })
    expect(code).toBe(0)
    expect(err).toMatch(/^acksm: warning: ALIBABA_CLOUD_ROLE_ARN is set, .*not needed, so it is not used\n$/)
  })

  it('reports every failure with its reason, writes the other Secrets, and exits with 1', async () => {
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/all.yaml': [
        token,
        externalSecretYaml('denied', { data: [entry('other/denied', 'x')] }),
        externalSecretYaml('gone', { data: [entry('app/none', 'x')] }),
        externalSecretYaml('half', { data: [entry('app/token', 'x'), entry('app/none', 'y')] }),
        externalSecretYaml('nostore', { data: [{ key: 'app/db', name: 'x', secretStoreRef: { name: 'other' } }] }),
        externalSecretYaml('paused', { suspend: true, data: [entry('app/token', 'x')] }),
      ].join('---\n'),
    })
    const { code, out } = await sync(cwd, '-o', 'json')
    const { resources } = JSON.parse(out) as { resources: ResourceResult[] }
    expect(resources.map(({ name, reason, requestIds }) => [name, reason, requestIds?.length ?? 0])).toEqual([
      ['web', 'Synced', 0],
      ['denied', 'AccessDenied', 1],
      ['gone', 'SecretNotFound', 1],
      ['half', 'Degraded', 1],
      ['nostore', 'StoreNotFound', 0],
      ['paused', 'Suspended', 0],
    ])
    for (const { message, requestIds = [] } of resources) for (const id of requestIds) expect(message).not.toContain(id)
    expect((await sync(cwd)).out).toMatch(/gone .* \[request id [\w-]+\]\n/)
    expect(code).toBe(1)
    expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/web/token'])
  })

  it('fails a resource that is defined twice, and syncs the others', async () => {
    const twice = externalSecretYaml('twice', { data: [entry('app/token', 'x')] })
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/web.yaml': token,
      'in/one.yaml': twice,
      'in/two.yaml': twice,
    })
    const { code, out } = await sync(cwd, '-o', 'json')
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      {
        resources: [
          {
            name: 'twice',
            ready: false,
            reason: 'InvalidSpec',
            message:
              'in/two.yaml:1: ExternalSecret default/twice is defined twice; the other definition is at in/one.yaml:1',
          },
          { name: 'web', ready: true },
        ],
      },
    ])
    expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/web/token'])
  })

  it('reports in JSON why each source could not be read', async () => {
    const half = externalSecretYaml('half', { data: [entry('app/token', 'x'), entry('app/none', 'y')] })
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/half.yaml': half })
    const [result] = (JSON.parse((await sync(cwd, '-o', 'json')).out) as { resources: ResourceResult[] }).resources
    expect(result?.failures).toEqual([
      {
        field: 'spec.data[1]',
        secret: 'app/none',
        reason: 'SecretNotFound',
        message: expect.stringContaining('app/none'),
        keys: ['y'],
      },
    ])
  })

  it('does not count a suspended resource as a failure', async () => {
    const paused = externalSecretYaml('web', { suspend: true, data: [entry('app/token', 'x')] })
    const { code } = await sync(await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': paused }))
    expect(code).toBe(0)
  })

  it('retries transient failures', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await kms.control('POST', '/faults', { fault: 'http503', count: 5 })
    expect(await sync(cwd, '--timeout', '5m')).toMatchObject({ code: 0 })
  })

  it('keeps an old value and exits with 1', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await sync(cwd)
    const before = await treeOf(path.join(cwd, 'out'))
    await kms.control('POST', '/faults', { fault: 'http503' })
    const { code, out } = await sync(cwd, '-o', 'json', '--timeout', '4s')
    expect(JSON.parse(out)).toMatchObject({
      resources: [
        { ready: false, reason: 'Stale', message: expect.stringContaining('last values kept'), keys: ['token'] },
      ],
    })
    expect(code).toBe(1)
    expect(await treeOf(path.join(cwd, 'out'))).toEqual(before)
  })

  it('retries until the timeout while KMS is unavailable, and reports the cause', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await kms.control('POST', '/faults', { fault: 'http503' })
    const { code, out } = await sync(cwd, '--timeout', '4s')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/False +Unavailable +0 .*nothing is written until all keys can be read/),
    ])
  })

  it('reads only once with an identity that KMS does not know', async () => {
    await kms.control('DELETE', '/calls')
    const cwd = await folderWith({ 'in/store.yaml': storeYaml({ secret: 'wrong' }), 'in/web.yaml': token })
    const { code, out } = await sync(cwd)
    expect([code, out]).toEqual([1, expect.stringContaining('AuthenticationFailed')])
    expect(await kms.control('GET', '/calls')).toMatchObject({ total: 1 })
  })

  it('stops at the timeout', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await kms.control('POST', '/faults', { fault: 'hang' })
    const { code, out } = await sync(cwd, '--timeout', '5s')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/not finished within 5 s; it reads app\/\S+ at 127\.0\.0\.1:\d+[^;]*; increase --timeout/),
    ])
  })

  it('exits with 130 without a message when it is interrupted', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await kms.control('POST', '/faults', { fault: 'hang' })
    await kms.control('DELETE', '/calls')
    const running = start(['sync', '-f', 'in', '--out', 'out', ...kms.flags], { cwd })
    await vi.waitFor(async () => expect(await kms.control('GET', '/calls')).toMatchObject({ total: 1 }), 25_000)
    running.stop('SIGINT')
    expect(await running.done).toMatchObject({ code: 130, out: '' })
  })

  it('keeps the output of other manifests', async () => {
    const merge = { target: { name: 'shared', creationPolicy: 'Merge' } }
    const cwd = await folderWith({
      'in/store.yaml': storeYaml(),
      'in/web.yaml': externalSecretYaml('a', { ...merge, data: [entry('app/token', 'a')] }),
    })
    await sync(cwd)
    await writeFile(
      path.join(cwd, 'in/web.yaml'),
      externalSecretYaml('b', { ...merge, data: [entry('app/token', 'b')] }),
    )
    await sync(cwd)
    expect(Object.keys(await treeOf(path.join(cwd, 'out')))).toEqual(['default/shared/a', 'default/shared/b'])
  })

  it('logs reads at debug level without values', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': everything })
    const { err } = await sync(cwd, '--log-level', 'debug')
    expect(err).toMatch(/debug: read from kms-endpoint: changed, \d+ ms/)
  })

  it('the check for printed values finds one', async () => {
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': token })
    await expect(run(['render', '-f', 'in', '--show-values', ...kms.flags], { cwd })).rejects.toThrow('was printed')
  })
})

describe('sync of an optional secret that is deleted', () => {
  const fleeting = externalSecretYaml('web', {
    data: [entry('app/token', 'token'), { ...entry('app/fleeting', 'fleeting'), optional: true }],
  })

  it('omits its key in a single run', async () => {
    await kms.control('PUT', '/secrets/app/fleeting', { data: `${CANARY}-fleeting`, versionId: 'v1' })
    const cwd = await folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': fleeting })
    const keys = async (): Promise<string[]> => Object.keys(await treeOf(path.join(cwd, 'out'))).toSorted()
    expect((await sync(cwd)).code).toBe(0)
    expect(await keys()).toEqual(['default/web/fleeting', 'default/web/token'])
    await kms.control('DELETE', '/secrets/app/fleeting')
    expect((await sync(cwd)).code).toBe(0)
    expect(await keys()).toEqual(['default/web/token'])
  })
})
