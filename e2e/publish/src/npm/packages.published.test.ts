import { globSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { startPostgres } from '@ack-secret-manager/debian/postgresql'
import { packPackages } from '@ack-secret-manager/release/pack-packages'
import { LIST, type PackedPackage } from '@ack-secret-manager/release/packed-packages'
import { publicPackages } from '@ack-secret-manager/release/public-packages'
import { publishPackages } from '@ack-secret-manager/release/publish-packages'
import { reservePackages } from '@ack-secret-manager/release/reserve-packages'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPLICATION } from './application.ts'
import { NpmUser } from './npm-user.ts'
import { Verdaccio } from './verdaccio.ts'

/** All packages take minutes; `npm run release -- --dry-run` sets it. */
const IS_WHOLE = process.env['PUBLISH'] === 'all'
const SCOPE = '@ack-secret-manager/'
const CORE = `${SCOPE}core`
const CLI = `${SCOPE}cli`
const CLIENT = `${SCOPE}client`
/** In a run for each change: a program, and two libraries without third-party packages. */
const FEW = ['core', 'auth-access-key', 'cli'].map((name) => `${SCOPE}${name}`)
const MINUTE_MS = 60_000

const checkout = fileURLToPath(ROOT)
const readmeOf = (place: string): string => readFileSync(path.join(checkout, place, 'README.md'), 'utf8')
const secondsSince = (startMs: number): string => `${((performance.now() - startMs) / 1000).toFixed(1)} s`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
/** Libraries with the lines of their README that install them. */
const LIBRARIES = publicPackages()
  .filter(({ place }) => place.startsWith('packages/'))
  .map(({ place, manifest: { name } }) => ({
    name,
    lines: [...readmeOf(place).matchAll(/^npm i .*$/gm)].map(([line]) => line),
  }))
  .filter(({ name }) => IS_WHOLE || FEW.includes(name))

