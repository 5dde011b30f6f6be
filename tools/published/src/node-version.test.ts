import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './workspaces.ts'

interface PackageJson {
  readonly scripts?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly engines?: Readonly<Record<string, string>>
}

const packageJson = (file: string): PackageJson =>
  JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as PackageJson

const CHECK = 'tools/node-version.cjs'
/** Programs of published packages; each is a file that any Node can read. */
const PROGRAMS = globSync('{apps,packages}/*/package.json', { cwd: ROOT }).flatMap((file) =>
  Object.values(packageJson(file).bin ?? {})
    .map((bin) => path.join(path.dirname(file), bin))
    .filter((program) => existsSync(path.join(ROOT, program)))
    .map((program) => [program, file] as const),
)

/** What `file` prints and how it ends on Node `version`. */
function onNode(version: string, file: string): readonly [status: number | null, stderr: string, stdout: string] {
  const old = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}});Object.defineProperty(process,'version',{value:'v${version}'})`
  const preload = `data:text/javascript,${encodeURIComponent(old)}`
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', preload, path.join(ROOT, file), '--help'],
    {
      encoding: 'utf8',
    },
  )
  return [status, stderr, stdout]
}

describe('an older Node', () => {
  it.each<readonly [string, string]>([[CHECK, 'apps/cli/package.json'], ...PROGRAMS])(
    '%s: says in one line which Node is needed',
    (file, owner) => {
      const [, minimum = ''] = /^>=(\d+\.\d+)$/.exec(packageJson(owner).engines?.['node'] ?? '') ?? []
      const [major = 0, minor = 0] = minimum.split('.').map(Number)
      for (const version of ['20.20.2', `${major}.${minor - 1}.9`]) {
        const [status, stderr, stdout] = onNode(version, file)
        expect([status, stdout]).toEqual([expect.toSatisfy((code) => code === 1 || code === 2), ''])
        expect(stderr).toMatch(new RegExp(`^[^\\n]*Node ${minimum} or newer[^\\n]*${version}[^\\n]*\\n$`))
      }
      expect(onNode(`${minimum}.0`, file).slice(0, 2)).toEqual([0, ''])
    },
  )

  it('is noticed by npm ci', () => {
    expect(packageJson('package.json').scripts?.['postinstall']).toBe(`node ${CHECK}`)
  })

  it('is described in the README', () => {
    const { engines } = packageJson('apps/cli/package.json')
    expect(readFileSync(path.join(ROOT, 'README.md'), 'utf8')).toContain(`≥ ${engines?.['node']?.slice(2)}`)
  })
})
