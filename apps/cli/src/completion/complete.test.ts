import { spawn } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { ADMIN, useManagedKms } from '../testing/managed-kms.ts'
import { CANARY, type Ran, run } from '../testing/run.ts'

const NOTHING = { code: 0, out: ':4\n', err: '' }
const LISTED = { timeout: 60_000 }
const kms = useManagedKms({
  secrets: ['shop/api', 'shop/db', 'shop/db-admin', 'other/db'].map((name) => ({
    name,
    versions: [{ id: 'v1', data: `${CANARY}-x` }],
  })),
})

const complete = (...words: string[]): Promise<Ran> => run(['__complete', ...words])

it.each([
  [['explai'], 'explain\tExplain a reason of a resource: meaning, fix, commands.\n:4\n'],
  [['explain', 'Sta'], 'Stale\n:4\n'],
  [['get', '--auth', 'a'], 'access-key\naap\n:4\n'],
  [['get', '--auth=a'], '--auth=access-key\n--auth=aap\n:4\n'],
  [['crds', '-o', 'y'], 'yaml\n:4\n'],
  [['sync', '-f', 'x'], ':0\n'],
  [['get', 'x'], ':4\n'],
  // Manifests say which namespaces there are.
  [['render', '-n', 'x'], ':4\n'],
  [['no-such-command', 'x'], ':4\n'],
  [[], expect.stringMatching(/^sync\t[^]*help\t.*\n:4\n$/)],
])('completes %j', async (words, out) => {
  expect(await complete(...words)).toEqual(expect.objectContaining({ code: 0, out, err: '' }))
})

it('adds the empty word that some shells cannot pass', async () => {
  expect((await run(['__complete_next', 'crds', '-o'])).out).toBe('yaml\njson\nhuman\n:4\n')
})

describe('contexts and profiles', () => {
  it('come from the files that a command would read', async () => {
    const cwd = await folderWith({
      one: `contexts: [{name: prod-a, context: {cluster: c, namespace: shop}}, {name: prod-b}]\nusers: [{name: u, user: {token: ${CANARY}}}]\n`,
      two: '{"contexts": [{"name": "prod-a"}, {"name": "prod-c", "context": null}]}',
      broken: 'contexts: [',
      '.aliyun/config.json': `{"profiles":[{"name":"prod","mode":"AK","access_key_secret":"${CANARY}"}]}`,
      '.alibabacloud/credentials': `[proxy]\ntype = access_key\naccess_key_secret = ${CANARY}\n`,
    })
    const files = ['missing', 'one', 'two'].map((file) => path.join(cwd, file)).join(path.delimiter)
    const wordsOf = async (typed: string[], env: Record<string, string> = {}): Promise<string> =>
      (await run(['__complete', ...typed], { cwd, env: { HOME: cwd, ...env } })).out
    expect(await wordsOf(['status', '--context', 'prod'], { KUBECONFIG: files })).toBe(
      'prod-a\tcluster c, namespace shop\nprod-b\nprod-c\n:4\n',
    )
    expect(await wordsOf(['status', '--kubeconfig', 'two', '--context=prod'])).toBe(
      '--context=prod-a\n--context=prod-c\n:4\n',
    )
    for (const file of ['broken', 'none', '.']) {
      expect(await wordsOf(['status', '--kubeconfig', file, '--context', ''])).toBe(':4\n')
    }
    expect(await wordsOf(['get', '--profile', 'pro'])).toBe('prod\tAK\nproxy\tcredentials file\n:4\n')
  })
})

describe('a cluster that does not respond', () => {
  it('completes nothing, without a message', async () => {
    const cluster = { server: 'https://127.0.0.1:1' }
    const cwd = await folderWith({
      config: JSON.stringify({
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token: 't' } }],
        contexts: [{ name: 'u', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'u',
      }),
    })
    for (const kubeconfig of ['config', 'none']) {
      const env = { ACKSM_KUBECONFIG: kubeconfig }
      expect(await run(['__complete', 'status', 'w'], { cwd, env })).toMatchObject(NOTHING)
      expect(await run(['__complete', 'status', '-n', 'w'], { cwd, env })).toMatchObject(NOTHING)
    }
  })
})

it('a credential plug-in that hangs keeps no user waiting', { timeout: 60_000 }, async () => {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sleep',
    args: ['3600'],
    interactiveMode: 'Never',
  }
  const cwd = await folderWith({
    config: JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'u', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'u',
    }),
  })
  const argv = [
    fileURLToPath(new URL('../../bin/acksm.mjs', import.meta.url)),
    '__complete',
    'status',
    '--kubeconfig',
    'config',
    'w',
  ]
  const child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  // The plug-in has no deadline of its own.
  onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'))
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
  expect([out, err]).toEqual([':4\n', ''])
})

