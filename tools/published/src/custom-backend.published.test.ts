import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ControlPlane, ControlPlaneUnavailable, startControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { apply, installCrds, Program, readManifests, until } from '@ack-secret-manager/testenv'
import { beforeAll, describe, expect, it } from 'vitest'
import { packAll } from './pack.ts'
import { ROOT, run, workspaces } from './workspaces.ts'

const EXAMPLE = path.join(ROOT, 'examples/custom-backend')
const PACKAGE = '@example/backend-age-files'
const NPM_QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
/** The programs, and what the author of a backend uses. */
const NEEDED = /\/(?:cli|operator|core|testkit)$/
const VALUE = '{"user":"tom","password":"canary-value"}'

/** Encrypts to a new key with the package's dependency. */
const SEAL = `
import { mkdirSync, writeFileSync } from 'node:fs'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
const key = await generateX25519Identity()
writeFileSync('key.txt', '# made for a test\\n' + key + '\\n', { mode: 0o600 })
const encrypter = new Encrypter()
encrypter.addRecipient(await identityToRecipient(key))
mkdirSync('secrets/team-a/app', { recursive: true })
writeFileSync('secrets/team-a/app/db.age', await encrypter.encrypt(process.argv[2]))
`

const STORE = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'SecretStore' }

/** Waits for the Ready condition of a store; returns status and message. */
async function verdictOn(request: ControlPlane['request'], name: string): Promise<string | undefined> {
  const { body } = await request<{ status?: { conditions?: { type: string; status: string; message?: string }[] } }>(
    'GET',
    `/apis/alibabacloud.com/v1alpha1/namespaces/default/secretstores/${name}`,
  )
  const ready = body.status?.conditions?.find(({ type }) => type === 'Ready')
  return ready === undefined ? undefined : `${ready.status} ${ready.message ?? ''}`
}

