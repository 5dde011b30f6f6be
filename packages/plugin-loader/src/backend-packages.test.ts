import {
  type BackendPlugin,
  type Clock,
  defined,
  type SecretBackend,
  SecretSyncError,
  systemClock,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type BackendPackages, loadBackendPackages } from './backend-packages.ts'
import { installed, pluginSource, type TestPackage } from './testing/installed.ts'

const signal = new AbortController().signal
const CANARY = 'canary-password'

const load = async (
  packages: Readonly<Record<string, TestPackage>>,
  names: readonly string[] = Object.keys(packages),
): Promise<BackendPackages> =>
  loadBackendPackages({
    packages: names,
    pluginDirs: [await installed(packages)],
    appDir: '/',
    env: { GREETING: 'hello' },
  })

/** The error of a resolve that must fail. */
function failure(work: () => unknown): SecretSyncError {
  try {
    work()
  } catch (error) {
    if (error instanceof SecretSyncError) return error
    throw error
  }
  throw new Error('it did not fail')
}

async function textOf(packages: BackendPackages, name: string, config: object): Promise<string> {
  const { backend } = packages.resolve(name, { ...config })
  const value = await backend.read({ name: 'db' }, { signal })
  return Buffer.from(value.bytes.expose()).toString()
}

describe('a package', () => {
  it('is loaded by name and connects backends with its schema and the environment of the process', async () => {
    const packages = await load({ '@example/backend-memory': {} })
    expect(packages.failures).toEqual([])
    expect(packages.loaded).toEqual(['@example/backend-memory'])
    const { key, kind, quota } = packages.resolve('@example/backend-memory', { place: 'attic' })
    expect({ key, kind, quota }).toEqual({
      key: 'memory attic',
      kind: 'memory',
      quota: { account: 'attic', region: 'here' },
    })
    expect(await textOf(packages, '@example/backend-memory', { place: 'attic' })).toBe('db of attic hello')
  })

  it.each<[string, TestPackage]>([
    ['main', { manifest: { main: 'lib/main.js' }, files: { 'lib/main.js': pluginSource() } }],
    ['main without an extension', { manifest: { main: './lib/main' }, files: { 'lib/main.js': pluginSource() } }],
    ['main that is a folder', { manifest: { main: 'lib/' }, files: { 'lib/index.js': pluginSource() } }],
    ['an empty main', { manifest: { main: '' } }],
    ['exports as text', { manifest: { exports: './a.js' }, files: { 'a.js': pluginSource() } }],
    [
      'conditions in their order',
      {
        manifest: { exports: { '.': { require: './no.cjs', import: { types: './a.d.ts', default: './a.js' } } } },
        files: { 'a.js': pluginSource() },
      },
    ],
    [
      'conditions without subpaths',
      { manifest: { exports: { types: './a.d.ts', node: './a.js' } }, files: { 'a.js': pluginSource() } },
    ],
    ['alternatives', { manifest: { exports: { '.': ['bad', './a.js'] } }, files: { 'a.js': pluginSource() } }],
  ])('is found by %s', async (_rule, which) => {
    const packages = await load({ backend: which })
    expect(packages.failures.map(({ message }) => message)).toEqual([])
    expect(packages.loaded).toEqual(['backend'])
  })

  it('is found next to the program and in its parent folders', async () => {
    const home = await installed({ backend: {} })
    const appDir = path.join(home, 'node_modules/app/dist')
    await mkdir(appDir, { recursive: true })
    expect((await loadBackendPackages({ packages: ['backend'], appDir })).loaded).toEqual(['backend'])
  })

  it('is taken from a plugin folder before the packages of the program', async () => {
    const mine = await installed({ backend: {} })
    const theirs = await installed({ backend: { files: { 'index.js': pluginSource({ contractVersion: '7' }) } } })
    const packages = await loadBackendPackages({ packages: ['backend'], pluginDirs: [mine], appDir: theirs })
    expect(packages.loaded).toEqual(['backend'])
  })

  it('resolves its dependencies from its real path if it is linked', async () => {
    const there = await installed({
      dependency: { files: { 'index.js': "export const place = 'there'" } },
      linked: { files: { 'index.js': `import 'dependency'\n${pluginSource()}` } },
    })
    const here = await installed({})
    await mkdir(path.join(here, 'node_modules'))
    await symlink(path.join(there, 'node_modules/linked'), path.join(here, 'node_modules/linked'))
    const packages = await loadBackendPackages({ packages: ['linked'], pluginDirs: [here], appDir: '/' })
    expect(packages.loaded).toEqual(['linked'])
  })

  it('may use a zod schema', () => {
    const plugin: BackendPlugin<{ url: string }> = {
      contractVersion: 1,
      name: 'typed',
      optionsSchema: z.strictObject({ url: z.string() }),
      connect: () => ({
        key: '',
        kind: '',
        quota: { account: '', region: '' },
        backend: { read: async () => Promise.reject(new Error()), close: async () => undefined },
      }),
    }
    expect(plugin.optionsSchema['~standard'].version).toBe(1)
  })
})

