import { globSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { packPackages } from '@ack-secret-manager/release/pack-packages'
import { LIST, type PackedPackage } from '@ack-secret-manager/release/packed-packages'
import { publishPackages } from '@ack-secret-manager/release/publish-packages'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NpmUser } from './npm-user.ts'
import { Verdaccio } from './verdaccio.ts'

/** All packages take minutes; `npm run release -- --dry-run` sets it. */
const IS_WHOLE = process.env['PUBLISH'] === 'all'
const SCOPE = '@ack-secret-manager/'
const CLI = `${SCOPE}cli`
/** In a run for each change: a program, and two libraries without third-party packages. */
const FEW = ['core', 'auth-access-key', 'cli'].map((name) => `${SCOPE}${name}`)
const MINUTE_MS = 60_000

const checkout = fileURLToPath(ROOT)
const readmeOf = (place: string): string => readFileSync(path.join(checkout, place, 'README.md'), 'utf8')
/** Libraries with the lines of their README that install them. */
const LIBRARIES = globSync('packages/*/package.json', { cwd: checkout })
  .toSorted()
  .map((file) => path.dirname(file))
  .map((place) => ({
    name: `${SCOPE}${path.basename(place)}`,
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

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'acksm-publish-'))
    packed = await packPackages(folder, IS_WHOLE ? undefined : FEW)
    registry = await Verdaccio.start()
    publisher = await NpmUser.open(registry.url, registry.token)
    user = await NpmUser.open(registry.url)
    const startMs = performance.now()
    await publishPackages({ folder, env: publisher.env, onProgress: (line) => published.push(line) })
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
    process.stderr.write(`published ${packed.length} packages to Verdaccio in ${seconds} s\n`)
  }, 10 * MINUTE_MS)
  afterAll(async () => {
    await user?.[Symbol.asyncDispose]()
    await publisher?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }, MINUTE_MS)

  const versionOf = (name: string): string => packed.find((each) => each.name === name)?.version ?? ''

  it('are published in topological order', () => {
    const names = published.map((line) => / (\S+)@\d\S*$/.exec(line)?.[1])
    expect(names).toEqual(packed.map(({ name }) => name))
    expect(names.indexOf(`${SCOPE}core`)).toBeLessThan(names.indexOf(`${SCOPE}auth-access-key`))
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

  it('run with npx, and install as a program without dependencies', async () => {
    const folderOfUser = await user.folder('cli')
    expect(await user.type(folderOfUser, `npx --yes ${CLI} --version`)).toBe(`${versionOf(CLI)}\n`)
    await user.type(folderOfUser, `npm i ${CLI}`)
    expect(await user.type(folderOfUser, 'npx acksm --version')).toBe(`${versionOf(CLI)}\n`)
    expect(await user.type(folderOfUser, 'npx kubectl-acksm get --help')).toContain('Usage: kubectl acksm get NAME')
    expect(await user.type(folderOfUser, 'npx kubectl_complete-acksm expl')).toContain('explain')
    expect(globSync('node_modules/{*,@*/*}/package.json', { cwd: folderOfUser })).toHaveLength(1)
    process.stderr.write(`npm i ${CLI}: ${await user.type(folderOfUser, 'du -sh node_modules | cut -f1')}`)
  })

  it.each(LIBRARIES)('$name installs by the line of its README, and imports', async ({ name, lines }) => {
    expect(lines).not.toEqual([])
    const folderOfUser = await user.folder(path.basename(name))
    for (const line of lines) await user.type(folderOfUser, line)
    const script = `const { length } = Object.keys(await import('${name}')); console.log(length); process.exit()`
    const exported = await user.type(folderOfUser, `node --input-type=module -e "${script}"`)
    expect(Number(exported)).toBeGreaterThan(0)
    process.stderr.write(`${name}: ${await user.type(folderOfUser, 'du -sh node_modules | cut -f1')}`)
  })
})