// Each test starts programs on a busy machine.
describe('a backend package outside the workspace', { timeout: 180_000 }, () => {
  const directory = directoryOfTests()
  /** Folder of its author. */
  let author: string
  /** Folder of its user, with the packed programs. */
  let home: string

  beforeAll(async () => {
    author = path.join(directory, 'author')
    home = path.join(directory, 'home')
    const needed = workspaces().filter(({ name }) => NEEDED.test(name))
    const packages = await packAll(needed, directory)
    await cp(EXAMPLE, author, { recursive: true, filter: (file) => !/\/(node_modules|dist)$/.test(file) })
    const [core = '', testkit = ''] = ['core', 'testkit'].map(
      (name) => packages.get(`@ack-secret-manager/${name}`)?.tarball,
    )
    await run('npm', ['install', '--no-save', '--ignore-scripts', ...NPM_QUIET, core, testkit], author)
    await run('npm', ['pack', ...NPM_QUIET, '--pack-destination', directory], author)
    const packed = (await readdir(directory)).find((file) => file.startsWith('example-')) ?? 'nothing.tgz'

    await mkdir(home)
    const all = [...packages].map(([name, { tarball }]) => [name, tarball] as const)
    all.push([PACKAGE, path.join(directory, packed)])
    const dependencies = Object.fromEntries(all.map(([name, file]) => [name, `file:${file}`]))
    await writeFile(path.join(home, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
    await run('npm', ['install', '--ignore-scripts', ...NPM_QUIET], home)
    await cp(path.join(EXAMPLE, 'manifests'), path.join(home, 'manifests'), { recursive: true })
    await writeFile(path.join(home, 'seal.mjs'), SEAL)
    await run('node', ['seal.mjs', VALUE], home)
  }, 900_000)

  const env = (): Record<string, string> => ({
    AGE_FILES_DIR: path.join(home, 'secrets'),
    AGE_FILES_IDENTITY_FILE: path.join(home, 'key.txt'),
  })
  /** Runs `acksm sync`; returns exit code and output. */
  const sync = async (more: readonly string[], variables: Readonly<Record<string, string>> = env()) => {
    const program = Program.start({
      name: 'acksm',
      script: path.join(home, 'node_modules/@ack-secret-manager/cli/bin/acksm.mjs'),
      args: ['sync', '-f', path.join(home, 'manifests'), '--out', path.join(home, 'out'), ...more],
      env: { ...variables },
    })
    const code = await program.exited
    return { code, said: program.lines.join('\n') }
  }

  it('passes the contract suite of the packed testkit', async () => {
    const said = await run(path.join(author, 'node_modules/.bin/vitest'), ['run'], author)
    expect(said).toMatch(/Tests .* passed/)
    expect(said).not.toMatch(/failed|skipped/)
  })

  it('is used by acksm', async () => {
    const { code, said } = await sync(['--backend-package', PACKAGE])
    expect(said).toMatch(/default +app +True +Synced/)
    expect(code).toBe(0)
    expect(await readFile(path.join(home, 'out/default/app/db.json'), 'utf8')).toBe(VALUE)
    expect(said).not.toContain('canary')
  })

  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [
      'was not asked for',
      [],
      {},
      /spec\.plugin\.package: @example\/backend-age-files is not loaded; load it with --backend-package/,
    ],
    ['is missing', ['--backend-package', '@example/nothing'], {}, /backend package "@example\/nothing": not found/],
    ['finds no folder', ['--backend-package', PACKAGE], {}, /environment variable AGE_FILES_DIR is not set/],
    [
      'finds no key',
      ['--backend-package', PACKAGE],
      { AGE_FILES_DIR: '/x', AGE_FILES_IDENTITY_FILE: '/nowhere' },
      /AGE_FILES_IDENTITY_FILE cannot be read \(ENOENT\)/,
    ],
  ])('reports the cause if it %s, and keeps its output', async (_rule, flags, variables, message) => {
    const { code, said } = await sync(flags, variables)
    expect(said).toMatch(message)
    expect(code).toBe(1)
    expect(await readFile(path.join(home, 'out/default/app/db.json'), 'utf8')).toBe(VALUE)
  })

  it('is used by the operator', async (context) => {
    let cluster: ControlPlane
    try {
      cluster = await startControlPlane()
    } catch (error) {
      // Skipped without Go, unless all tests are required.
      if (error instanceof ControlPlaneUnavailable && !error.goPresent && process.env['CI'] !== 'true')
        return context.skip(error.message)
      throw error
    }
    await using running = cluster
    const { request, kubeconfigPath } = running
    await installCrds(request, crds())
    const operator = Program.start({
      name: 'ack-secret-manager',
      script: path.join(home, 'node_modules/@ack-secret-manager/operator/bin/ack-secret-manager.mjs'),
      args: [
        `--kubeconfig=${kubeconfigPath}`,
        `--backend-package=${PACKAGE}`,
        '--backend-package=@example/nothing',
        '--allow-namespaced-plugins',
        '--metrics-bind-address=0',
        '--health-probe-bind-address=0',
      ],
      env: env(),
    })
    try {
      for (const file of ['secret-store.yaml', 'external-secret.yaml']) {
        for (const object of await readManifests(path.join(EXAMPLE, 'manifests', file))) await apply(request, object)
      }
      const data = await until('the Secret is there', async () => {
        const { body } = await request<{ data?: Readonly<Record<string, string>> }>(
          'GET',
          '/api/v1/namespaces/default/secrets/app',
        )
        return body.data?.['db.json']
      })
      expect(Buffer.from(data, 'base64').toString()).toBe(VALUE)
      for (const [name, plugin, message] of [
        ['wrong', { package: PACKAGE, config: { folder: '../../etc' } }, /config\.folder: expected a relative path/],
        ['absent', { package: '@example/nothing' }, /backend package "@example\/nothing": not found/],
        ['unasked', { package: '@example/other' }, /@example\/other is not loaded; load it with --backend-package/],
      ] as const) {
        const store = { ...STORE, metadata: { name }, spec: { plugin } }
        await apply(request, store)
        expect(await until(`the store ${name} is judged`, () => verdictOn(request, name))).toMatch(message)
      }
      expect(await until('the store age is judged', () => verdictOn(request, 'age'))).toMatch(/^True /)
    } finally {
      await operator.stop()
    }
    const said = operator.lines.join('\n')
    expect(said).toContain('backend package \\"@example/nothing\\": not found')
    expect(said).not.toContain('canary')
  }, 600_000)
})