describe('a package that cannot be loaded reports one line and does not affect others', () => {
  const index = (source: string): TestPackage => ({ files: { 'index.js': source } })
  const part = (parts: Readonly<Record<string, string>>): TestPackage => index(pluginSource(parts))

  it.each<[string, TestPackage | undefined, RegExp]>([
    [
      'missing',
      undefined,
      /^backend package "bad": not found in .*node_modules, the packages of the program; install it, or name its folder with --plugin-dir/,
    ],
    [
      'not built',
      { manifest: { main: 'dist/index.js' } },
      /its entry point dist\/index\.js does not exist; build the package/,
    ],
    ['without an entry point', { manifest: { exports: { './other': './index.js' } } }, /no entry point for import/],
    ['for require only', { manifest: { exports: { require: './index.js' } } }, /no entry point for import/],
    ['with an entry point elsewhere', { manifest: { main: '../../../etc/passwd' } }, /is outside the package/],
    ['with a manifest that is not JSON', { manifest: '{' }, /package\.json is not a JSON object/],
    [
      'of a newer contract',
      part({ contractVersion: '2' }),
      /implements version 2 of the backend contract, but this program needs version 1; update this program$/,
    ],
    ['of an older contract', part({ contractVersion: '0' }), /implements version 0 .*; update the package$/],
    [
      'without a contract version',
      part({ contractVersion: 'undefined' }),
      /contractVersion: expected 1, got undefined/,
    ],
    [
      'not a backend package',
      index('export const other = 1'),
      /no export named backendPlugin; check that it is a backend package/,
    ],
    [
      'that throws an error whose stack cannot be read',
      index(`const error = new Error('${CANARY}')
        Object.defineProperty(error, 'stack', { get() { throw error } })
        export const backendPlugin = await { then() { throw error } }`),
      /its code threw Error while loading$/,
    ],
    ['with a bad name', part({ name: "'My Backend'" }), /backendPlugin\.name: expected lower-case/],
    ['without a schema', part({ optionsSchema: '{}' }), /optionsSchema: expected a Standard Schema/],
    ['without connect', part({ connect: '1' }), /connect: expected a function/],
    [
      'that throws',
      index(`const a = 1\nthrow new TypeError('${CANARY}')`),
      /its code threw TypeError at index\.js:2 while loading$/,
    ],
    ['that throws a value that is not an error', index(`throw '${CANARY}'`), /its code threw string while loading$/],
    ['that is not JavaScript', index('export const = 1'), /its code threw SyntaxError/],
    [
      'with a missing dependency',
      index("import 'nothing-of-this-name'"),
      /ERR_MODULE_NOT_FOUND.* while loading; one of its own dependencies is not installed$/,
    ],
  ])('%s', async (_rule, bad, message) => {
    const packages = await load({ good: {}, ...defined({ bad }) }, ['bad', 'good'])
    expect(packages.failures).toMatchObject([{ code: 'InvalidSpec', message: expect.stringMatching(message) }])
    expect(inspect(packages.failures, { depth: Infinity })).not.toContain(CANARY)
    expect(packages.failures[0]?.message).not.toMatch(/[\r\n]/)
    expect(failure(() => packages.resolve('bad', {}))).toMatchObject({
      code: 'InvalidSpec',
      facts: { field: 'package' },
      message: expect.stringMatching(/^package: backend package "bad": /),
    })
    expect(await textOf(packages, 'good', { place: 'attic' })).toBe('db of attic hello')
  })

  it.each(['../x', '/etc/passwd', 'a b', 'file:///x.js', 'node:fs', '@x', 'UPPER', 'a'.repeat(300), ''])(
    '%j',
    async (name) => {
      const packages = await load({}, [name])
      expect(packages.failures).toMatchObject([
        { message: expect.stringContaining('expected the name of an npm package') },
      ])
    },
  )

  it('that loads slowly', async () => {
    const pluginDir = await installed({
      slow: index('await new Promise(() => setInterval(() => {}, 1e6).unref())'),
      good: {},
    })
    const packages = await loadBackendPackages({
      packages: ['slow', 'good'],
      pluginDirs: [pluginDir],
      appDir: '/',
      // Long enough for the other package, also on a loaded machine.
      loadTimeoutMs: 3_000,
    })
    expect(packages.failures).toMatchObject([
      { message: 'backend package "slow": its code was not ready within 3000 ms' },
    ])
    expect(packages.loaded).toEqual(['good'])
    expect(['slow', 'good', 'other'].map((name) => packages.failureOf(name))).toEqual([
      packages.failures[0],
      undefined,
      undefined,
    ])
  })

  it('is not loaded unless --backend-package names it', async () => {
    const packages = await load({ good: {}, other: {} }, ['good'])
    expect(failure(() => packages.resolve('other', { place: 'x' }))).toMatchObject({
      code: 'InvalidSpec',
      message: 'package: other is not loaded; load it with --backend-package other',
      facts: { field: 'package' },
    })
  })

  it('has a driver, which throws the error of a package that could not be loaded', async () => {
    const packages = await load({ good: {} }, ['good', 'missing'])
    const [good, missing] = packages.drivers
    expect([good?.package, missing?.package]).toEqual(['good', 'missing'])
    expect(good?.connect({ place: 'attic' }).kind).toBe('memory')
    expect(failure(() => missing?.connect({ place: 'attic' }))).toMatchObject({
      code: 'InvalidSpec',
      facts: { field: 'package' },
    })
  })

  it('is limited to 32 packages', async () => {
    const names = Array.from({ length: 33 }, (_none, index_) => `backend-${index_}`)
    await expect(load({}, names)).rejects.toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringContaining('at most 32'),
    })
  })
})