describe('packages in a registry', { timeout: 5 * MINUTE_MS }, () => {
  let folder: string
  let packed: readonly PackedPackage[]
  let registry: Verdaccio
  let publisher: NpmUser
  let user: NpmUser
  const published: string[] = []
  let publishSeconds: string
  let refusal: string
  let reserved: ReadonlyArray<readonly string[]>
  const reserve = async (): Promise<readonly string[]> =>
    (await reservePackages({ only: [CORE], env: publisher.env, stdio: 'ignore' })).reserved

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'acksm-publish-'))
    packed = await packPackages(folder, IS_WHOLE ? undefined : FEW)
    registry = await Verdaccio.start()
    publisher = await NpmUser.open(registry.url, registry.token)
    user = await NpmUser.open(registry.url)
    const pipeline = { folder, env: publisher.env, provenance: true, only: [CORE] }
    refusal = await publishPackages(pipeline).then(String, String)
    reserved = [await reserve(), await reserve()]
    const startMs = performance.now()
    await publishPackages({
      folder,
      env: publisher.env,
      onProgress: (line) => {
        published.push(line)
        if (IS_WHOLE) process.stderr.write(`published ${line}\n`)
      },
    })
    publishSeconds = secondsSince(startMs)
  }, 10 * MINUTE_MS)
  afterAll(async () => {
    await user?.[Symbol.asyncDispose]()
    await publisher?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }, MINUTE_MS)

  const versionOf = (name: string): string => packed.find((each) => each.name === name)?.version ?? ''

  it('are published in topological order', async ({ annotate }) => {
    const names = published.map((line) => / (\S+)@\d\S*$/.exec(line)?.[1])
    expect(names).toEqual(packed.map(({ name }) => name))
    expect(names.indexOf(`${SCOPE}core`)).toBeLessThan(names.indexOf(`${SCOPE}auth-access-key`))
    const bytes = packed.reduce((sum, { file }) => sum + statSync(path.join(folder, file)).size, 0)
    await annotate(
      `npm: ${packed.length} packages, ${megabytes(bytes)}, in topological order, in ${publishSeconds}`,
      'published',
    )
  })

  it('are created by a person once, before a pipeline publishes them', async () => {
    expect(refusal).toContain(`the registry has no ${CORE}, and only a person can create a package`)
    expect(reserved).toEqual([[CORE], []])
    const tags = await user.type(await user.folder('tags'), `npm view ${CORE} dist-tags --json`)
    expect(JSON.parse(tags)).toEqual({ reserved: '0.0.0-reserved', latest: versionOf(CORE) })
  })

  it('are skipped when an interrupted release is repeated', async () => {
    const lines: string[] = []
    const only = [`${SCOPE}core`]
    await publishPackages({ folder, env: publisher.env, only, onProgress: (line) => lines.push(line) })
    expect(lines).toEqual([`1/1 ${SCOPE}core@${versionOf(`${SCOPE}core`)} is already published`])
  })

  it('are not published if the registry has other content of the version', async () => {
    const other = await mkdtemp(path.join(tmpdir(), 'acksm-publish-'))
    const [core, access] = FEW.map((name) => packed.find((each) => each.name === name))
    if (core === undefined || access === undefined) throw new Error('there is nothing to publish')
    await cp(path.join(folder, access.file), path.join(other, core.file))
    await writeFile(path.join(other, LIST), JSON.stringify([{ ...core, integrity: access.integrity }]))
    await expect(publishPackages({ folder: other, env: publisher.env })).rejects.toThrow(
      `${core.name}@${core.version}: the registry has other content; publish the next version`,
    )
    await rm(other, { recursive: true })
  })

  it('are not published by a user without permission', async () => {
    const { file } = packed.find(({ name }) => name === CLI) ?? { file: '' }
    const line = `npm publish ${path.join(folder, file)} --registry ${registry.url}`
    await expect(user.type(folder, line)).rejects.toThrow(/ENEEDAUTH|E401|E403/)
  })

  /** Installed size, as people see it. */
  const sizeOf = async (folderOfUser: string): Promise<string> => {
    const [bytes = ''] = (await user.type(folderOfUser, 'du -sb node_modules')).split('\t')
    return megabytes(Number(bytes))
  }

  it('run with npx, and install as a program without dependencies', async ({ annotate }) => {
    const folderOfUser = await user.folder('cli')
    const startMs = performance.now()
    expect(await user.type(folderOfUser, `npx --yes ${CLI} --version`)).toBe(`${versionOf(CLI)}\n`)
    const seconds = secondsSince(startMs)
    await user.type(folderOfUser, `npm i ${CLI}`)
    expect(await user.type(folderOfUser, 'npx acksm --version')).toBe(`${versionOf(CLI)}\n`)
    expect(await user.type(folderOfUser, 'npx kubectl-acksm get --help')).toContain('Usage: kubectl acksm get NAME')
    expect(await user.type(folderOfUser, 'npx kubectl_complete-acksm expl')).toContain('explain')
    expect(globSync('node_modules/{*,@*/*}/package.json', { cwd: folderOfUser })).toHaveLength(1)
    const tarball = statSync(path.join(folder, packed.find(({ name }) => name === CLI)?.file ?? '')).size
    await annotate(
      `npx ${CLI} --version: ${seconds}, ${megabytes(tarball)} to download, ${await sizeOf(folderOfUser)} installed`,
      'first use',
    )
  })

  it.for(LIBRARIES)('$name installs by the line of its README, and imports', async ({ name, lines }, { annotate }) => {
    expect(lines).not.toEqual([])
    const folderOfUser = await user.folder(path.basename(name))
    for (const line of lines) await user.type(folderOfUser, line)
    const script = `const { length } = Object.keys(await import('${name}')); console.log(length); process.exit()`
    const exported = await user.type(folderOfUser, `node --input-type=module -e "${script}"`)
    expect(Number(exported)).toBeGreaterThan(0)
    await annotate(`${await sizeOf(folderOfUser)} installed`, 'library')
  })

  it.runIf(IS_WHOLE)('the client installs in an empty folder, and runs its pg recipe', async ({ annotate }) => {
    const folderOfUser = await user.folder('application')
    const installMs = performance.now()
    await user.type(folderOfUser, `npm i ${CLIENT}`)
    const installed = `${secondsSince(installMs)}, ${await sizeOf(folderOfUser)} installed`
    await user.type(folderOfUser, `npm i pg && npm i -D ${SCOPE}kms-simulator`)
    for (const recipe of ['pg', 'simulator'])
      await cp(
        path.join(checkout, `packages/client/src/recipes/${recipe}.example.ts`),
        path.join(folderOfUser, `${recipe}.example.ts`),
      )
    await writeFile(path.join(folderOfUser, 'application.mjs'), APPLICATION)
    await using server = await startPostgres()
    const runMs = performance.now()
    const said = await user.type(folderOfUser, `node application.mjs ${server.host} ${server.admin}`)
    expect(said).toBe('3 orders\n3 orders after a rotation\n')
    await annotate(`npm i ${CLIENT}: ${installed}`, 'first use')
    await annotate(`pg recipe of the client: ${secondsSince(runMs)}, with PostgreSQL and one rotation`, 'first use')
  })

  it.runIf(IS_WHOLE)('npm create makes a backend in an empty folder, whose tests pass', async ({ annotate }) => {
    const folderOfUser = await user.folder('plug-in')
    await rm(path.join(folderOfUser, 'package.json'))
    const createMs = performance.now()
    await user.type(folderOfUser, `npm create ${SCOPE}backend vault -- --package @example/backend-vault`)
    const created = secondsSince(createMs)
    const project = path.join(folderOfUser, 'backend-vault')
    const installMs = performance.now()
    await user.type(project, 'npm install')
    const installed = `${secondsSince(installMs)}, ${await sizeOf(project)}`
    const testMs = performance.now()
    const said = await user.type(project, 'npm test')
    expect(said).toMatch(/Test Files .*3 passed/)
    expect(said).not.toMatch(/failed|skipped/)
    await annotate(
      `npm create ${SCOPE}backend: ${created}, npm install ${installed}, npm test passes in ${secondsSince(testMs)}`,
      'first use',
    )
  })
})
