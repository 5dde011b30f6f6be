import { access, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { folderWith, treeOf } from '../testing/files.ts'
import { useKms } from '../testing/kms.ts'
import { entry, externalSecretYaml, storeYaml } from '../testing/manifests.ts'
import { CANARY, type Ran, run, start } from '../testing/run.ts'

const kms = useKms()
afterEach(() => kms.control('DELETE', '/faults'))

const ref = { secretStoreRef: { name: 'kms' } }

function web(more: object = {}, keys: readonly string[] = ['user', 'password']): string {
  const jmesPath = keys.map((key) => ({ path: key, objectAlias: key }))
  return externalSecretYaml('web', {
    data: [entry('app/token', 'token'), { key: 'app/db', ...ref, jmesPath }],
    ...more,
  })
}

function filesWith(manifest: string): Promise<string> {
  return folderWith({ 'in/store.yaml': storeYaml(), 'in/web.yaml': manifest })
}

function acksm(cwd: string, command: 'diff' | 'sync', ...more: string[]): Promise<Ran> {
  return run([command, '-f', 'in', '--out', 'out', ...kms.flags, ...more], { cwd })
}

it('shows what sync would create, and creates not even the directory', async () => {
  const cwd = await filesWith(web())
  expect(await acksm(cwd, 'diff')).toMatchObject({
    code: 1,
    out: `files default/web: create by ExternalSecret web
  + password  app/db v1
  + token  app/token v1
  + user  app/db v1
1 change
`,
    err: '',
  })
  await expect(access(path.join(cwd, 'out'))).rejects.toThrow('ENOENT')
  expect((await acksm(cwd, 'sync')).code).toBe(0)
  expect(await acksm(cwd, 'diff')).toMatchObject({
    code: 0,
    out: 'no changes: 1 ExternalSecret up to date\n',
    err: '',
  })
})

it('shows keys, versions, type and policy, but no value', async () => {
  const cwd = await filesWith(web())
  await acksm(cwd, 'sync')
  await kms.control('PUT', '/secrets/app/token', { data: `${CANARY}-two`, versionId: 'd2' })
  await writeFile(path.join(cwd, 'out/default/web/..data/password'), `${CANARY}-edited`)
  const changes = { type: 'example.com/web', target: { deletionPolicy: 'Retain' } }
  await writeFile(path.join(cwd, 'in/web.yaml'), web(changes, ['port', 'password']))
  const before = await treeOf(path.join(cwd, 'out'))
  const { code, out } = await acksm(cwd, 'diff')
  expect([code, out]).toEqual([
    1,
    `files default/web: recreate by ExternalSecret web
  ~ password  app/db v1 (another value of the same version)
  + port  app/db v1
  ~ token  app/token v1 → d2
  - user  app/db v1
    type: Opaque → example.com/web
    deletionPolicy: Delete → Retain
1 change
`,
  ])
  const json = await acksm(cwd, 'diff', '-o', 'json')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.out)).toEqual({
    changes: [
      {
        namespace: 'default',
        name: 'web',
        action: 'recreate',
        by: 'web',
        owner: { before: 'ExternalSecret web', after: 'ExternalSecret web' },
        keys: [
          {
            key: 'password',
            change: 'changed',
            before: { secret: 'app/db', version: 'v1' },
            after: { secret: 'app/db', version: 'v1' },
          },
          { key: 'port', change: 'added', after: { secret: 'app/db', version: 'v1' } },
          {
            key: 'token',
            change: 'changed',
            before: { secret: 'app/token', version: 'v1' },
            after: { secret: 'app/token', version: 'd2' },
          },
          { key: 'user', change: 'removed', before: { secret: 'app/db', version: 'v1' } },
        ],
        metadata: [],
        type: { before: 'Opaque', after: 'example.com/web' },
        deletionPolicy: { before: 'Delete', after: 'Retain' },
      },
    ],
    restarts: [],
    failures: [],
    suspended: [],
  })
  expect(await treeOf(path.join(cwd, 'out'))).toEqual(before)
  expect((await acksm(cwd, 'sync')).code).toBe(0)
  expect((await acksm(cwd, 'diff')).code).toBe(0)
})

it('shows a new version of the same value', async () => {
  const cwd = await filesWith(web())
  await acksm(cwd, 'sync')
  const token = await readFile(path.join(cwd, 'out/default/web/token'), 'utf8')
  await kms.control('PUT', '/secrets/app/token', { data: token, versionId: 'd3' })
  const { code, out } = await acksm(cwd, 'diff')
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(/update by ExternalSecret web\n {4}token {2}app\/token \S+ → d3 \(same value\)\n1 change\n$/),
  ])
})

it('follows resources with a common target, and a target that was renamed', async () => {
  const merged = (name: string, key: string): string =>
    externalSecretYaml(name, { data: [entry(key, name)], target: { name: 'both', creationPolicy: 'Merge' } })
  const cwd = await filesWith([merged('one', 'app/token'), merged('two', 'app/odd')].join('---\n'))
  const { out } = await acksm(cwd, 'diff', '-o', 'json')
  const { changes } = JSON.parse(out) as { changes: { action: string; by: string }[] }
  expect(changes.map(({ action }) => action)).toEqual(['create', 'update'])
  expect(new Set(changes.map(({ by }) => by))).toEqual(new Set(['one', 'two']))
  await acksm(cwd, 'sync')
  expect((await acksm(cwd, 'diff')).code).toBe(0)
  await writeFile(path.join(cwd, 'in/web.yaml'), web())
  await acksm(cwd, 'sync')
  await writeFile(path.join(cwd, 'in/web.yaml'), web({ target: { name: 'renamed' } }))
  expect((await acksm(cwd, 'diff')).out).toMatch(
    /^files default\/renamed: create by ExternalSecret web\n(?: {2}\+ .*\n){3}files default\/web: delete by ExternalSecret web\n(?: {2}- .*\n){3} {4}owner: ExternalSecret web → none\n2 changes\n$/,
  )
})