describe('a config', () => {
  const withSchema = (validate: string): TestPackage => ({
    files: {
      'index.js': pluginSource({
        optionsSchema: `{ '~standard': { version: 1, vendor: 'x', validate: ${validate} } }`,
      }),
    },
  })
  const issue = (text: string): string => `() => ({ issues: ${text} })`

  it.each([
    [
      'names the field',
      issue("[{ message: 'expected a place', path: ['place'] }]"),
      'config.place: expected a place',
      'config.place',
    ],
    [
      'names a nested field',
      issue("[{ message: 'bad', path: ['a', { key: 2 }, 'b c'] }]"),
      'config.a[2]["b c"]: bad',
      'config.a[2]["b c"]',
    ],
    ['names the config itself', issue("[{ message: 'bad' }]"), 'config: bad', 'config'],
    ['counts the other problems', issue("[{ message: 'a' }, { message: 'b' }]"), 'config: a (and 1 more)', 'config'],
    ['has one line', issue("[{ message: 'a\\nb' }]"), 'config: a b', 'config'],
    [
      'rejects an asynchronous schema',
      'async () => ({ value: {} })',
      'config: the schema of memory must not be asynchronous',
      'config',
    ],
    [
      'hides an error that the schema throws',
      `() => { throw new RangeError('${CANARY}') }`,
      'config: its schema of the backend memory threw RangeError',
      'config',
    ],
  ])('is rejected with the field: %s', async (_rule, validate, message, field) => {
    const packages = await load({ backend: withSchema(validate) })
    expect(failure(() => packages.resolve('backend', {}))).toMatchObject({
      code: 'InvalidSpec',
      message,
      facts: { field },
    })
  })

  it('is a copy, so a schema cannot change the resource', async () => {
    const packages = await load({ backend: withSchema("(value) => { value.place = 'changed'; return { value } }") })
    const config = { place: 'attic' }
    expect(await textOf(packages, 'backend', config)).toContain('changed')
    expect(config).toEqual({ place: 'attic' })
  })
})

