import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, workspaces } from './workspaces.ts'

const URL_OF_PROJECT = 'https://github.com/ack-secret-manager/ack-secret-manager'
const SCOPE = '@ack-secret-manager/'
const NODE_TYPES = '@types/node'

type Versions = Readonly<Record<string, string>>

interface Manifest {
  readonly keywords: readonly string[]
  readonly author?: unknown
  readonly files: readonly string[]
  readonly version: string
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly peerDependencies?: Versions
  readonly peerDependenciesMeta?: Readonly<Record<string, object>>
}

const textIn = (directory: string, file: string): string => readFileSync(path.join(directory, file), 'utf8')
const PACKAGES = workspaces().map((workspace) => {
  const place = path.relative(ROOT, workspace.directory)
  return { ...workspace, place, manifest: JSON.parse(textIn(workspace.directory, 'package.json')) as Manifest }
})
const LIBRARIES = PACKAGES.filter(({ layer }) => layer !== 'app')
const VERSIONS = new Set(PACKAGES.map(({ manifest }) => manifest.version))

describe('the manifest of each published package', () => {
  it.each(PACKAGES)('$place: leads to the sources, the issues and the licence', ({ place, directory, manifest }) => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/^.{20,120}$/) as unknown,
      homepage: `${URL_OF_PROJECT}/tree/main/${place}#readme`,
      bugs: { url: `${URL_OF_PROJECT}/issues` },
      repository: { type: 'git', url: `git+${URL_OF_PROJECT}.git`, directory: place },
      license: 'Apache-2.0',
      engines: { node: '>=22.19' },
      publishConfig: { access: 'public' },
    })
    expect(manifest.keywords).toEqual(expect.arrayContaining(['alibaba-cloud', 'kms', 'secrets']))
    expect(manifest.keywords.length).toBeGreaterThan(3)
    expect(manifest.author).toBeUndefined()
    // npm adds LICENSE and README.md of the folder to each tarball.
    expect(textIn(directory, 'LICENSE')).toBe(textIn(ROOT, 'LICENSE'))
    expect(manifest.files).toContain('dist')
  })

  it('has one version, also for what it needs of the others', () => {
    expect(VERSIONS.size).toBe(1)
    const ours = PACKAGES.flatMap(({ manifest }) => Object.entries(manifest.dependencies ?? {})).filter(([name]) =>
      name.startsWith(SCOPE),
    )
    expect(ours.length).toBeGreaterThan(30)
    expect(ours.filter(([, range]) => !VERSIONS.has(range))).toEqual([])
  })

  it.each(LIBRARIES)('$place: shares dependencies with its user', ({ manifest }) => {
    const others = Object.entries(manifest.dependencies ?? {}).filter(([name]) => !name.startsWith(SCOPE))
    expect(others.filter(([, range]) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([])
    // Declarations name types of Node; a program in JavaScript does not need them.
    expect(manifest.peerDependencies?.[NODE_TYPES]).toBe('>=22.19')
    expect(manifest.peerDependenciesMeta?.[NODE_TYPES]).toEqual({ optional: true })
  })

  it.each(PACKAGES.filter(({ layer }) => layer === 'app'))('$place: is a bundle', ({ manifest }) => {
    expect(manifest.dependencies).toBeUndefined()
    expect(manifest.peerDependencies).toBeUndefined()
    expect(manifest.files).toContain('!dist/*.map')
  })

  it('does not bring the client for kubeconfigs into each pod', () => {
    const client = '@kubernetes/client-node'
    const needing = PACKAGES.filter(({ manifest }) => manifest.dependencies?.[client] !== undefined)
    expect(needing.map(({ place }) => place)).toEqual([])
    const { manifest } = PACKAGES.find(({ place }) => place === 'packages/k8s-client') ?? {}
    expect(manifest?.peerDependencies?.[client]).toMatch(/^\^/)
    expect(manifest?.peerDependenciesMeta?.[client]).toEqual({ optional: true })
  })
})

describe('the README of each published package', () => {
  it.each(LIBRARIES)('$place: installs the package and what its examples import', ({ name, directory }) => {
    const text = textIn(directory, 'README.md')
    const installed = [...text.matchAll(/^npm i (.+?)(?: #.*)?$/gm)].flatMap(([, words = '']) => words.split(' '))
    const code = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block).join('\n')
    const imported = [...code.matchAll(/from '((?:@[\w-]+\/)?[\w-]+)/g)].map(([, module = '']) => module)
    expect(installed).toContain(name)
    expect(imported.filter((module) => module !== 'node' && !installed.includes(module))).toEqual([])
    if (code.includes('KubeClient.fromKubeConfig')) expect(installed).toContain('@kubernetes/client-node')
  })

  it.each(PACKAGES.filter(({ layer }) => layer === 'app'))('$place: installs the program', ({ name, directory }) => {
    expect(textIn(directory, 'README.md')).toMatch(new RegExp(`^npm i -g ${name}(?: #.*)?$`, 'm'))
  })
})

it('npx finds the program of the command line: all its names are one file', () => {
  const cli = path.join(ROOT, 'apps/cli')
  const { bin } = JSON.parse(textIn(cli, 'package.json')) as { bin: Record<string, string> }
  expect(Object.keys(bin)).toEqual(['acksm', 'kubectl-acksm', 'kubectl_complete-acksm'])
  expect(new Set(Object.values(bin)).size).toBe(1)
  expect(existsSync(path.join(cli, bin['acksm'] ?? ''))).toBe(true)
})