describe('names of KMS secrets', () => {
  const completeSecrets = async (typed: string, home: string, env: Record<string, string> = {}): Promise<Ran> =>
    run(['__complete', 'get', '--endpoint', kms.endpoint, typed], {
      env: { ...kms.env, HOME: home, ACKSM_COMPLETE_SECRETS: '1', ...env },
    })
  /** A command waits for a second, in which a busy machine does not always list. */
  const listed = async (typed: string, home: string, env?: Record<string, string>): Promise<Ran> =>
    vi.waitFor(async () => {
      await kms.forget()
      const ran = await completeSecrets(typed, home, env)
      expect(ran).not.toMatchObject(NOTHING)
      return ran
    }, LISTED)
  const cacheOf = (home: string): string => path.join(home, '.cache', 'acksm')

  it('are not asked for unless a user wants it', async () => {
    await kms.forget()
    const home = await folderWith({})
    for (const value of ['', '0', 'false']) {
      expect(await completeSecrets('shop/', home, { ACKSM_COMPLETE_SECRETS: value })).toMatchObject(NOTHING)
    }
    expect([await kms.calls(), await readdir(home)]).toEqual([[], []])
  })

  it('are listed once, and then come from a cache that only the user can read', async () => {
    const home = await folderWith({})
    expect(await listed('shop/', home)).toMatchObject({ out: 'shop/api\nshop/db\nshop/db-admin\n:4\n', err: '' })
    expect(await kms.calls()).toEqual(['ListSecrets OK 1'])
    expect(await completeSecrets('shop/db', home)).toMatchObject({ out: 'shop/db\nshop/db-admin\n:4\n' })
    expect(await kms.calls()).toEqual(['ListSecrets OK 1'])
    const [file = '', ...others] = await readdir(cacheOf(home))
    expect(others).toEqual([])
    const location = path.join(cacheOf(home), file)
    expect((await stat(location)).mode & 0o777).toBe(0o600)
    const text = await readFile(location, 'utf8')
    expect([text.includes(CANARY), text.includes(ADMIN.id)]).toEqual([false, false])
    // Another start of a name, another identity, an old or a broken cache: KMS is asked again.
    expect((await listed('oth', home)).out).toBe('other/db\n:4\n')
    await writeFile(location, JSON.stringify({ ...(JSON.parse(text) as object), atMs: 0 }))
    expect((await listed('shop/a', home)).out).toBe('shop/api\n:4\n')
    await writeFile(location, '{')
    expect((await listed('shop/a', home)).out).toBe('shop/api\n:4\n')
    expect((await listed('shop/a', home, { ALIBABA_CLOUD_REGION_ID: 'cn-beijing' })).out).toMatch(/:4\n$/)
    expect(await readdir(cacheOf(home))).toHaveLength(2)
  })

  it.each([
    [['--all', 'shop/d'], 'shop/db\nshop/db-admin\n:4\n'],
    [['--all', 'DB_=shop/d'], 'DB_=shop/db\nDB_=shop/db-admin\n:4\n'],
    [['--all=DB_=shop/a'], '--all=DB_=shop/api\n:4\n'],
    [['--get', 'TOKEN=oth'], 'TOKEN=other/db\n:4\n'],
    [['--get', 'oth'], ':4\n'],
  ])('complete exec %j', async (typed, out) => {
    await kms.forget()
    const env = { ...kms.env, HOME: await folderWith({}), ACKSM_COMPLETE_SECRETS: '1' }
    const argv = ['__complete', 'exec', '--endpoint', kms.endpoint, ...typed]
    await vi.waitFor(async () => expect(await run(argv, { env })).toMatchObject({ out, err: '' }), LISTED)
  })

  it('complete nothing, without a message, if KMS refuses or does not respond', async () => {
    await kms.forget()
    const home = await folderWith({ '.cache': 'a file' })
    const unknown = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tUnknown' }
    expect(await completeSecrets('shop/', home, unknown)).toMatchObject(NOTHING)
    await kms.control('POST', '/faults', { fault: 'hang' })
    expect(await completeSecrets('shop/', home)).toMatchObject(NOTHING)
    await kms.forget()
    // A cache that cannot be written is left out.
    expect((await listed('shop/a', home)).out).toBe('shop/api\n:4\n')
  })
})

it.each([
  [['completion'], "missing required argument 'SHELL'; see acksm completion --help"],
  [['completion', 'tcsh'], 'SHELL: expected bash or zsh or fish or powershell; see acksm completion --help'],
  [['completion', 'bash', '--force'], "unknown option '--force'; see acksm completion --help"],
])('acksm %j: one clear line, exit code 2', async (argv, message) => {
  expect(await run(argv)).toMatchObject({ code: 2, out: '', err: `acksm: ${message}\n` })
})