describe('a backend that violates the contract', () => {
  const backend = (read: string, more = ''): TestPackage => ({
    files: {
      'index.js': pluginSource({
        connect: `() => ({ key: 'k', kind: 'x', quota: { account: 'a', region: 'r' }, backend: { read: ${read}, close: async () => undefined ${more} } })`,
      }),
    },
  })
  const open = async (which: TestPackage, clock: Clock = systemClock): Promise<SecretBackend> => {
    const pluginDirs = [await installed({ backend: which })]
    const packages = await loadBackendPackages({ packages: ['backend'], pluginDirs, appDir: '/', clock })
    return packages.resolve('backend', { place: 'x' }).backend
  }
  const read = async (which: TestPackage): Promise<unknown> => (await open(which)).read({ name: 'db' }, { signal })

  it.each([
    ['throws a foreign error', `async () => { throw new TypeError('${CANARY}') }`, 'Internal', /unexpected TypeError/],
    ['throws at once', `() => { throw new TypeError('${CANARY}') }`, 'Internal', /unexpected TypeError/],
    ['returns nothing', 'async () => undefined', 'InvalidResponse', /no bytes or no version id/],
    [
      'returns a text',
      `async () => ({ bytes: { expose: () => '${CANARY}' }, versionId: 'v1' })`,
      'InvalidResponse',
      /no bytes or no version id/,
    ],
    [
      'returns no version',
      `async () => ({ bytes: { expose: () => new Uint8Array() } })`,
      'InvalidResponse',
      /no bytes or no version id/,
    ],
    [
      'uses an unknown code',
      `async () => { throw Object.defineProperty(Object.assign(new Error('${CANARY}'), { code: 'Fire', facts: {} }), Symbol.for('ack-secret-manager.SecretSyncError'), { value: true }) }`,
      'Internal',
      /unknown code/,
    ],
  ])('%s', async (_rule, source, code, message) => {
    const error: unknown = await read(backend(source)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
  })

  it.each(['undefined', 'null', '{}', "{ allowed: 'no' }"])(
    'returns %s for an access check: no permission',
    async (says) => {
      const silent = await open(backend('async () => undefined', `, checkAccess: async () => (${says})`))
      await expect(silent.checkAccess?.({ name: 'db' }, { signal })).rejects.toMatchObject({
        code: 'InvalidResponse',
        message: expect.stringMatching(/^access to secret "db" .*: the backend returned neither allowed nor denied$/),
      })
    },
  )

  it('passes on which code a read would have, and the endpoint of its connection', async () => {
    const check = "{ allowed: false, message: 'no\\nway', code: 'AccessDenied', more: 1 }"
    const denied = await open(backend('async () => undefined', `, checkAccess: async () => (${check})`))
    expect(await denied.checkAccess?.({ name: 'db' }, { signal })).toEqual({
      allowed: false,
      message: String.raw`no\nway`,
      code: 'AccessDenied',
    })
    const connect = `() => ({ key: 'k', endpoint: 'vault:443', quota: { account: 'a', region: 'r' }, backend: { read: async () => undefined, close: async () => undefined } })`
    const packages = await load({ backend: { files: { 'index.js': pluginSource({ connect }) } } })
    expect(packages.resolve('backend', { place: 'x' }).endpoint).toBe('vault:443')
  })

  it('passes on errors of another copy of core', async () => {
    const source = `async () => { throw Object.defineProperty(Object.assign(new Error('gone'), { code: 'NotFound', facts: {} }), Symbol.for('ack-secret-manager.SecretSyncError'), { value: true }) }`
    await expect(read(backend(source))).rejects.toMatchObject({ code: 'NotFound', message: 'gone' })
  })

  it('never responds', async () => {
    const clock = new ManualClock()
    const silent = await open(backend('() => new Promise(() => undefined)'), clock)
    const reading = silent.read({ name: 'db' }, { signal }).catch((thrown: unknown) => thrown)
    await clock.advance(60_001)
    expect(await reading).toMatchObject({ code: 'Timeout', message: expect.stringContaining('within 60000 ms') })
  })

  it.each([
    ['no connection', '() => undefined', /returned no connection/],
    [
      'a backend without read',
      "() => ({ key: 'k', quota: { account: 'a', region: 'r' }, backend: {} })",
      /returned no connection/,
    ],
    [
      'a promise',
      `async () => { throw new TypeError('${CANARY}') }`,
      /^the backend memory returned a promise of a connection: connect must not be asynchronous$/,
    ],
    [
      'an error',
      `() => { throw new TypeError('${CANARY}') }`,
      /^config: connect of the backend memory threw TypeError$/,
    ],
    [
      'a getter that throws',
      `() => ({ get key() { throw new RangeError('${CANARY}') } })`,
      /^config: connect of the backend memory threw RangeError$/,
    ],
  ])('is rejected if connect returns %s', async (_rule, connect, message) => {
    const packages = await load({ backend: { files: { 'index.js': pluginSource({ connect }) } } })
    expect(failure(() => packages.resolve('backend', { place: 'x' }))).toMatchObject({
      code: 'InvalidSpec',
      message: expect.stringMatching(message),
    })
  })
})