it('exits with 2 if something cannot be compared, and still shows the rest', async () => {
  const cwd = await folderWith({
    'in/store.yaml': storeYaml(),
    'in/web.yaml': web(),
    'in/denied.yaml': externalSecretYaml('denied', { data: [entry('other/denied', 'x')] }),
    'in/off.yaml': externalSecretYaml('off', { suspend: true, data: [entry('app/token', 'x')] }),
  })
  const { code, out, err } = await acksm(cwd, 'diff')
  expect([code, out]).toEqual([
    2,
    expect.stringMatching(
      /^files default\/web: create[^]*\nExternalSecret default\/off: suspended, so nothing changes\n1 change, 1 of 3 ExternalSecrets failed\n$/,
    ),
  ])
  expect(err).toMatch(/^acksm: ExternalSecret default\/denied: AccessDenied: .*\n$/)
  const { failures, suspended } = JSON.parse((await acksm(cwd, 'diff', '-o', 'json')).out) as Record<string, object[]>
  expect([failures, suspended]).toMatchObject([[{ name: 'denied', reason: 'AccessDenied' }], ['default/off']])
})

it('says that a target belongs to another resource', async () => {
  const cwd = await filesWith(web())
  await acksm(cwd, 'sync')
  await writeFile(
    path.join(cwd, 'in/web.yaml'),
    externalSecretYaml('other', { data: [entry('app/token', 'x')], target: { name: 'web' } }),
  )
  expect(await acksm(cwd, 'diff')).toMatchObject({
    code: 2,
    out: '1 of 1 ExternalSecret failed\n',
    err: 'acksm: ExternalSecret default/other: TargetConflict: Secret default/web is not changed: it belongs to ExternalSecret web\n',
  })
})

it.each<[string[], number, string]>([
  [['diff'], 2, '--filename FILE|DIR is required'],
  [['diff', '-f', 'nowhere', '--out', 'out'], 2, 'nowhere'],
  [['diff', '-f', 'in', '--out', 'out', '--kube'], 2, '--kube and --out cannot be combined; use one of them'],
  [['diff', '-f', 'in', '--out', 'out', '--context', 'x'], 2, '--context has no effect with --out'],
  [['diff', '-f', 'in', '--out', 'out', '--kubeconfig', 'x'], 2, '--kubeconfig has no effect with --out'],
  [['diff', '-f', 'in', '--kubeconfig', 'nowhere'], 2, 'nowhere'],
  [['diff', '-f', 'in', '--out', 'in'], 2, 'contains files and was not created by ack-secret-manager'],
  [['diff', '-f', 'in', '--out', 'in/web.yaml'], 2, 'is not a directory'],
  [['diff', '-f', 'in', '--out', 'in/web.yaml/x'], 2, 'is not a directory'],
  [['diff', '-f', 'in', '--out', 'out', '-o', 'yaml'], 2, '--output yaml: expected human or json'],
])('refuses %j', async (argv, exitCode, message) => {
  const cwd = await filesWith(web())
  const before = await treeOf(cwd)
  const { code, out, err } = await run([...argv, ...kms.flags], { cwd, env: { HOME: cwd } })
  expect([code, out]).toEqual([exitCode, ''])
  expect(err).toMatch(/^acksm: [^\n]+\n$/)
  expect(err).toContain(message)
  expect(await treeOf(cwd)).toEqual(before)
})

it('takes the directory of a variable, unless --kube is typed', async () => {
  const cwd = await filesWith(web())
  const argv = ['diff', '-f', 'in', ...kms.flags]
  const env = { HOME: cwd, ACKSM_OUT: 'out', ACKSM_CONTEXT: 'staging' }
  expect(await run(argv, { cwd, env })).toMatchObject({ code: 1, err: '' })
  expect((await run([...argv, '--kube', '--kubeconfig', 'nowhere'], { cwd, env })).err).toContain('nowhere')
})

it('ends at once when it is interrupted, because it has no write in flight', async () => {
  const cwd = await filesWith(web())
  await kms.control('POST', '/faults', { fault: 'hang' })
  await kms.control('DELETE', '/calls')
  const running = start(['diff', '-f', 'in', '--out', 'out', ...kms.flags], { cwd })
  const isReading = async (): Promise<void> =>
    expect(((await kms.control('GET', '/calls')) as { total: number }).total).toBeGreaterThan(0)
  await vi.waitFor(isReading, 25_000)
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 10)
  running.stop('SIGINT')
  expect(await running.done).toMatchObject({ code: 130, out: '' })
  clearInterval(timer)
  // A grace period for writes would be 1,500 ms. Time without a processor does not count.
  expect(ticks).toBeLessThan(75)
})

it('says that a key was removed by another client', async () => {
  const cwd = await filesWith(web())
  await acksm(cwd, 'sync')
  await rm(path.join(cwd, 'out/default/web/token'))
  await rm(path.join(cwd, 'out/default/web/..data/token'))
  expect((await acksm(cwd, 'diff')).out).toMatch(
    /^files default\/web: .*\n {2}\+ token {2}app\/token \w+ \(removed by another client, restored\)\n1 change\n$/,
  )
  const { changes } = JSON.parse((await acksm(cwd, 'diff', '-o', 'json')).out) as { changes: { keys: object[] }[] }
  expect(changes[0]?.keys).toEqual([
    { key: 'token', change: 'restored', after: { secret: 'app/token', version: expect.any(String) as string } },
  ])
})
